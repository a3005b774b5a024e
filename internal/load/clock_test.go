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

// jumping is a machine whose wall clock jumps, with a store on it that tells by
// that clock what has expired.
type jumping struct {
	by   atomic.Int64 // nanoseconds
	mu   sync.Mutex
	held map[string]drivers.Record
}

func (j *jumping) wall() time.Time { return time.Now().Round(0).Add(time.Duration(j.by.Load())) }

func (j *jumping) Get(_ context.Context, id string) (drivers.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.held[id]
	if !ok || !r.Cookie.Expires.IsZero() && j.wall().After(r.Cookie.Expires) {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{ID: id, Value: append([]byte(nil), r.Value...)}, nil
}

func (j *jumping) Set(_ context.Context, r drivers.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Value = append([]byte(nil), r.Value...)
	j.held[r.ID] = r
	return nil
}

func (j *jumping) Touch(_ context.Context, r drivers.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if old, ok := j.held[r.ID]; ok {
		old.Cookie = r.Cookie
		j.held[r.ID] = old
	}
	return nil
}

func (j *jumping) Destroy(_ context.Context, id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.held, id)
	return nil
}

func (*jumping) Close() error { return nil }

// whileItJumps runs a round in which the clock jumps, by so much, in its middle.
func whileItJumps(t *testing.T, by time.Duration, s *scenarios.Scenario) results.Round {
	t.Helper()
	j := &jumping{held: map[string]drivers.Record{}}
	target := &Target{Name: "jumping", Driver: j, InProcess: true}
	o := options()
	o.Wall = j.wall
	begun := sync.OnceFunc(func() { time.AfterFunc(500*time.Millisecond, func() { j.by.Store(int64(by)) }) })
	o.Observe = func(p Progress) {
		if p.Phase != "preload" {
			begun()
		}
	}
	return one(t, s, target, o)
}

// When the clock jumps, what was saved before it ends at another time than it
// promised: no figure is of that clock, and no store is blamed.
func TestAClockThatJumpsBreaksNoPromise(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{time.Hour, -time.Hour, 20 * time.Millisecond} {
		for loop, change := range map[string]func(*scenarios.Scenario){
			"closed": func(s *scenarios.Scenario) {},
			"open":   func(s *scenarios.Scenario) { s.Load = scenarios.Load{Rate: 2000, MaxInFlight: 64} },
		} {
			t.Run(by.String()+" "+loop, func(t *testing.T) {
				t.Parallel()
				r := whileItJumps(t, by, web(t, change))
				if r.Violations.Total() != 0 || r.Verify.Total() != 0 || r.Verify.Checked == 0 {
					t.Errorf("violations %+v, read back %+v", r.Violations, r.Verify)
				}
				checkByMonotonic(t, &r)
				var told []results.Event
				for _, e := range r.Events {
					if e.Kind == "clock" {
						told = append(told, e)
					}
				}
				if len(told) != 1 || told[0].Second < 0 || told[0].Second > 2 || !strings.Contains(told[0].Text, "the clock jumped by "+by.String()) {
					t.Errorf("events %+v", told)
				}
			})
		}
	}
}

// checkByMonotonic wants figures that no jump of the wall clock is in.
func checkByMonotonic(t *testing.T, r *results.Round) {
	t.Helper()
	all := r.Operations["all"]
	if r.DurationSeconds != 0.8 || len(all.Errors) != 0 || all.Count == 0 {
		t.Errorf("%d operations in %g s, errors %v", all.Count, r.DurationSeconds, all.Errors)
	}
	if longest := all.Time().Max; longest < 0 || time.Duration(longest) > 30*time.Minute {
		t.Errorf("an operation took %v", time.Duration(longest))
	}
	if seconds := len(r.Series); seconds > 60 {
		t.Errorf("%d seconds of 1", seconds)
	}
}

// After a jump the store is held to what it promises since.
func TestWhatIsSavedAfterAJumpIsHeldToItsLifetime(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	c := newClock(func() time.Time { return time.Now().Round(0).Add(time.Duration(ahead.Load())) })
	before := c.era()
	if c.jumpedSince(before) {
		t.Error("a jump is seen where there is none")
	}
	ahead.Store(int64(time.Hour))
	if !c.jumpedSince(before) {
		t.Error("the jump is not seen")
	}
	if c.jumpedSince(c.era()) {
		t.Error("what was saved after the jump is not judged")
	} else if off := c.at(c.now()).Sub(c.wall()).Abs(); off > time.Minute {
		t.Errorf("a cookie made after the jump is off by %v", off)
	}
}

func TestAClockThatDoesNotJumpIsNotSaidTo(t *testing.T) {
	t.Parallel()
	c := newClock(nil)
	for range 100_000 {
		if c.look(); c.jumps.Load() != 0 {
			t.Fatalf("a jump of %v", time.Duration(c.ahead.Load()))
		}
	}
}
