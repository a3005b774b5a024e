package drivertest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

// set stores a session or ends the test. The driver gets a buffer of its own.
func set(t testing.TB, d drivers.Driver, r drivers.Record) {
	t.Helper()
	r.Value = bytes.Clone(r.Value)
	if err := d.Set(t.Context(), r); err != nil {
		t.Fatalf("set %s: %v", r.ID, err)
	}
}

// hit reads a session back and compares it with what was stored.
func (p *place) hit(t testing.TB, d drivers.Driver, want drivers.Record) {
	t.Helper()
	got, err := d.Get(t.Context(), want.ID)
	if err != nil {
		t.Errorf("get %s: %v", want.ID, err)
		return
	}
	if got.ID != want.ID {
		t.Errorf("get %s gave the id %s", want.ID, got.ID)
	}
	if text := p.strip(got.Value); !bytes.Equal(text, want.Value) {
		t.Errorf("get %s gave\n%s, stored was\n%s", want.ID, cut(text), cut(want.Value))
	}
}

// miss looks for sessions that must not be found, all at once: a miss may take
// its time (Facts.MissDelay).
func miss(t testing.TB, d drivers.Driver, ids ...string) {
	t.Helper()
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			r, err := d.Get(t.Context(), id)
			if !errors.Is(err, drivers.ErrNotFound) {
				t.Errorf("get %s: %v, %s; want an error that wraps ErrNotFound", id, err, cut(r.Value))
			}
			if len(r.Value) != 0 {
				t.Errorf("get %s: a value came with the error: %s", id, cut(r.Value))
			}
		})
	}
	all.Wait()
}

func cut(value []byte) []byte {
	const most = 300
	if len(value) <= most {
		return value
	}
	return append(bytes.Clone(value[:most]), "…"...)
}

// unexpected tells whether err is neither nil nor one of the allowed ones.
func unexpected(err error, allowed ...error) bool {
	for _, a := range allowed {
		if errors.Is(err, a) {
			return false
		}
	}
	return err != nil
}

// ended tells whether err is what a call gives whose context ended, be it while
// the call waited for a connection.
func ended(err error) bool {
	switch drivers.Classify(err) {
	case drivers.ClassCanceled, drivers.ClassTimeout, drivers.ClassPoolExhausted:
		return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// ability finds an optional interface; without it the rule does not apply.
func ability[T any](t testing.TB, d drivers.Driver, name string) T {
	t.Helper()
	a, ok := d.(T)
	if !ok {
		panic(doesNotApply("the driver is no " + name))
	}
	return a
}
