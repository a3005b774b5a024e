package load

import (
	"sync"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/middleware"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// recorder takes what some of the workers measured. There are a few of them for
// any number of workers: a histogram is too large to give to each worker, and one
// for all would be a lock that all share.
type recorder struct {
	mu       sync.Mutex
	stages   []*stage        // one a stretch of the timeline
	interval timing          // successes since the last second
	failed   uint64          // failures since the last second
	tally    tally           // since the replay began
	totals   [numCalls]int64 // calls sent since the replay began, warm-up included
	found    [numViolations]uint64
	texts    map[drivers.Class]string
}

const numCalls = drivers.NumCalls

// stage is what was measured in one stretch of the timeline.
type stage struct {
	operations [scenarios.NumKinds]operationStats
	calls      [numCalls]callStats
	lag        timing
	kept       timing // of which the requests were kept by bench itself: see job.kept
	unsent     uint64 // requests that came due and were never sent
}

type operationStats struct {
	service, response, failure timing
	errors                     map[drivers.Class]uint64
	outcomes                   results.Outcomes
}

type callStats struct {
	service, poolWait timing
	errors            map[drivers.Class]uint64
	count             uint64
}

// timing is a distribution of times in nanoseconds with its exact extremes.
type timing struct {
	h        *hdr.Histogram
	min, max int64
}

func (t *timing) record(v int64) {
	v = max(v, 0)
	if t.count() == 0 {
		t.min = v
	}
	if t.h == nil {
		t.h = results.NewHistogram()
	}
	t.min, t.max = min(t.min, v), max(t.max, v)
	// The only error is a value out of range, and this one is within.
	_ = t.h.RecordValue(min(v, results.HighestTrackable))
}

func (t *timing) count() uint64 {
	if t.h == nil {
		return 0
	}
	return uint64(t.h.TotalCount())
}

// bars are the distribution's, shortest times first.
func (t *timing) bars() []hdr.Bar {
	if t.h == nil {
		return nil
	}
	return t.h.Distribution()
}

func (t *timing) merge(other *timing) {
	if other.count() == 0 {
		return
	}
	if t.h == nil || t.count() == 0 {
		t.min, t.max = other.min, other.max
	}
	if t.h == nil {
		t.h = results.NewHistogram()
	}
	t.h.Merge(other.h)
	t.min, t.max = min(t.min, other.min), max(t.max, other.max)
}

// begin forgets what was recorded, for a replay of so many stretches.
func (r *recorder) begin(stretches int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.stages) != stretches {
		r.stages = make([]*stage, stretches)
	}
	for _, st := range r.stages {
		if st != nil {
			st.reset()
		}
	}
	r.interval.reset()
	r.failed, r.tally, r.texts = 0, tally{}, nil
	r.totals, r.found = [numCalls]int64{}, [numViolations]uint64{}
}

// reset empties the stage, and keeps its histograms: they are large.
func (st *stage) reset() {
	for k := range st.operations {
		o := &st.operations[k]
		for _, t := range []*timing{&o.service, &o.response, &o.failure} {
			t.reset()
		}
		*o = operationStats{service: o.service, response: o.response, failure: o.failure}
	}
	for c := range st.calls {
		s := &st.calls[c]
		s.service.reset()
		s.poolWait.reset()
		*s = callStats{service: s.service, poolWait: s.poolWait}
	}
	st.lag.reset()
	st.kept.reset()
	st.unsent = 0
}

func (t *timing) reset() {
	if t.h != nil {
		t.h.Reset()
	}
	t.min, t.max = 0, 0
}

// sample is one call that a request made.
type sample struct {
	call     drivers.Call
	pooled   bool
	time     int64
	poolWait int64
	err      error
}

// report is one finished request.
type report struct {
	kind       scenarios.Kind
	stretch    int
	due        int64 // open loop; else the same as sent
	sent, done int64
	open       bool // open loop: there is a response time
	unsent     bool // it came due and was never sent
	outcome    middleware.Outcome
	expected   bool // of a miss
	err        error
	calls      []sample
	found      [4]violation
}

// record takes a finished request.
func (r *recorder) record(p *report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.stage(p.stretch)
	for i := range p.calls {
		r.totals[p.calls[i].call]++
		st.calls[p.calls[i].call].record(&p.calls[i])
	}
	for _, v := range p.found {
		if v != none {
			r.found[v]++
		}
	}
	op := &st.operations[p.kind]
	switch {
	case p.outcome == middleware.Hit:
		op.outcomes.Hit++
	case p.outcome == middleware.Miss && p.expected:
		op.outcomes.MissExpected++
	case p.outcome == middleware.Miss:
		op.outcomes.MissUnexpected++
	}
	if p.open {
		st.lag.record(p.sent - p.due)
	}
	if p.err != nil {
		r.failed++
		if !p.unsent {
			r.tally.failed++
			r.tally.class = drivers.Classify(p.err)
		}
		op.failure.record(p.done - p.due)
		r.fail(&op.errors, p.err)
		return
	}
	r.tally.succeeded++
	r.interval.record(p.done - p.due)
	op.service.record(p.done - p.sent)
	if p.open {
		op.response.record(p.done - p.due)
	}
}

// stage is that of a stretch. The caller holds mu.
func (r *recorder) stage(stretch int) *stage {
	if r.stages[stretch] == nil {
		r.stages[stretch] = &stage{}
	}
	return r.stages[stretch]
}

// recordKept takes how long bench itself kept a job that was due.
func (r *recorder) recordKept(stretch int, kept int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stage(stretch).kept.record(kept)
}

// recordUnsent takes a request that came due and was never sent: it failed, and
// the time until now is the least that it would have taken.
func (r *recorder) recordUnsent(p *report) {
	p.unsent = true
	r.record(p)
	r.mu.Lock()
	r.stages[p.stretch].unsent++
	r.mu.Unlock()
}

func (c *callStats) record(s *sample) {
	c.count++
	if s.pooled {
		c.poolWait.record(s.poolWait)
	}
	if s.err != nil {
		if c.errors == nil {
			c.errors = map[drivers.Class]uint64{}
		}
		c.errors[drivers.Classify(s.err)]++
		return
	}
	c.service.record(s.time)
}

// fail counts a failed request under its class and keeps one text a class.
func (r *recorder) fail(errors *map[drivers.Class]uint64, err error) {
	class := drivers.Classify(err)
	if *errors == nil {
		*errors = map[drivers.Class]uint64{}
	}
	(*errors)[class]++
	if _, have := r.texts[class]; !have {
		if r.texts == nil {
			r.texts = map[drivers.Class]string{}
		}
		r.texts[class] = err.Error()
	}
}

// second is what happened since the last call of nextSecond.
type second struct {
	count, failed uint64
	times         timing
}

func (s *second) merge(other *second) {
	s.count += other.count
	s.failed += other.failed
	s.times.merge(&other.times)
}

func (s *second) reset() {
	s.count, s.failed = 0, 0
	s.times.reset()
}

// nextSecond takes and clears the running second of all recorders.
func nextSecond(recorders []*recorder, into *second) {
	into.reset()
	for _, r := range recorders {
		r.mu.Lock()
		into.times.merge(&r.interval)
		into.failed += r.failed
		r.interval.reset()
		r.failed = 0
		r.mu.Unlock()
	}
	into.count = into.times.count()
}
