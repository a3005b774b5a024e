package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/sessionbench/bench/results"
)

// mostNines is where the scale of percentiles ends: 99.99.
const (
	mostNines    = 4
	stepsOfANine = 24
)

// curve is how long a target's operations took, by percentile: response times in
// open loop, service times in closed loop.
type curve struct {
	points []percentilePoint // rising in both
	// failedFrom is the percentile from which on there are failures, which count as
	// slower than any success; 100: there are none.
	failedFrom float64
	reason     string // why there are no points
}

// percentilePoint is one of a curve's; q goes from 0 to 100.
type percentilePoint struct{ q, ns float64 }

// named are the percentiles that a curve has points for by their names.
var named = []float64{50, 90, 99, 99.9, 99.99}

// curveOf computes a result's curve. It fails when a histogram is garbled.
func curveOf(r *results.Result) (curve, error) {
	o := r.Summary.Operations["all"]
	if o == nil || o.Succeeded()+o.WithFailures.Failures == 0 {
		return curve{failedFrom: 100, reason: "nothing finished"}, nil
	}
	done := float64(o.Succeeded() + o.WithFailures.Failures)
	c := curve{failedFrom: 100 * float64(o.Succeeded()) / done}
	qs := percentilesUpTo(100 * (1 - 1/done))
	at, err := o.Percentiles(qs...)
	if err != nil {
		return curve{}, fmt.Errorf("the curve of %s: %w", r.Target.Text, err)
	}
	for i, p := range at {
		if p.Value != nil {
			c.points = append(c.points, percentilePoint{qs[i], float64(*p.Value)})
		}
	}
	if len(c.points) == 0 {
		c.reason = "nothing succeeded"
	}
	return c, nil
}

// percentilesUpTo are those at equal distances on the scale of percentiles, and the
// named ones exactly, up to the last that the values tell apart.
func percentilesUpTo(last float64) []float64 {
	qs := slices.Clone(named)
	for i := range mostNines * stepsOfANine {
		if i%stepsOfANine != 0 || i == 0 { // else it is a named one
			qs = append(qs, 100*(1-math.Pow(10, -float64(i)/stepsOfANine)))
		}
	}
	slices.Sort(qs)
	for i, q := range qs {
		if q > last {
			return append(qs[:i:i], last)
		}
	}
	return qs
}

// at gives the curve's value at one of its percentiles.
func (c curve) at(q float64) (ns float64, ok bool) {
	for _, p := range c.points {
		if math.Abs(p.q-q) < 1e-9 {
			return p.ns, true
		}
	}
	return 0, false
}
