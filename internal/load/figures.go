package load

import (
	"cmp"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// round makes the result of what was measured. It is nil when the measured part
// never began.
func (m *measurement) round(index int, verified results.Verify) (*results.Round, error) {
	length := m.length()
	if length <= 0 {
		return nil, nil
	}
	round := &results.Round{
		Index: index, StartedAt: m.startedAt, WarmupSecs: -m.timeline.begin(),
		Unavailable: m.unavailable, Series: m.series,
	}
	total := &stage{}
	for i, s := range m.timeline.stretches {
		st := m.merged(i)
		if s.warmup || s.start >= length {
			continue
		}
		total.merge(st)
		if len(m.timeline.stretches) > 1 && len(m.scenario.Phases) > 0 {
			seconds := min(s.end, length) - s.start
			operations, err := m.operations(st, seconds)
			if err != nil {
				return nil, err
			}
			round.Phases = append(round.Phases, results.Phase{
				Name: s.name, StartSecond: s.start, Seconds: seconds, Operations: operations,
			})
		}
	}
	var err error
	f := &round.Figures
	f.DurationSeconds, f.Verify = length, verified
	if f.Operations, err = m.operations(total, length); err != nil {
		return nil, err
	}
	if f.Calls, err = total.callFigures(); err != nil {
		return nil, err
	}
	if f.Harness.SendLag, err = results.NewDistribution(total.lag.h, total.lag.min, total.lag.max); err != nil {
		return nil, err
	}
	m.recorded(f)
	m.load(f, total)
	m.sides(f)
	m.serverSide(f)
	m.storageOverTime(f.Storage)
	m.self(f, total)
	round.Steady, round.Events = m.steady(), m.events.list
	return round, nil
}

// length is for how many seconds what was sent counts.
func (m *measurement) length() float64 {
	switch {
	case m.turn != nil:
		return float64(m.turn.counted) / 1e9
	case m.interrupted.Load():
		return min(m.ended, m.timeline.measured())
	}
	return m.timeline.measured()
}

// merged is one stretch's stage over all recorders.
func (m *measurement) merged(stretch int) *stage {
	total := &stage{}
	for _, r := range m.recorders {
		if st := r.stages[stretch]; st != nil {
			total.merge(st)
		}
	}
	return total
}

func (st *stage) merge(other *stage) {
	for k := range st.operations {
		st.operations[k].merge(&other.operations[k])
	}
	for c := range st.calls {
		a, b := &st.calls[c], &other.calls[c]
		a.service.merge(&b.service)
		a.poolWait.merge(&b.poolWait)
		a.count += b.count
		addClasses(&a.errors, b.errors)
	}
	st.lag.merge(&other.lag)
	st.kept.merge(&other.kept)
	st.unsent += other.unsent
}

func (o *operationStats) merge(other *operationStats) {
	o.service.merge(&other.service)
	o.response.merge(&other.response)
	o.failure.merge(&other.failure)
	o.outcomes.Hit += other.outcomes.Hit
	o.outcomes.MissExpected += other.outcomes.MissExpected
	o.outcomes.MissUnexpected += other.outcomes.MissUnexpected
	addClasses(&o.errors, other.errors)
}

func addClasses(to *map[drivers.Class]uint64, from map[drivers.Class]uint64) {
	for class, n := range from {
		if *to == nil {
			*to = map[drivers.Class]uint64{}
		}
		(*to)[class] += n
	}
}

// operations gives the figures of each operation that the mix has, and of all.
func (m *measurement) operations(st *stage, seconds float64) (map[string]*results.Operation, error) {
	figures := map[string]*results.Operation{}
	all := &operationStats{}
	for _, k := range scenarios.Kinds() {
		o := &st.operations[k]
		all.merge(o)
		if o.count() == 0 && m.scenario.Mix[k] == 0 {
			continue
		}
		f, err := o.figures(m.timeline.open, seconds)
		if err != nil {
			return nil, err
		}
		figures[k.String()] = f
	}
	f, err := all.figures(m.timeline.open, seconds)
	figures["all"] = f
	return figures, err
}

func (o *operationStats) count() uint64 { return o.service.count() + o.failures() }

func (o *operationStats) failures() uint64 {
	n := uint64(0)
	for _, k := range o.errors {
		n += k
	}
	return n
}

func (o *operationStats) figures(open bool, seconds float64) (*results.Operation, error) {
	f := &results.Operation{
		Count: o.count(), Errors: classNames(o.errors), Outcomes: o.outcomes,
		ThroughputPerSecond: float64(o.service.count()) / seconds,
	}
	decides := &o.service
	if open {
		decides = &o.response
	}
	f.WithFailures = results.NewWithFailures(decides.h, decides.min, decides.max, o.failures())
	var err error
	for _, d := range []struct {
		into **results.Distribution
		from *timing
	}{{&f.ServiceTime, &o.service}, {&f.ResponseTime, &o.response}, {&f.FailureTime, &o.failure}} {
		if *d.into, err = results.NewDistribution(d.from.h, d.from.min, d.from.max); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func classNames(errors map[drivers.Class]uint64) map[string]uint64 {
	names := map[string]uint64{}
	for class, n := range errors {
		names[string(class)] = n
	}
	return names
}

func (st *stage) callFigures() (map[string]*results.Call, error) {
	figures := map[string]*results.Call{}
	for c := range st.calls {
		s := &st.calls[c]
		f := &results.Call{Count: s.count, Errors: classNames(s.errors)}
		var err error
		if f.ServiceTime, err = results.NewDistribution(s.service.h, s.service.min, s.service.max); err != nil {
			return nil, err
		}
		if f.PoolWait, err = results.NewDistribution(s.poolWait.h, s.poolWait.min, s.poolWait.max); err != nil {
			return nil, err
		}
		figures[drivers.Call(c).String()] = f
	}
	return figures, nil
}

// recorded adds what the recorders count for the whole replay: broken promises,
// which count in warm-up too, and the error texts.
func (m *measurement) recorded(f *results.Figures) {
	texts := map[string]string{}
	found := m.unreported
	m.unreported = [numViolations]uint64{}
	for _, r := range m.recorders {
		for v, n := range r.found {
			found[v] += n
		}
		for class, text := range r.texts {
			texts[string(class)] = text
		}
	}
	f.Violations = promises(&found)
	f.Races = results.Races{LostUpdates: found[lostUpdate], Revived: found[revived]}
	if len(texts) > 0 {
		f.ErrorTexts = texts
	}
}

func (m *measurement) load(f *results.Figures, total *stage) {
	all := f.Operations["all"]
	unsent := total.unsent
	l := &f.Load
	l.Mode, l.Workers = "closed", m.plan.workers
	if shards := m.plan.shard.Count; shards > 1 && !m.timeline.open { // its own lanes
		l.Workers = (l.Workers + shards - m.plan.shard.Index) / shards
	}
	l.Due, l.Sent = all.Count, all.Count-unsent
	l.Completed = all.Count - sum(all.Errors)
	f.Harness.NotSent = unsent
	if !m.timeline.open {
		return
	}
	l.Mode = "open"
	offered := m.timeline.offered() / m.timeline.measured() * m.plan.portion()
	l.OfferedPerSecond = &offered
	l.BacklogMax = uint64(m.queue.backlog)
	m.judgeOverload(l)
}

func sum(classes map[string]uint64) uint64 {
	n := uint64(0)
	for _, k := range classes {
		n += k
	}
	return n
}

// sides adds what both processes used.
func (m *measurement) sides(f *results.Figures) {
	f.FileDescriptors.Client, f.Resources.Client = m.client.figures()
	f.FileDescriptors.Server, f.Resources.Server = m.server.figures()
	m.shareOut(f)
	for figure, read := range map[string]bool{
		"file_descriptors.client": f.FileDescriptors.Client != nil,
		"resources.client":        f.Resources.Client != nil,
	} {
		if !read {
			m.why(figure, m.client.reason)
		}
	}
	for figure, read := range map[string]bool{
		"file_descriptors.server": f.FileDescriptors.Server != nil,
		"resources.server":        f.Resources.Server != nil,
	} {
		if !read {
			m.why(figure, m.server.reason)
		}
	}
}

func (m *measurement) why(figure, reason string) {
	if reason == "" {
		reason = "the round was too short for two readings"
	}
	m.unavailable[figure] = reason
}

// serverSide adds what the server counted and holds.
func (m *measurement) serverSide(f *results.Figures) {
	if m.after == nil {
		m.why("server_calls", cmp.Or(m.unavailable["server_calls"], "the server was gone"))
		m.why("storage", cmp.Or(m.unavailable["storage"], "the server was gone"))
		return
	}
	f.Storage = &results.Storage{
		BytesEnd: m.after.Bytes, DeadRows: m.after.DeadRows, ExpiredPresent: m.after.ExpiredPresent,
	}
	if m.before == nil {
		return
	}
	f.Storage.BytesStart = m.before.Bytes
	if len(m.after.Calls) == 0 && m.after.AllCalls == nil {
		m.why("server_calls", "the store counts no calls")
		return
	}
	ours := m.sent
	for _, r := range m.recorders {
		for c, n := range r.totals {
			ours[c] += n
		}
	}
	f.ServerCalls = countCalls(m.before, m.after, ours)
}

// countCalls compares the server's counters with the calls that were sent in the
// whole replay, warm-up included.
func countCalls(before, after *drivers.Reading, ours [numCalls]int64) *results.ServerCalls {
	s := &results.ServerCalls{Ours: map[string]int64{}}
	into := [numCalls]**int64{&s.Get, &s.Set, &s.Touch, &s.Destroy}
	theirs, sent, told := int64(0), int64(0), true
	for c := range numCalls {
		call := drivers.Call(c)
		s.Ours[call.String()] = ours[c]
		sent += ours[c]
		n, ok := after.Calls[call]
		if !ok {
			told = false
			continue
		}
		n -= before.Calls[call]
		*into[c] = &n
		theirs += n
	}
	if after.AllCalls != nil && before.AllCalls != nil {
		all := *after.AllCalls - *before.AllCalls
		s.All, theirs, told = &all, all, true
	}
	if told {
		foreign := max(0, theirs-sent)
		s.ForeignCalls = &foreign
	}
	return s
}

// self adds what bench knows of its own part.
func (m *measurement) self(f *results.Figures, total *stage) {
	h := &f.Harness
	h.GCPauseMaxNs = m.harness.pauses.max
	h.IdlePercent = m.harness.machine.percent()
	p := m.harness.part()
	p.inProcess = m.target.InProcess
	length := m.harness.length.Seconds()
	if m.turn != nil {
		length = m.length()
	}
	if c := f.Resources.Client; c != nil && length > 0 {
		used := c.CPUSeconds / length
		percent := 100 * used
		p.used, h.CPUPercent = &used, &percent
	}
	if total.kept.count() > 0 {
		p.kept = total.kept.h.ValueAtPercentile(99)
	}
	p.open, p.times = m.timeline.open, f.Operations["all"].Time()
	h.SaturatedReason = p.saturated()
	h.ClientSaturated = h.SaturatedReason != ""
}

// Steadiness is judged over series of at least this many rows; more than the
// drift between the first and the last third is unsteady.
const (
	steadyRows  = 6
	steadyDrift = 10.0
)

// steady compares the throughput of the last third of a closed loop with that of
// the first. An open loop's follows the schedule, and phases differ by intent.
func (m *measurement) steady() *results.Steady {
	if m.timeline.open || len(m.scenario.Phases) > 0 {
		return nil
	}
	var counts []uint64
	for _, row := range m.series {
		if row.Second >= 0 && float64(row.Second+row.Seconds) <= m.timeline.end() {
			counts = append(counts, row.Count)
		}
	}
	if len(counts) < steadyRows {
		return nil
	}
	third := len(counts) / 3
	var first, last float64
	for i := range third {
		first += float64(counts[i])
		last += float64(counts[len(counts)-1-i])
	}
	if first == 0 {
		return nil
	}
	drift := 100 * (last - first) / first
	return &results.Steady{OK: drift <= steadyDrift && drift >= -steadyDrift, DriftPercent: drift}
}
