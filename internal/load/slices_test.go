package load

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// inSlices runs some units on as many stores in memory.
func inSlices(t *testing.T, s *scenarios.Scenario, o Options, how Slices, targets ...*Target) []Outcome {
	t.Helper()
	outcomes, found, interrupted := RunSlices(t.Context(), s, targets, o, how)
	for i, outcome := range outcomes {
		if interrupted || outcome.Err != nil || outcome.Left != nil || len(outcome.Rounds) != o.Rounds {
			t.Fatalf("target %d: interrupted %v, error %v, left %v, %d rounds", i, interrupted, outcome.Err, outcome.Left, len(outcome.Rounds))
		}
	}
	if found.Length < leastSlice || found.Length > mostSlice || found.Groups < 1 {
		t.Errorf("slices of %s, %d groups of them", found.Length, found.Groups)
	}
	return outcomes
}

func TestUnitsAreRoundsThatBelongTogether(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scenarios.Scenario){
		"closed loop": nil,
		"open loop":   func(s *scenarios.Scenario) { s.Load = scenarios.Load{Rate: 2000, MaxInFlight: 64} },
		"poisson": func(s *scenarios.Scenario) {
			s.Load = scenarios.Load{Rate: 2000, Arrival: scenarios.Poisson, MaxInFlight: 64}
		},
		"overlap": func(s *scenarios.Scenario) { s.Overlap = 30 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, change)
			o := options()
			o.Rounds, o.First = 3, 12
			outcomes := inSlices(t, s, o, Slices{Groups: 3}, memoryTarget(t), memoryTarget(t), memoryTarget(t))
			for target, outcome := range outcomes {
				for i, r := range outcome.Rounds {
					all := r.Operations["all"]
					if r.Index != 12+i || r.Pair == nil || *r.Pair != 12+i || len(all.Errors) != 0 || all.Count < 20 || r.Violations.Total() != 0 {
						t.Errorf("target %d, unit %d: index %d, pair %v, %d operations, errors %v, violations %+v", target, i, r.Index, r.Pair, all.Count, all.Errors, r.Violations)
					}
					if r.DurationSeconds <= 0 || len(r.Series) > 0 {
						t.Errorf("target %d, unit %d: %g s, %d rows", target, i, r.DurationSeconds, len(r.Series))
					}
					if last := i == o.Rounds-1; (r.Verify.Checked > 0) != last || (r.Unavailable["verify"] == results.WithTheLastUnit) == last {
						t.Errorf("target %d, unit %d: %d read back, %v", target, i, r.Verify.Checked, r.Unavailable)
					}
				}
			}
			f, err := results.Summarize(outcomes[0].Rounds)
			if err != nil || f.Verify.Checked == 0 || f.Verify.Mode != string(VerifyAll) {
				t.Errorf("the summary has %+v, %v", f.Verify, err)
			}
		})
	}
}

// watchful is a store that sees whether the others of its run are asked meanwhile.
type watchful struct {
	drivers.Driver
	inside, met, calls *atomic.Int64
	others             []*watchful
}

func (w *watchful) Get(ctx context.Context, id string) (drivers.Record, error) {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	w.calls.Add(1)
	for _, other := range w.others {
		if other.inside.Load() > 0 {
			w.met.Add(1)
		}
	}
	time.Sleep(5 * time.Millisecond) // so that some are open whenever a slice ends
	return w.Driver.Get(ctx, id)
}

func TestRequestsOfTwoTargetsDoNotMeet(t *testing.T) {
	t.Parallel()
	stores := make([]*watchful, 2)
	targets := make([]*Target, 2)
	for i := range stores {
		targets[i] = memoryTarget(t)
		stores[i] = &watchful{Driver: targets[i].Driver, inside: new(atomic.Int64), met: new(atomic.Int64), calls: new(atomic.Int64)}
		targets[i].Driver = stores[i]
	}
	stores[0].others, stores[1].others = stores[1:], stores[:1]
	o := options()
	o.Verify, o.Rounds = VerifyOff, 2
	inSlices(t, web(t, nil), o, Slices{}, targets...)
	for i, s := range stores {
		// A straggler is waited for as long as a slice: a machine that stood still that
		// long has some meet.
		if met, calls := s.met.Load(), s.calls.Load(); calls == 0 || met > calls/10 {
			t.Errorf("target %d: %d of %d calls met another target's", i, met, calls)
		}
	}
}

// counting is a store that counts its calls as a server would.
type counting struct {
	drivers.Driver
	calls atomic.Int64
}

func (c *counting) Get(ctx context.Context, id string) (drivers.Record, error) {
	c.calls.Add(1)
	return c.Driver.Get(ctx, id)
}

func (c *counting) Meter(context.Context) (drivers.Reading, error) {
	bytes := int64(1)
	return drivers.Reading{Calls: map[drivers.Call]int64{drivers.Get: c.calls.Load()}, Storage: drivers.Storage{Bytes: &bytes}}, nil
}

func TestTheServerCountsAllUnitsTogether(t *testing.T) {
	t.Parallel()
	counted, plain := memoryTarget(t), memoryTarget(t)
	counted.Driver = &counting{Driver: counted.Driver}
	o := options()
	o.Rounds = 3
	outcomes := inSlices(t, web(t, nil), o, Slices{}, counted, plain)
	last := outcomes[0].Rounds[2]
	if last.ServerCalls == nil || *last.ServerCalls.Get == 0 || *last.ServerCalls.Get != last.ServerCalls.Ours["get"] || last.Storage == nil {
		t.Errorf("server calls %+v, storage %+v, %v", last.ServerCalls, last.Storage, last.Unavailable)
	}
}

