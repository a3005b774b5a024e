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

// eachCall makes one call of each kind.
func eachCall(ctx context.Context, d drivers.Driver, r drivers.Record) [drivers.NumCalls]error {
	var errs [drivers.NumCalls]error
	for call := range errs {
		errs[call] = makeCall(ctx, d, drivers.Call(call), r)
	}
	return errs
}

// makeCall makes one call. The driver gets a buffer of its own.
func makeCall(ctx context.Context, d drivers.Driver, call drivers.Call, r drivers.Record) error {
	r.Value = bytes.Clone(r.Value)
	switch call {
	case drivers.Get:
		_, err := d.Get(ctx, r.ID)
		return err
	case drivers.Set:
		return d.Set(ctx, r)
	case drivers.Touch:
		return d.Touch(ctx, r)
	default:
		return d.Destroy(ctx, r.ID)
	}
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

func contextsEndAtRandom(t testing.TB, p *place) {
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
