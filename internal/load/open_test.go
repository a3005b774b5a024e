package load

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// gate is a store whose gets wait while it is shut.
type gate struct {
	drivers.Driver
	mu    sync.Mutex
	opens chan struct{} // closed when it opens again; nil: it is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opens = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.opens)
	g.opens = nil
}

func (g *gate) Get(ctx context.Context, id string) (drivers.Record, error) {
	g.mu.Lock()
	opens := g.opens
	g.mu.Unlock()
	if opens != nil {
		select {
		case <-opens:
		case <-ctx.Done():
			return drivers.Record{}, ctx.Err()
		}
	}
	return g.Driver.Get(ctx, id)
}

func reads(rate scenarios.Rate, inFlight int) func(*scenarios.Scenario) {
	return func(s *scenarios.Scenario) {
		s.Mix = scenarios.Mix{scenarios.Read: 1}
		s.Load = scenarios.Load{Rate: rate, Arrival: scenarios.Uniform, MaxInFlight: inFlight}
		s.Warmup, s.Duration = 0, scenarios.Duration(2*time.Second)
	}
}

func TestAnOpenLoopSendsEverythingThatIsDue(t *testing.T) {
	t.Parallel()
	r := one(t, web(t, reads(1000, 64)), memoryTarget(t), options())
	if r.Load.Due != 2000 || r.Load.Sent != 2000 || r.Load.Completed != 2000 || r.Load.Overloaded || *r.Load.OfferedPerSecond != 1000 {
		t.Errorf("%+v", r.Load)
	}
	if all := r.Operations["all"]; all.ResponseTime == nil || all.ResponseTime.Min < all.ServiceTime.Min {
		t.Errorf("response time %+v, service time %+v", all.ResponseTime, all.ServiceTime)
	}
}

func TestWhatWasNeverSentCountsAsFailed(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	store := &gate{Driver: target.Driver}
	store.shut()
	target.Driver = store
	o := options()
	o.Drain, o.Verify = 100*time.Millisecond, VerifyOff
	r := one(t, web(t, reads(1000, 8)), target, o)
	all := r.Operations["all"]
	if r.Load.Due != 2000 || r.Load.Sent != 8 || r.Harness.NotSent != 1992 || all.Count != 2000 || all.Errors["canceled"] != 2000 {
		t.Errorf("load %+v, %d not sent, %d counted, errors %v", r.Load, r.Harness.NotSent, all.Count, all.Errors)
	}
	if !r.Load.Overloaded || all.WithFailures.P50 != nil || all.WithFailures.Reason == "" {
		t.Errorf("overloaded %v, with failures %+v", r.Load.Overloaded, all.WithFailures)
	}
}

// More is due than bench can draw and hand over: it counts all the same.
func TestWhatBenchDidNotComeToCountsAsFailed(t *testing.T) {
	t.Parallel()
	s := web(t, reads(5_000_000, 8))
	s.Duration = scenarios.Duration(100 * time.Millisecond)
	o := options()
	o.Drain, o.Verify = 20*time.Millisecond, VerifyOff
	r := one(t, s, memoryTarget(t), o)
	all := r.Operations["all"]
	if r.Load.Due != 500_000 || all.Count != 500_000 || r.Load.Sent+r.Harness.NotSent != 500_000 || r.Harness.NotSent == 0 {
		t.Errorf("load %+v, %d not sent, %d counted", r.Load, r.Harness.NotSent, all.Count)
	}
	if all.Errors["canceled"] != 500_000-r.Load.Completed {
		t.Errorf("errors %v, completed %d", all.Errors, r.Load.Completed)
	}
}

func TestACallThatTakesTooLongTimesOut(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	target.Driver = &slow{Driver: target.Driver}
	o := options()
	o.Timeout, o.Verify = 50*time.Millisecond, VerifyOff
	s := web(t, reads(200, 64))
	r := one(t, s, target, o)
	all := r.Operations["all"]
	if all.Errors["timeout"] == 0 || all.Errors["timeout"] != all.Count-r.Load.Completed {
		t.Errorf("errors %v of %d, texts %v", all.Errors, all.Count, r.ErrorTexts)
	}
	if r.Violations.Total() != 0 {
		t.Errorf("violations %+v", r.Violations)
	}
}

// slow answers no get of every second session.
type slow struct{ drivers.Driver }

func (s *slow) Get(ctx context.Context, id string) (drivers.Record, error) {
	if id[len(id)-1]&1 == 0 {
		<-ctx.Done()
		return drivers.Record{}, ctx.Err()
	}
	return s.Driver.Get(ctx, id)
}

func TestDueTimesFollowTheRate(t *testing.T) {
	t.Parallel()
	line := timeline{open: true, stretches: []stretch{
		{name: "warm-up", start: -1, end: 0, from: 100, to: 100, warmup: true},
		{name: "climb", start: 0, end: 10, from: 100, to: 300},
		{name: "calm", start: 10, end: 12, from: 50, to: 50},
	}}
	for _, c := range []struct{ n, second float64 }{
		{0, -1}, {50, -0.5}, {100, 0}, {100 + 2000, 10}, {100 + 750, 5}, {100 + 2000 + 50, 11},
	} {
		if at, ok := line.due(c.n); !ok || math.Abs(at-c.second) > 1e-9 {
			t.Errorf("operation %g is due at %g s, %v; want %g s", c.n, at, ok, c.second)
		}
	}
	if _, ok := line.due(2200); ok {
		t.Error("an operation is due after the end")
	}
	if line.offered() != 2100 || line.peak() != 300 || line.level(5) != 200 {
		t.Errorf("offered %g, peak %g, level %g", line.offered(), line.peak(), line.level(5))
	}
}
