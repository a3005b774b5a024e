package load

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// liar is the honest memory store with some answers changed.
type liar struct {
	drivers.Driver
	mu sync.Mutex
	n  int

	set     func(l *liar, r drivers.Record) (drivers.Record, bool) // false: dropped
	get     func(l *liar, r drivers.Record) (drivers.Record, bool) // false: missing
	destroy func(l *liar) bool                                     // false: dropped
}

// every tells one call in n.
func (l *liar) every(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return l.n%n == 0
}

func (l *liar) Set(ctx context.Context, r drivers.Record) error {
	if l.set != nil {
		changed, keep := l.set(l, r)
		if !keep {
			return nil
		}
		r = changed
	}
	return l.Driver.Set(ctx, r)
}

func (l *liar) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := l.Driver.Get(ctx, id)
	if err == nil && l.get != nil {
		changed, keep := l.get(l, r)
		if !keep {
			return drivers.Record{}, drivers.ErrNotFound
		}
		r = changed
	}
	return r, err
}

func (l *liar) Destroy(ctx context.Context, id string) error {
	if l.destroy != nil && !l.destroy(l) {
		return nil
	}
	return l.Driver.Destroy(ctx, id)
}

// Each lie is found, under its own name and no other.
func TestBrokenPromisesAreFoundUnderTheirNames(t *testing.T) {
	t.Parallel()
	relogins := scenarios.Mix{scenarios.Login: 30, scenarios.Read: 50, scenarios.Anonymous: 20}
	logouts := scenarios.Mix{scenarios.Login: 10, scenarios.Read: 50, scenarios.Logout: 10, scenarios.Anonymous: 20}
	for name, c := range map[string]struct {
		liar   *liar
		change func(*scenarios.Scenario)
		only   func(results.Violations, results.Verify) (want, others uint64)
	}{
		"a dropped login is lost": {
			liar: &liar{set: func(l *liar, r drivers.Record) (drivers.Record, bool) { return r, !l.every(10) }},
			change: func(s *scenarios.Scenario) {
				s.Mix, s.Middleware.LoginSaves = logouts, 1
			},
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.Lost, v.Total() - v.Lost + r.Stale + r.Resurrected
			},
		},
		"a dropped write is stale": {
			liar: &liar{set: func(l *liar, r drivers.Record) (drivers.Record, bool) {
				preload := bytes.Contains(r.Value, []byte(`"n":1,`))
				return r, preload || !l.every(10)
			}},
			change: func(s *scenarios.Scenario) {
				s.Mix = scenarios.Mix{scenarios.Read: 50, scenarios.Write: 50}
			},
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.Stale, v.Total() - v.Stale + r.Lost + r.Resurrected
			},
		},
		"a logout that did nothing is resurrected": {
			liar:   &liar{destroy: func(l *liar) bool { return !l.every(3) }},
			change: func(s *scenarios.Scenario) { s.Mix = logouts },
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.Resurrected, v.Total() - v.Resurrected + r.Lost + r.Stale
			},
		},
		"the old id after a login is fixation": {
			liar:   &liar{destroy: func(l *liar) bool { return !l.every(3) }},
			change: func(s *scenarios.Scenario) { s.Mix = relogins },
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.Fixation, v.Total() - v.Fixation + r.Lost + r.Stale
			},
		},
		"a session that outlives its contract is expired late": {
			liar: &liar{set: func(l *liar, r drivers.Record) (drivers.Record, bool) {
				r.Cookie.Expires = r.Cookie.Expires.Add(time.Hour)
				var err error
				r.Value, err = drivers.AppendRenewed(nil, r.Value, r.Cookie)
				return r, err == nil
			}},
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.ExpiredLate, v.Total() - v.ExpiredLate + r.Total()
			},
		},
		"a session that is gone before its time is expired early": {
			liar: &liar{get: func(l *liar, r drivers.Record) (drivers.Record, bool) {
				c, err := drivers.ParseCookie(r.Value)
				return r, err == nil && time.Until(c.Expires) > time.Second
			}},
			change: func(s *scenarios.Scenario) {
				s.Mix, s.Sessions = scenarios.Mix{scenarios.Read: 100}, 50
				s.TTL, s.Duration = scenarios.Duration(3*time.Second), scenarios.Duration(2500*time.Millisecond)
				s.Middleware.Touch = false
			},
			only: func(v results.Violations, r results.Verify) (uint64, uint64) {
				return v.ExpiredEarly, v.Total() - v.ExpiredEarly + r.Stale + r.Resurrected
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := memoryTarget(t)
			c.liar.Driver = target.Driver
			target.Driver = c.liar
			r := one(t, web(t, c.change), target, options())
			if want, others := c.only(r.Violations, r.Verify); want == 0 || others != 0 {
				t.Errorf("violations %+v, read back %+v", r.Violations, r.Verify)
			}
		})
	}
}

// The read-back finds what no request asked for during the run.
func TestTheReadBackFindsWhatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	late := &forgetful{Driver: target.Driver}
	target.Driver = late
	s := web(t, func(s *scenarios.Scenario) { s.Mix = scenarios.Mix{scenarios.Write: 100} })
	s.Warmup = 0
	o := options()
	o.Observe = func(p Progress) {
		if p.Phase == "read-back" {
			late.forget()
		}
	}
	r := one(t, s, target, o)
	if r.Violations.Total() != 0 || r.Verify.Lost != 5 || r.Verify.Total() != 5 {
		t.Errorf("violations %+v, read back %+v; want 5 lost", r.Violations, r.Verify)
	}
}

// forgetful drops five sessions when it is told to.
type forgetful struct {
	drivers.Driver
	mu  sync.Mutex
	ids []string
}

func (f *forgetful) Set(ctx context.Context, r drivers.Record) error {
	f.mu.Lock()
	if known := len(f.ids) < 5; known {
		for _, id := range f.ids {
			known = known && id != r.ID
		}
		if known {
			f.ids = append(f.ids, r.ID)
		}
	}
	f.mu.Unlock()
	return f.Driver.Set(ctx, r)
}

func (f *forgetful) forget() {
	for _, id := range f.ids {
		f.Driver.Destroy(context.Background(), id)
	}
}
