package drivertest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

const (
	short = 1500 * time.Millisecond
	// tick is how coarse the clocks are that stores compare: whole milliseconds,
	// and a session that ends in this one may still be readable.
	tick = 2 * time.Millisecond
)

func touchMissing(t testing.TB, p *place) {
	d := p.open(t)
	r := Record(p.ids.Next(), time.Hour, 0, "")
	err := d.Touch(t.Context(), r)
	switch {
	case p.facts.TouchMissing == drivers.TouchFails && !errors.Is(err, drivers.ErrNotFound):
		t.Errorf("touch of a missing session: %v; Facts.TouchMissing wants an error that wraps ErrNotFound", err)
	case p.facts.TouchMissing == drivers.TouchSilent && err != nil:
		t.Errorf("touch of a missing session: %v; Facts.TouchMissing wants none", err)
	}
	miss(t, d, r.ID)
}

func touchExtends(t testing.TB, p *place) {
	d := p.open(t)
	r, renewed := p.touchInTime(t, d, d)
	p.hit(t, d, renewed)
	time.Sleep(time.Until(r.Cookie.Expires.Add(p.facts.Granularity + tick)))
	p.hit(t, d, renewed)
}

// touchInTime sets a session of a short lifetime and touches it before that is
// over, which gives what is stored then; on a machine that stalls, short is
// longer.
func (p *place) touchInTime(t testing.TB, setter, toucher drivers.Driver) (r, renewed drivers.Record) {
	t.Helper()
	for lifetime := short; lifetime < time.Minute; lifetime *= 2 {
		r = Record(p.ids.Next(), lifetime, 5, `"cart":["a","b"]`)
		set(t, setter, r)
		renewed, err := p.tryTouch(t, toucher, r, time.Hour)
		if !time.Now().Before(r.Cookie.Expires) {
			continue
		}
		if err != nil {
			t.Fatalf("touch: %v", err)
		}
		return r, renewed
	}
	t.Fatal("a touch takes longer than a session of half a minute lives")
	return r, renewed
}

// touch renews a session's lifetime and gives the session as it is stored then.
func (p *place) touch(t testing.TB, d drivers.Driver, r drivers.Record, lifetime time.Duration) drivers.Record {
	t.Helper()
	renewed, err := p.tryTouch(t, d, r, lifetime)
	if err != nil {
		t.Errorf("touch %q: %v", r.ID, err)
	}
	return renewed
}

func (p *place) tryTouch(t testing.TB, d drivers.Driver, r drivers.Record, lifetime time.Duration) (drivers.Record, error) {
	t.Helper()
	r.Cookie = drivers.NewCookie(time.Now(), lifetime)
	err := makeCall(t.Context(), d, drivers.Touch, r)
	if p.facts.TouchRewrites {
		value, err := drivers.AppendRenewed(nil, r.Value, r.Cookie)
		if err != nil {
			t.Fatal(err)
		}
		r.Value = value
	}
	return r, err
}

// ways are those to store a session with its lifetime.
func ways(t testing.TB, d drivers.Driver) map[string]func(drivers.Record) error {
	ways := map[string]func(drivers.Record) error{
		"set": func(r drivers.Record) error { return makeCall(t.Context(), d, drivers.Set, r) },
	}
	if loader, ok := d.(drivers.Loader); ok {
		ways["load"] = func(r drivers.Record) error {
			return loader.Load(t.Context(), reused([]drivers.Record{r}))
		}
	}
	return ways
}

