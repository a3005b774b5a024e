package load

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// liar is the honest memory store with some answers changed. It counts the lies
// that it tells; requests of one session do not overlap, so nobody else can tell a
// lie about it meanwhile.
type liar struct {
	drivers.Driver

	// set and destroy tell whether the call is carried out; get may change what
	// the honest store answers. nil: honest.
	set     func(l *liar, r *drivers.Record) bool
	get     func(l *liar, r *drivers.Record) error
	destroy func(l *liar, id string) bool

	mu    sync.Mutex
	turns uint64
	told  uint64
	known map[string]drivers.Record // what the case remembers of a session
	again map[string]bool           // a session that was just lied about
}

// seldom is true one time in a thousand, and counts a lie then.
func (l *liar) seldom() bool { return l.oneIn(1000) }

func (l *liar) oneIn(n uint64) bool {
	l.turns++
	if l.turns%n != 0 {
		return false
	}
	l.told++
	return true
}

// seldomOf is seldom, and never twice in a row about one session: a promise stays
// broken, and is not broken again, until the store does better.
func (l *liar) seldomOf(id string) bool {
	l.again[id] = !l.again[id] && l.seldom()
	return l.again[id]
}

func (l *liar) Set(ctx context.Context, r drivers.Record) error {
	l.mu.Lock()
	honest := l.set == nil || l.set(l, &r)
	l.mu.Unlock()
	if !honest {
		return nil
	}
	return l.Driver.Set(ctx, r)
}

func (l *liar) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := l.Driver.Get(ctx, id)
	if err != nil || l.get == nil {
		return r, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return r, l.get(l, &r)
}

func (l *liar) Destroy(ctx context.Context, id string) error {
	l.mu.Lock()
	honest := l.destroy == nil || l.destroy(l, id)
	l.mu.Unlock()
	if !honest {
		return nil
	}
	return l.Driver.Destroy(ctx, id)
}

// stored is what the honest store holds of a session now.
func (l *liar) stored(id string) (drivers.Record, bool) {
	r, err := l.Driver.Get(context.Background(), id)
	return r, err == nil
}

// isLogin tells whether a save is a login's.
func isLogin(r *drivers.Record) bool {
	v, err := version(r.Value, r.ID)
	return err == nil && v == 1
}

// A dropped save is noticed before it is overwritten: a write begins with a get.
func dropsWrites(l *liar, r *drivers.Record) bool { return isLogin(r) || !l.seldom() }
func dropsLogins(l *liar, r *drivers.Record) bool { return !isLogin(r) || !l.seldom() }

// dropsDestroys does so more often, as there are few: not one request in ten.
func dropsDestroys(l *liar, id string) bool {
	_, there := l.stored(id)
	return !there || !l.oneIn(20)
}

// remembersOld keeps what a save replaces, unless it is the same version.
func remembersOld(l *liar, r *drivers.Record) bool {
	if old, there := l.stored(r.ID); there && !isLogin(r) {
		l.known[r.ID] = old
	}
	return true
}

func servesOld(l *liar, r *drivers.Record) error {
	if old, there := l.known[r.ID]; there && l.seldomOf(r.ID) {
		r.Value = old.Value
	}
	return nil
}

// swaps serves the value of the session that was read before.
func swaps(l *liar, r *drivers.Record) error {
	other, there := l.known["last"]
	l.known["last"] = *r
	if there && other.ID != r.ID && l.seldomOf(r.ID) {
		r.Value = other.Value
	}
	return nil
}

const briefly = 2 * time.Second // a lifetime that half a second of waiting leaves something of

// expiresEarly ends each session that was read when it has lived for some two
// thirds of its life.
func expiresEarly(l *liar, r *drivers.Record) error {
	c, err := drivers.ParseCookie(r.Value)
	if err != nil {
		return err
	}
	left := time.Until(c.Expires)
	if _, read := l.known[r.ID]; read && left < briefly*2/5 && left > briefly/5 {
		l.told++
		if err := l.Driver.Destroy(context.Background(), r.ID); err != nil {
			return err
		}
		return drivers.ErrNotFound
	}
	l.known[r.ID] = *r
	return nil
}

