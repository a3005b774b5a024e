package drivertest

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// twoDrivers has two processes' worth of drivers on one store: what one does is
// what the other sees.
func twoDrivers(t testing.TB, p *place) {
	if p.cfg.URL == "" {
		panic(doesNotApply("sessions live in the driver"))
	}
	one := p.open(t)
	other := p.reopen(t)
	r := Record(p.ids.Next(), time.Hour, 1, "")
	miss(t, other, r.ID)
	set(t, one, r)
	p.hit(t, other, r)
	newer := Record(r.ID, time.Hour, 2, Padding(3000))
	set(t, other, newer)
	p.hit(t, one, newer)
	if err := one.Destroy(t.Context(), r.ID); err != nil {
		t.Errorf("destroy: %v", err)
	}
	miss(t, other, r.ID)
	if err := other.Destroy(t.Context(), r.ID); err != nil {
		t.Errorf("destroy of what the other destroyed: %v", err)
	}
	p.oneSession(t, one, other)
	short, renewed := p.touchInTime(t, one, other)
	p.hit(t, one, renewed)
	time.Sleep(time.Until(short.Cookie.Expires.Add(p.facts.Granularity + tick)))
	p.hit(t, one, renewed)
	if err := other.Close(); err != nil { // so that one leaves nothing, not other
		t.Errorf("close: %v", err)
	}
}

// oneSession is used through several drivers at once.
func (p *place) oneSession(t testing.TB, all ...drivers.Driver) {
	const each = 8
	c := drivers.NewCookie(time.Now(), time.Hour)
	id, written := p.ids.Next(), newWritten(c, each*len(all))
	var calls sync.WaitGroup
	for n, value := range written.values {
		d := all[n%len(all)]
		calls.Go(func() {
			for i := range 4 {
				r := drivers.Record{ID: id, Value: bytes.Clone(value), Cookie: c}
				p.sharedSession(t, d, r, written, (n+i)%each == 0)
			}
			p.ownSession(t, d, n)
		})
	}
	calls.Wait()
}
