package main

import (
	"context"
	"math"
	"testing"
	"time"

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

func TestThoseThatAreMadeLaterAreMadeOnce(t *testing.T) {
	t.Parallel()
	const pause = 20 * time.Millisecond
	store := &counted{}
	d := extra{share: 1, times: 2, pause: pause}.on()(1, store)
	began := time.Now()
	if _, err := d.Get(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); store.calls != 1 || took < pause {
		t.Errorf("%d calls after %s", store.calls, took)
	}
}

func TestTheShareIsFoundThatHasTheWantedEffect(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]func(share float64) float64{
		"in proportion":     func(x float64) float64 { return x },
		"late":              func(x float64) float64 { return 3 * x * x * x },
		"soon":              func(x float64) float64 { return math.Sqrt(x) / 4 },
		"none, then enough": func(x float64) float64 { return max(0, x-.3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const wanted = .0953
			s, share := search{wanted: wanted, high: 1}, .05
			for i := 0; math.Abs(effect(share)-wanted) >= wanted/10; i++ {
				if i == 12 || share <= 0 || share > 1 {
					t.Fatalf("%d tries, the last with %g", i, share)
				}
				share = s.next(share, effect(share))
			}
		})
	}
}
