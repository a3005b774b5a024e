package main

import (
	"fmt"
	"math"
	"slices"
	"time"

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
	d := map[string][]float64{}
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
			d[m.Metric] = append(d[m.Metric], m.Arithmetic.Differences...)
		}
	}
	slices.Sort(took)
	fmt.Printf("\n%d gates: exit 0 %d, exit 1 %d, exit 4 %d", len(all), by[0], by[1], by[4])
	if metric != "" {
		fmt.Printf("; %s named worse in %d", metric, named)
	}
	fmt.Printf("\nseconds: median %.1f, least %.1f, most %.1f\n", took[len(took)/2].Seconds(), took[0].Seconds(), took[len(took)-1].Seconds())
	for _, name := range names {
		if len(d[name]) > 1 {
			w := stat.NewWalsh(sample(d[name]))
			fmt.Printf("%s, %d units: worse by %+.2f %% (%+.2f to %+.2f), as a log ratio\n", name, len(d[name]), 100*w.Estimate(), 100*w.Lower(.025), 100*w.Upper(.025))
		}
	}
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
