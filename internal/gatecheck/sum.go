package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/sessionbench/bench/internal/stat"
	"github.com/sessionbench/bench/report"
)

// limitLog is a limit as a log ratio, positive like all that is worse.
func limitLog(l report.GateLimit) float64 {
	if l.Metric == "throughput" {
		return -math.Log1p(-l.Share)
	}
	return math.Log1p(l.Share)
}

// sum prints how the gates ended, and how much worse the metric was in all their units.
func sum(all []ended, metric string) {
	by := map[int]int{}
	named := 0
	var took []time.Duration
	d := map[string][][]float64{} // by gate
	var names []string
	for _, e := range all {
		by[e.status]++
		took = append(took, e.took)
		for _, m := range e.v.Metrics {
			if m.Metric == metric && m.Verdict == report.Worse {
				named++
			}
			if m.Arithmetic == nil {
				continue
			}
			if d[m.Metric] == nil {
				names = append(names, m.Metric)
			}
			d[m.Metric] = append(d[m.Metric], m.Arithmetic.Differences)
		}
	}
	slices.Sort(took)
	fmt.Printf("\n%d gates: exit 0 %d, exit 1 %d, exit 4 %d", len(all), by[0], by[1], by[4])
	if metric != "" {
		fmt.Printf("; %s named worse in %d", metric, named)
	}
	fmt.Printf("\nseconds: median %.1f, least %.1f, most %.1f\n", took[len(took)/2].Seconds(), took[0].Seconds(), took[len(took)-1].Seconds())
	for _, name := range names {
		units := slices.Concat(d[name]...)
		if len(units) > 1 {
			w := stat.NewWalsh(sample(units))
			fmt.Printf("%s, %d units: worse by %+.2f %% (%+.2f to %+.2f), as a log ratio\n", name, len(units), 100*w.Estimate(), 100*w.Lower(.025), 100*w.Upper(.025))
		}
		if len(d[name]) > 2 {
			n, own, mixed := apart(d[name])
			fmt.Printf("  estimates of a gate's first %d units: %.2f %% apart (standard deviation); of as many units of any gates: %.2f %%\n", n, 100*own, 100*mixed)
		}
	}
}

// apart is how far the estimates of single gates lie apart, and how far they would if
// all gates' units were alike: what is more than that is of the gates' instances, which
// the units of one gate can't tell. It takes the first n units of each.
func apart(gates [][]float64) (n int, own, mixed float64) {
	const mixtures = 200
	n = len(slices.MinFunc(gates, func(a, b []float64) int { return len(a) - len(b) }))
	var units []float64
	for _, g := range gates {
		units = append(units, g[:n]...)
	}
	spread := func() float64 {
		var estimates []float64
		for group := range slices.Chunk(units, n) {
			estimates = append(estimates, stat.NewWalsh(group).Estimate())
		}
		return gonum.StdDev(estimates, nil)
	}
	own = spread()
	random := rand.New(rand.NewPCG(1, 1))
	for range mixtures {
		random.Shuffle(len(units), func(i, k int) { units[i], units[k] = units[k], units[i] })
		mixed += spread() / mixtures
	}
	return n, own, mixed
}

// sample is at most as much as pairs can be made of.
func sample(d []float64) []float64 {
	const most = 2000
	if len(d) <= most {
		return d
	}
	some := make([]float64, most)
	for i := range some {
		some[i] = d[i*len(d)/most]
	}
	return some
}
