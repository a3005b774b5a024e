package load

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// Slices says how a run shares the time between its targets in thin slices: the zero
// value, as the warm-up finds it. Each round is a unit of about a second then, in
// which each target has its slices. See docs/measuring.md for why.
type Slices struct {
	Length time.Duration // of a slice
	Groups int           // in a unit, of two slices a target
	Redone int           // units that were run again, as a target had nothing to count
	Took   time.Duration // by all units
}

// Sliceable tells why a scenario can't be run in slices; nil when it can.
func Sliceable(s *scenarios.Scenario) error {
	if len(s.Phases) > 0 {
		return errors.New("its phases are longer than a slice")
	}
	return nil
}

// sliced is a run in slices on one set of instances.
type sliced struct {
	options  Options
	how      Slices
	stays    []*stay
	base     []*measurement // from preload to clean-up, one a target
	outcomes []Outcome
	cpu      cpuClock
	warmup   time.Duration // of each target
	// overloaded says of each target that it took less than came due, if it did.
	overloaded []string
}

// cpuClock reads the processor time that this process has used.
type cpuClock = func() time.Duration

// RunSlices replays the scenario on the targets in turns of thin slices. It returns
// an outcome a target, in which each round is a unit, and how the time was shared;
// what ends the run ends it for all targets.
func RunSlices(ctx context.Context, s *scenarios.Scenario, targets []*Target, o Options, how Slices) (outcomes []Outcome, found Slices, interrupted bool) {
	x := &sliced{options: o, how: how, outcomes: make([]Outcome, len(targets)), cpu: o.CPU}
	x.warmup, x.overloaded = time.Duration(s.Warmup), make([]string, len(targets))
	if x.cpu == nil {
		x.cpu = func() time.Duration { return 0 }
	}
	x.settle(ctx, s, targets)
	defer x.steadyHeap()()
	defer x.roomForPacers()()
	defer func() {
		for _, m := range x.base {
			m.cancelCalls()
		}
	}()
	if x.preload(ctx) == nil {
		_ = x.measure(ctx) // the outcomes say why it ended
	}
	x.readBack(ctx)
	x.cleanUp(ctx)
	return x.outcomes, x.how, ctx.Err() != nil
}

// settle makes the populations.
func (x *sliced) settle(ctx context.Context, s *scenarios.Scenario, targets []*Target) {
	defer frugalHeap()()
	p := newPlan(s, x.options.Seed, x.options.First, x.options.Shard)
	p.timeline = p.timeline.forever()
	c := newClock(x.options.Wall)
	for i, t := range targets {
		others := slices.Delete(slices.Clone(targets), i, i+1)
		// The same names are the same requests, and lie in the same places of a store. But two
		// targets that stay may be one store, in which each needs names of its own.
		names := x.options.First * len(targets)
		if !t.Disposable {
			names += i
		}
		st := newStay(p, t, names, c, x.options.without(others))
		st.round = x.options.First
		x.stays = append(x.stays, st)
		x.base = append(x.base, newMeasurement(st.replay(ctx, unitTimeline(p.timeline, 1))))
	}
}

// fail ends the run for a reason that one target gave. That the user ended it is none.
func (x *sliced) fail(ctx context.Context, i int, err error) error {
	if err != nil && ctx.Err() == nil {
		x.outcomes[i].Err = err
	}
	return err
}

func (x *sliced) show(i int, phase string) {
	x.base[i].observe(Progress{Phase: phase, ServerFDs: -1})
}

// preload fills the stores, the last one first by the seed every other time: what was
// filled last may have the warmer cache.
func (x *sliced) preload(ctx context.Context) error {
	for k := range x.stays {
		i := slicing{targets: len(x.stays), seed: x.options.Seed}.first(x.options.First, k)
		st := x.stays[i]
		x.show(i, "preload")
		if _, err := st.people.preload(ctx, st.driver, st.plan.shortPerLane()); err != nil {
			return x.fail(ctx, i, err)
		}
		x.base[i].readBefore(ctx)
		x.base[i].start()
	}
	return ctx.Err()
}

// measure warms up and runs the units.
func (x *sliced) measure(ctx context.Context) error {
	defer x.prune()()
	if err := x.warmUp(ctx); err != nil {
		return err
	}
	s := slicing{targets: len(x.stays), length: int64(x.how.Length), groups: x.how.Groups}
	spare := max(1, x.options.Rounds/10)
	for number := x.options.First; number < x.options.First+x.options.Rounds; {
		s.seed = hash(x.options.Seed, 6, uint64(number))
		for _, st := range x.stays {
			st.round = number
		}
		runtime.GC() // between the units, so that it need not run in them
		u := newUnit(ctx, x.stays, s, counted)
		for i, m := range u.parts { // idle is what was open before the preload
			m.client.idle, m.server.idle = x.base[i].client.idle, x.base[i].server.idle
		}
		began := time.Now()
		u.run(x.cpu)
		x.how.Took += time.Since(began)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		complete, err := x.take(ctx, u, number)
		switch {
		case err != nil:
			return err
		case complete:
			number++
		case spare == 0:
			return x.fail(ctx, 0, errors.New("too many units had nothing to count"))
		default:
			spare--
			x.how.Redone++
		}
	}
	return nil
}

