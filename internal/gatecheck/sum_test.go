package main

import (
	"math/rand/v2"
	"testing"
)

func TestTheSpreadOfInstancesIsTold(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	gates := func(instances float64) (all [][]float64) {
		for i := range 40 {
			own := instances * random.NormFloat64()
			var d []float64
			for range 12 + i%2*6 {
				d = append(d, own+.03*random.NormFloat64())
			}
			all = append(all, d)
		}
		return all
	}
	if n, own, mixed := apart(gates(0)); n != 12 || own > 1.3*mixed {
		t.Errorf("equal instances: %.4f after %d units, mixed %.4f", own, n, mixed)
	}
	if _, own, mixed := apart(gates(.05)); own < 2.5*mixed || own < .04 || own > .06 {
		t.Errorf("instances that differ by 5 %%: %.4f, mixed %.4f", own, mixed)
	}
}