// prolongs stores each session for an hour more, and keeps what was asked for.
func prolongs(l *liar, r *drivers.Record) bool {
	l.known[r.ID] = *r
	r.Cookie.Expires = r.Cookie.Expires.Add(time.Hour)
	value, err := drivers.AppendRenewed(nil, r.Value, r.Cookie)
	r.Value = value
	return err == nil
}

func countsLate(l *liar, r *drivers.Record) error {
	if asked := l.known[r.ID]; time.Now().After(asked.Cookie.Expires) {
		l.told++
	}
	return nil
}

// Each broken promise is counted, under its own name and once, and nothing else
// is: those that a request comes upon, and the rest by the read-back.
func TestBrokenPromisesAreCountedUnderTheirNames(t *testing.T) {
	t.Parallel()
	mix := func(m scenarios.Mix) func(*scenarios.Scenario) {
		return func(s *scenarios.Scenario) { s.Mix = m }
	}
	relogins := mix(scenarios.Mix{scenarios.Login: 20, scenarios.Read: 60, scenarios.Anonymous: 20})
	logouts := mix(scenarios.Mix{scenarios.Login: 10, scenarios.Read: 60, scenarios.Logout: 10, scenarios.Anonymous: 20})
	writes := mix(scenarios.Mix{scenarios.Read: 50, scenarios.Write: 50})
	for name, c := range map[string]struct {
		liar   *liar
		change func(*scenarios.Scenario)
		want   func(told uint64) results.Violations
	}{
		"dropped writes": {&liar{set: dropsWrites}, writes,
			func(n uint64) results.Violations { return results.Violations{Stale: n} }},
		"dropped logins": {&liar{set: dropsLogins}, func(s *scenarios.Scenario) { logouts(s); s.Middleware.LoginSaves = 1 },
			func(n uint64) results.Violations { return results.Violations{Lost: n} }},
		"old values": {&liar{set: remembersOld, get: servesOld}, writes,
			func(n uint64) results.Violations { return results.Violations{Stale: n} }},
		"values of other sessions": {&liar{get: swaps}, writes,
			func(n uint64) results.Violations { return results.Violations{Swapped: n} }},
		"logouts that did nothing": {&liar{destroy: dropsDestroys}, logouts,
			func(n uint64) results.Violations { return results.Violations{Resurrected: n} }},
		"logins that kept the old id": {&liar{destroy: dropsDestroys}, relogins,
			func(n uint64) results.Violations { return results.Violations{Fixation: n} }},
		"lifetimes cut short": {&liar{get: expiresEarly}, func(s *scenarios.Scenario) {
			mix(scenarios.Mix{scenarios.Read: 100})(s)
			s.Sessions, s.Middleware.Touch = 1000, false
			s.TTL, s.Duration = scenarios.Duration(briefly), scenarios.Duration(briefly*3/2)
		}, func(n uint64) results.Violations { return results.Violations{ExpiredEarly: n} }},
		"lifetimes drawn out": {&liar{set: prolongs, get: countsLate}, func(s *scenarios.Scenario) {
			s.Sessions, s.Duration = 1000, scenarios.Duration(1500*time.Millisecond)
		}, func(n uint64) results.Violations { return results.Violations{ExpiredLate: n} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, target := c.liar, memoryTarget(t)
			l.Driver, target.Driver = target.Driver, l
			target.Disposable = true // nothing is destroyed after the read-back
			l.known, l.again = map[string]drivers.Record{}, map[string]bool{}
			r := one(t, web(t, func(s *scenarios.Scenario) {
				s.Load.Workers = 64
				// As many that no visitor goes through more ids than are remembered.
				s.Sessions, s.Popularity = 20_000, scenarios.Popularity{}
				if c.change != nil {
					c.change(s)
				}
			}), target, options())
			found, want := r.Violations.Plus(r.Verify.Violations), c.want(l.told)
			if found != want || l.told == 0 {
				t.Errorf("found %+v in the run and %+v by the read-back, want %+v in all", r.Violations, r.Verify, want)
			}
			t.Logf("%d lies, %d of them found by the read-back", l.told, r.Verify.Total())
			if r.Races != (results.Races{}) {
				t.Errorf("races without overlap: %+v", r.Races)
			}
		})
	}
}