func TestBrokenPromisesOfTheWarmUpAreInTheFirstUnit(t *testing.T) {
	t.Parallel()
	honest, forgetful := memoryTarget(t), memoryTarget(t)
	forgetful.Driver = &forgetsOnce{Driver: forgetful.Driver}
	o := options()
	o.Rounds = 2
	outcomes := inSlices(t, web(t, nil), o, Slices{}, honest, forgetful)
	if n := outcomes[0].Rounds[0].Violations.Total(); n != 0 {
		t.Errorf("the honest store broke %d promises", n)
	}
	if first, second := outcomes[1].Rounds[0].Violations, outcomes[1].Rounds[1].Violations; first.Lost != 1 || second.Total() != 0 {
		t.Errorf("lost in the warm-up: the first unit has %+v, the second %+v", first, second)
	}
}

// forgetsOnce answers one get, of the first hundred, as if the session had gone.
type forgetsOnce struct {
	drivers.Driver
	gets atomic.Int64
	done atomic.Bool
}

func (f *forgetsOnce) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := f.Driver.Get(ctx, id)
	if err == nil && f.gets.Add(1) > 5 && f.done.CompareAndSwap(false, true) {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return r, err
}

func TestSlicesTellOfAStoreThatIsOverloaded(t *testing.T) {
	t.Parallel()
	s := web(t, func(s *scenarios.Scenario) {
		s.Load = scenarios.Load{Rate: 3000, MaxInFlight: 4}
		s.Warmup = scenarios.Duration(1200 * time.Millisecond)
	})
	quick, slow := memoryTarget(t), memoryTarget(t)
	slow.Driver = &sleepy{Driver: slow.Driver, sleep: 3 * time.Millisecond} // 4 at once: at most 1,300/s
	o := options()
	o.Verify = VerifyOff
	outcomes := inSlices(t, s, o, Slices{Length: leastSlice, Groups: 5}, quick, slow)
	if l := outcomes[1].Rounds[0].Load; !l.Overloaded || !strings.Contains(l.OverloadedReason, "when it was alone") {
		t.Errorf("overloaded %v: %q", l.Overloaded, l.OverloadedReason)
	}
}

// sleepy is a store that takes its time for a get.
type sleepy struct {
	drivers.Driver
	sleep time.Duration
}

func (s *sleepy) Get(ctx context.Context, id string) (drivers.Record, error) {
	time.Sleep(s.sleep)
	return s.Driver.Get(ctx, id)
}

func TestUnitsThatEndedOutliveAnInterrupt(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	o := options()
	o.Rounds = 50
	o.Observe = func(p Progress) {
		if p.Phase == "slices" && p.Round >= 2 {
			interrupt()
		}
	}
	outcomes, _, interrupted := RunSlices(ctx, web(t, nil), []*Target{memoryTarget(t), memoryTarget(t)}, o, Slices{Groups: 2})
	for i, outcome := range outcomes {
		if n := len(outcome.Rounds); !interrupted || outcome.Err != nil || n == 0 || n > 3 {
			t.Errorf("target %d: interrupted %v, error %v, %d rounds", i, interrupted, outcome.Err, n)
		}
	}
}

func TestOneTargetThatGoesAwayEndsTheSlicesOfAll(t *testing.T) {
	t.Parallel()
	stays, goes := memoryTarget(t), memoryTarget(t)
	var units atomic.Int64
	o := options()
	o.Rounds = 5
	o.Observe = func(p Progress) {
		if p.Phase == "slices" {
			units.Store(int64(p.Round))
		}
	}
	goes.Alive = func() error {
		if units.Load() >= 2 {
			return context.DeadlineExceeded
		}
		return nil
	}
	outcomes, _, interrupted := RunSlices(t.Context(), web(t, nil), []*Target{stays, goes}, o, Slices{Groups: 2})
	if interrupted || outcomes[0].Err != nil || outcomes[1].Err == nil || !strings.Contains(outcomes[1].Err.Error(), "went away") {
		t.Errorf("interrupted %v, errors %v and %v", interrupted, outcomes[0].Err, outcomes[1].Err)
	}
	if a, b := len(outcomes[0].Rounds), len(outcomes[1].Rounds); a != b || a == 0 || a == 5 {
		t.Errorf("%d and %d rounds", a, b)
	}
}

// named is a store that remembers whose sessions it got in bulk or one by one.
type named struct {
	drivers.Driver
	ids sync.Map
}

func (n *named) Set(ctx context.Context, r drivers.Record) error {
	n.ids.Store(r.ID, true)
	return n.Driver.Set(ctx, r)
}

func TestStoresOfARunHaveEqualSessionsUnlessTheyMayBeOne(t *testing.T) {
	t.Parallel()
	for _, disposable := range []bool{true, false} {
		stores := []*named{{}, {}}
		var targets []*Target
		for _, s := range stores {
			target := memoryTarget(t)
			s.Driver, target.Driver, target.Disposable = target.Driver, s, disposable
			targets = append(targets, target)
		}
		o := options()
		o.Verify = VerifyOff
		inSlices(t, web(t, nil), o, Slices{Groups: 2}, targets...)
		all, common := 0, 0
		stores[0].ids.Range(func(id, _ any) bool {
			all++
			if _, both := stores[1].ids.Load(id); both {
				common++
			}
			return true
		})
		if all == 0 || disposable && common < all/2 || !disposable && common > 0 {
			t.Errorf("disposable %v: %d of %d session ids are in both", disposable, common, all)
		}
	}
}