// take adds a unit's rounds to the outcomes. It is not complete when a target had
// nothing to count: then the unit is for nothing.
func (x *sliced) take(ctx context.Context, u *unitRun, number int) (complete bool, err error) {
	rounds, err := u.rounds(number)
	if err != nil {
		return false, x.fail(ctx, 0, err)
	}
	complete = !slices.Contains(rounds, nil)
	for i, m := range u.parts {
		if !complete {
			m.addFound()
			continue
		}
		if why := x.overloaded[i]; why != "" {
			rounds[i].Load.Overloaded, rounds[i].Load.OverloadedReason = true, why
		}
		rounds[i].Events = append(x.eventsOf(i, m), rounds[i].Events...)
		x.outcomes[i].Rounds = append(x.outcomes[i].Rounds, *rounds[i])
	}
	return complete, x.serve(ctx, u.parts)
}

// serve tells whether all targets still do after a unit.
func (x *sliced) serve(ctx context.Context, parts []*measurement) error {
	for i, m := range parts {
		if err := x.base[i].serves(ctx, m.stopped()); err != nil {
			return x.fail(ctx, i, err)
		}
	}
	return nil
}

// addFound keeps the broken promises of what is in no round: the next one has them.
func (r *replay) addFound() {
	for _, rec := range r.recorders {
		for v, n := range rec.found {
			r.unreported[v] += n
		}
	}
}

// eventsOf takes what happened beside the units: it is told of in the one that is over.
func (x *sliced) eventsOf(i int, m *measurement) []results.Event {
	e := &x.base[i].events
	e.mu.Lock()
	defer e.mu.Unlock()
	taken := e.list
	e.list = nil
	for k := range taken {
		taken[k].Second = m.second(x.base[i].zero + int64(taken[k].Second*1e9))
	}
	return taken
}

// prune runs the stores' purges until it is stopped.
func (x *sliced) prune() (stop func()) {
	done := make(chan struct{})
	var purges sync.WaitGroup
	for _, m := range x.base {
		purges.Go(func() { m.prune(done) })
	}
	return func() {
		close(done)
		purges.Wait()
	}
}

// roomForPacers lets Go's runtime use more threads at once than there are processors: a
// pacer's thread that sleeps counts as one of them until the runtime notices, and with a
// pacer a target there would at times be none left for what came due.
func (x *sliced) roomForPacers() (restore func()) {
	if !x.stays[0].plan.timeline.open {
		return func() {}
	}
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + 2*len(x.stays))
	return func() { runtime.GOMAXPROCS(before) }
}

// steadyHeap is that of a replay. A store in this process decides it for all.
func (x *sliced) steadyHeap() (restore func()) {
	inProcess := func(m *measurement) bool { return m.target.InProcess }
	return x.base[max(0, slices.IndexFunc(x.base, inProcess))].steadyHeap()
}

// readBack adds to each target's last round what is known of all its units together.
func (x *sliced) readBack(ctx context.Context) {
	for i, m := range x.base {
		rounds := x.outcomes[i].Rounds
		if len(rounds) == 0 {
			continue
		}
		m.interrupted.Store(ctx.Err() != nil)
		verified, err := m.afterwards(ctx, func() { x.show(i, "read-back") })
		if x.outcomes[i].Err == nil && ctx.Err() == nil {
			x.outcomes[i].Err = err
		}
		m.addTo(rounds, verified)
	}
}

// ofAll are the figures that only all units together have: the last one's round has
// them.
var ofAll = []string{"verify", "server_calls", "storage"}

func (m *measurement) addTo(rounds []results.Round, verified results.Verify) {
	var f results.Figures
	m.serverSide(&f)
	last := &rounds[len(rounds)-1]
	last.Verify, last.Storage, last.ServerCalls = verified, f.Storage, f.ServerCalls
	last.Violations = last.Violations.Plus(promises(&m.unreported))
	last.Races.LostUpdates += m.unreported[lostUpdate]
	last.Races.Revived += m.unreported[revived]
	for _, figure := range ofAll {
		for k := range rounds {
			rounds[k].Unavailable[figure] = results.WithTheLastUnit
		}
		delete(last.Unavailable, figure)
		if why, ok := m.unavailable[figure]; ok {
			last.Unavailable[figure] = why
		}
	}
}

// cleanUp removes the sessions of targets that stay.
func (x *sliced) cleanUp(ctx context.Context) {
	if x.options.Keep {
		return
	}
	for i, m := range x.base {
		if !m.target.Disposable && m.gone() == nil {
			x.show(i, "clean-up")
			x.outcomes[i].Left = m.cleanUp(ctx, x.outcomes[i].Err)
		}
	}
}
