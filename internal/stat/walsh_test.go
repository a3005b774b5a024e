package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTheEstimateAndItsBounds(t *testing.T) {
	t.Parallel()
	w := NewWalsh(v1)
	if e := w.Estimate(); !near(e, .01775) {
		t.Errorf("the estimate is %v", e)
	}
	for level, want := range map[float64][2]float64{
		.05: {.0065, .0285}, .005: {-.0015, .0345}, 1. / 1500: {-.0115, .0420},
		1e-5: {math.Inf(-1), math.Inf(1)},
	} {
		low, high := w.Lower(level), w.Upper(level)
		if low != want[0] && !near(low, want[0]) || high != want[1] && !near(high, want[1]) {
			t.Errorf("at %v the bounds are %v and %v, not %v", level, low, high, want)
		}
	}
	if !math.IsNaN(NewWalsh(nil).Estimate()) {
		t.Error("nothing has an estimate")
	}
}

func TestABoundBeyondAShiftAndTheTestOfItAreTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		d := make([]float64, 5+r.IntN(30))
		for i := range d {
			d[i] = r.NormFloat64() + .4
		}
		w := NewWalsh(d)
		for _, level := range []float64{.1, .01, .001} {
			if got, want := w.Lower(level) > 0, SignedRanks(d).P <= level; got != want {
				t.Fatalf("%v at %v: the bound says %v", d, level, got)
			}
			if got, want := w.Upper(level) < 1, SignedRanks(less(1, d)).P <= level; got != want {
				t.Fatalf("%v below 1 at %v: the bound says %v", d, level, got)
			}
		}
	}
}

func TestTheMeansBesideAValue(t *testing.T) {
	t.Parallel()
	w := NewWalsh([]float64{0, 0, 2})
	for x, want := range map[float64][2]float64{0: {math.Inf(-1), 1}, 1: {0, 2}, .5: {0, 1}, 2: {1, math.Inf(1)}} {
		if below, above := w.Most(x), w.Least(x); below != want[0] || above != want[1] {
			t.Errorf("beside %v are %v and %v", x, below, above)
		}
	}
}
