package drivertest

import (
	"errors"
	"slices"
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
	r, renewed := touchInTime(t, p, d)
	want := r
	if p.facts.TouchRewrites {
		value, err := drivers.AppendRenewed(nil, r.Value, renewed)
		if err != nil {
			t.Fatal(err)
		}
		want.Value = value
	}
	p.hit(t, d, want)
	time.Sleep(time.Until(r.Cookie.Expires.Add(p.facts.Granularity + tick)))
	p.hit(t, d, want)
}

// touchInTime sets a session of a short lifetime and touches it before that is
// over; on a machine that stalls, short is longer.
func touchInTime(t testing.TB, p *place, d drivers.Driver) (r drivers.Record, renewed drivers.Cookie) {
	for lifetime := short; lifetime < time.Minute; lifetime *= 2 {
		r = Record(p.ids.Next(), lifetime, 5, `"cart":["a","b"]`)
		set(t, d, r)
		read := r
		read.Cookie = drivers.NewCookie(time.Now(), time.Hour)
		err := d.Touch(t.Context(), read)
		if !time.Now().Before(r.Cookie.Expires) {
			continue
		}
		if err != nil {
			t.Fatalf("touch: %v", err)
		}
		return r, read.Cookie
	}
	t.Fatal("a touch takes longer than a session of half a minute lives")
	return r, renewed
}

// expires polls sessions of a short lifetime. It compares moments that bound the
// store's own: a miss that came back before the end is early, a hit whose get
// began after the last moment is late, however slow this machine is.
func expires(t testing.TB, p *place) {
	d := p.open(t)
	ways := map[string]func(drivers.Record) error{
		"set": func(r drivers.Record) error { return d.Set(t.Context(), r) },
		"set over a longer one": func(r drivers.Record) error {
			set(t, d, Record(r.ID, time.Hour, 9, ""))
			return d.Set(t.Context(), r)
		},
	}
	if loader, ok := d.(drivers.Loader); ok {
		ways["load"] = func(r drivers.Record) error {
			return loader.Load(t.Context(), slices.Values([]drivers.Record{r}))
		}
	}
	var all sync.WaitGroup
	defer all.Wait()
	for name, store := range ways {
		r := Record(p.ids.Next(), short, 0, "")
		if err := store(r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stored := time.Now()
		all.Go(func() { p.expiresInTime(t, d, name, r, stored) })
	}
}

func (p *place) expiresInTime(t testing.TB, d drivers.Driver, name string, r drivers.Record, stored time.Time) {
	last := stored.Add(short + p.facts.Granularity + tick)
	for {
		began := time.Now()
		_, err := d.Get(t.Context(), r.ID)
		switch {
		case errors.Is(err, drivers.ErrNotFound):
			if now := time.Now(); now.Before(r.Cookie.Expires) {
				t.Errorf("%s: gone %v before its end", name, r.Cookie.Expires.Sub(now))
			}
			return
		case err != nil:
			t.Errorf("%s: get: %v", name, err)
			return
		case began.After(last):
			t.Errorf("%s: still readable %v after its end; Facts.Granularity is %v", name, began.Sub(stored.Add(short)), p.facts.Granularity)
			return
		}
		time.Sleep(10 * time.Millisecond)
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
