package drivertest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

const callers = 64

func manyCallers(t testing.TB, p *place) {
	d := p.open(t)
	var shared [4]string
	for i := range shared {
		shared[i] = p.ids.Next()
	}
	// One cookie for all, so that a touch leaves a value as it was set.
	c := drivers.NewCookie(time.Now(), time.Hour)
	var written [callers][]byte
	for n := range written {
		written[n] = Value(c, n, Padding(n*97))
	}
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			p.ownSession(t, d, n)
			for i, id := range shared {
				p.sharedSession(t, d, drivers.Record{ID: id, Value: bytes.Clone(written[n]), Cookie: c}, written[:], (n+i)%8 == 0)
			}
		})
	}
	all.Wait()
}

// ownSession is a session that one caller alone uses: it always sees its own
// last write.
func (p *place) ownSession(t testing.TB, d drivers.Driver, n int) {
	id := p.ids.Next()
	for i := range 3 {
		r := Record(id, time.Hour, n*10+i, "")
		if err := d.Set(t.Context(), r); err != nil {
			t.Errorf("set: %v", err)
		}
		p.hit(t, d, r)
		if err := d.Touch(t.Context(), r); err != nil {
			t.Errorf("touch: %v", err)
		}
	}
	if err := d.Destroy(t.Context(), id); err != nil {
		t.Errorf("destroy: %v", err)
	}
	miss(t, d, id)
}

// sharedSession is one that all callers use: any of the values that somebody
// wrote may come back, but whole.
func (p *place) sharedSession(t testing.TB, d drivers.Driver, r drivers.Record, written [][]byte, destroy bool) {
	if err := d.Set(t.Context(), r); err != nil {
		t.Errorf("set: %v", err)
	}
	got, err := d.Get(t.Context(), r.ID)
	if unexpected(err, drivers.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if err == nil && !anyOf(p.strip(got.Value), written) {
		t.Errorf("get gave what nobody wrote: %s", cut(got.Value))
	}
	if err := d.Touch(t.Context(), r); unexpected(err, drivers.ErrNotFound) {
		t.Errorf("touch: %v", err)
	}
	if destroy {
		if err := d.Destroy(t.Context(), r.ID); err != nil {
			t.Errorf("destroy: %v", err)
		}
	}
}

func anyOf(value []byte, all [][]byte) bool {
	for _, v := range all {
		if bytes.Equal(v, value) {
			return true
		}
	}
	return false
}

// eachCall makes one call of each kind.
func eachCall(ctx context.Context, d drivers.Driver, r drivers.Record) [drivers.NumCalls]error {
	var errs [drivers.NumCalls]error
	_, errs[drivers.Get] = d.Get(ctx, r.ID)
	errs[drivers.Set] = d.Set(ctx, drivers.Record{ID: r.ID, Value: bytes.Clone(r.Value), Cookie: r.Cookie})
	errs[drivers.Touch] = d.Touch(ctx, r)
	errs[drivers.Destroy] = d.Destroy(ctx, r.ID)
	return errs
}

func endedContext(t testing.TB, p *place) {
	d := p.open(t)
	r := Record(p.ids.Next(), time.Hour, 1, "")
	set(t, d, r)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, c := range []struct {
		ctx   context.Context
		class drivers.Class
	}{{canceled, drivers.ClassCanceled}, {late, drivers.ClassTimeout}} {
		changed := r
		changed.Value = Value(r.Cookie, 2, "")
		for call, err := range eachCall(c.ctx, d, changed) {
			if !errors.Is(err, c.ctx.Err()) || drivers.Classify(err) != c.class {
				t.Errorf("%s: %v, classed %s; want one that wraps %q, classed %s", drivers.Call(call), err, drivers.Classify(err), c.ctx.Err(), c.class)
			}
		}
	}
	p.hit(t, d, r)
}

func contextEndsDuringCalls(t testing.TB, p *place) {
	d := p.open(t)
	var all sync.WaitGroup
	for n := range 32 {
		all.Go(func() {
			r := Record(p.ids.Next(), time.Hour, n, Padding(2000))
			for range 8 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(3*time.Millisecond))))
				for call, err := range eachCall(ctx, d, r) {
					if unexpected(err, drivers.ErrNotFound) && !ended(err) {
						t.Errorf("%s: %v, classed %s; want canceled or timeout", drivers.Call(call), err, drivers.Classify(err))
					}
				}
				cancel()
			}
		})
	}
	all.Wait()
	for n := range 16 {
		r := Record(p.ids.Next(), time.Hour, n, "")
		set(t, d, r)
		p.hit(t, d, r)
	}
}
