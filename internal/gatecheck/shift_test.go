package main

import (
	"context"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

// counted is a store that counts its calls.
type counted struct {
	drivers.Driver
	calls int
}

func (c *counted) Get(context.Context, string) (drivers.Record, error) {
	c.calls++
	return drivers.Record{}, nil
}

func (c *counted) Touch(context.Context, drivers.Record) error {
	c.calls++
	return nil
}

func TestTheCandidateAloneHasExtraCalls(t *testing.T) {
	t.Parallel()
	for side, want := range []int{2, 6} {
		store := &counted{}
		d := extra{share: 1, times: 2}.on()(side, store)
		if _, err := d.Get(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := d.Touch(t.Context(), drivers.Record{}); err != nil {
			t.Fatal(err)
		}
		if store.calls != want {
			t.Errorf("side %d: %d calls, not %d", side, store.calls, want)
		}
	}
}