// expires polls sessions of a short lifetime. It compares moments that bound the
// store's own: a miss that came back before the end is early, a hit whose get
// began after the last moment is late, however slow this machine is.
func expires(t testing.TB, p *place) {
	d := p.open(t)
	ways := ways(t, d)
	ways["set over a longer one"] = func(r drivers.Record) error {
		set(t, d, Record(r.ID, time.Hour, 9, ""))
		return makeCall(t.Context(), d, drivers.Set, r)
	}
	if !p.facts.TouchLazy {
		ways["touch of a longer one"] = func(r drivers.Record) error {
			set(t, d, Record(r.ID, time.Hour, 9, ""))
			return makeCall(t.Context(), d, drivers.Touch, r)
		}
	}
	var all sync.WaitGroup
	defer all.Wait()
	for name, store := range ways {
		for _, lifetime := range []time.Duration{time.Millisecond, short} {
			r := Record(p.ids.Next(), lifetime, 0, "")
			if p.facts.LastMillisecond && lifetime < tick {
				time.Sleep(tick) // past what such a store takes for no lifetime
			}
			if err := store(r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			stored := time.Now()
			all.Go(func() { p.expiresInTime(t, d, name, r, stored.Add(lifetime)) })
		}
	}
}

// expiresInTime polls a session that ends when its cookie says, or at most as
// late as the call that stored it took.
func (p *place) expiresInTime(t testing.TB, d drivers.Driver, name string, r drivers.Record, end time.Time) {
	last := end.Add(p.facts.Granularity + tick)
	for {
		began := time.Now()
		_, err := d.Get(t.Context(), r.ID)
		switch {
		case errors.Is(err, drivers.ErrNotFound):
			if now := time.Now(); now.Before(r.Cookie.Expires) {
				t.Errorf("%s, %v: gone %v before its end", name, r.Cookie.MaxAge, r.Cookie.Expires.Sub(now))
			}
			return
		case err != nil:
			t.Errorf("%s, %v: get: %v", name, r.Cookie.MaxAge, err)
			return
		case began.After(last):
			t.Errorf("%s, %v: still readable %v after its end; Facts.Granularity is %v", name, r.Cookie.MaxAge, began.Sub(end), p.facts.Granularity)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// long are lifetimes that end early where their milliseconds don't fit: in 31
// bits at once, in 32 bits after a second; 0 is none at all.
var long = []time.Duration{0, 31 * 24 * time.Hour, 1<<31*time.Millisecond + time.Second, 1<<32*time.Millisecond + time.Second}

// lastsLong looks at such sessions when the bits that fit would be over.
func lastsLong(t testing.TB, p *place) {
	d := p.open(t)
	var lasting []drivers.Record
	for name, store := range ways(t, d) {
		for n, lifetime := range long {
			r := Record(p.ids.Next(), lifetime, n, "")
			if err := store(r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			lasting = append(lasting, r)
		}
	}
	for n, lifetime := range long {
		r := Record(p.ids.Next(), time.Hour, n, "")
		set(t, d, r)
		lasting = append(lasting, p.touch(t, d, r, lifetime))
	}
	time.Sleep(time.Second + p.facts.Granularity + tick)
	if pruner, ok := d.(drivers.Pruner); ok {
		if _, err := pruner.Prune(t.Context()); err != nil {
			t.Errorf("prune: %v", err)
		}
	}
	for _, r := range lasting {
		p.hit(t, d, r)
	}
}

func sessionCookies(t testing.TB, p *place) {
	d := p.open(t)
	r := Record(p.ids.Next(), 0, 3, "")
	set(t, d, r)
	p.hit(t, d, r)
	if err := d.Touch(t.Context(), r); err != nil {
		t.Errorf("touch: %v", err)
	}
	p.hit(t, d, r)
}

func pruneRemovesExpired(t testing.TB, p *place) {
	d := p.open(t)
	pruner := ability[drivers.Pruner](t, d, "Pruner")
	var lasting []drivers.Record
	var over []string
	var last time.Time
	for n := range 6 {
		r := Record(p.ids.Next(), short, n, "")
		set(t, d, r)
		over, last = append(over, r.ID), time.Now().Add(short)
		for _, lifetime := range []time.Duration{time.Hour, 0} {
			r := Record(p.ids.Next(), lifetime, n, "")
			set(t, d, r)
			lasting = append(lasting, r)
		}
	}
	time.Sleep(time.Until(last.Add(p.facts.Granularity + tick)))
	removed, err := pruner.Prune(t.Context())
	if err != nil {
		t.Fatalf("prune: %v", err)
	}
	// A server that purges by itself may have been faster.
	byServer := p.facts.Purge.By == "server" && removed >= 0 && removed < int64(len(over))
	if removed != -1 && removed != int64(len(over)) && !byServer {
		t.Errorf("prune says that it removed %d sessions; %d were expired", removed, len(over))
	}
	if counter, ok := d.(drivers.Counter); ok && removed >= 0 {
		if n, err := counter.Count(t.Context()); err != nil || n != int64(len(lasting)) {
			t.Errorf("count after prune: %d, %v; want %d", n, err, len(lasting))
		}
	}
	miss(t, d, over...)
	for _, r := range lasting {
		p.hit(t, d, r)
	}
}
