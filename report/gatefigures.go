package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/sessionbench/bench/results"
)

// beyond stands for a percentile that lies among the failures, as a log ratio: worse
// than any number, and finite, so that means of it and its opposite are.
const beyond = 1e6

// gateLine is one metric of the verdict's table: what is read of a round, and which
// limit's metric it belongs to.
type gateLine struct {
	key    string
	metric string // of GateMetrics
	unit   Unit
	of     func(f *results.Figures) Figure
	// unavailable is under which name a round says why there is no figure.
	unavailable string
}

var gateLines = []gateLine{
	{"throughput", "throughput", PerSecond, carried, ""},
	{"p50", "p50", Nanosecond, timeOfUnit(func(w *results.WithFailures) *int64 { return w.P50 }), ""},
	{"p90", "p90", Nanosecond, timeOfUnit(func(w *results.WithFailures) *int64 { return w.P90 }), ""},
	{"p95", "p95", Nanosecond, timeOfUnit(func(w *results.WithFailures) *int64 { return w.P95 }), ""},
	{"p99", "p99", Nanosecond, timeOfUnit(func(w *results.WithFailures) *int64 { return w.P99 }), ""},
	{"p99_9", "p99_9", Nanosecond, timeOfUnit(func(w *results.WithFailures) *int64 { return w.P999 }), ""},
	{"client_cpu", "cpu", CPUPer1000, cpuOf(func(f *results.Figures) *results.Usage { return f.Resources.Client }), "resources.client"},
	{"server_cpu", "cpu", CPUPer1000, cpuOf(func(f *results.Figures) *results.Usage { return f.Resources.Server }), "resources.server"},
}

func carried(f *results.Figures) Figure {
	if all := f.Operations["all"]; hasSample(f) {
		return known(all.ThroughputPerSecond)
	}
	return missing("nothing finished")
}

func timeOfUnit(of func(*results.WithFailures) *int64) func(*results.Figures) Figure {
	return func(f *results.Figures) Figure {
		if !hasSample(f) {
			return missing("nothing finished")
		}
		w := &f.Operations["all"].WithFailures
		return timeFigure(of(w), w.Reason, w.Failures > 0)
	}
}

// leastCPU is half of what systems count processor time in, in seconds: what was read
// as none took less.
const leastCPU = 0.005

func cpuOf(of func(*results.Figures) *results.Usage) func(*results.Figures) Figure {
	return func(f *results.Figures) Figure {
		use, all := of(f), f.Operations["all"]
		switch {
		case use == nil:
			return missing("not measured")
		case all == nil || all.Succeeded() == 0:
			return Figure{Unbounded: true, Reason: "nothing succeeded"}
		}
		return known(1000 * max(leastCPU, use.CPUSeconds) / float64(all.Succeeded()))
	}
}

// hasSample tells whether anything finished, well or not.
func hasSample(f *results.Figures) bool {
	all := f.Operations["all"]
	return all != nil && attempts(all) > 0
}

// attempts are the operations that finished, failed, were cancelled or never sent.
func attempts(o *results.Operation) uint64 { return o.Succeeded() + o.WithFailures.Failures }

// logRatio is by how much b is worse than a: 0 where both lie among the failures, or
// both carried nothing. ok is false where either has no figure.
func (l gateLine) logRatio(a, b Figure) (d float64, ok bool) {
	va, okA := l.log(a)
	vb, okB := l.log(b)
	return min(beyond, max(-beyond, vb-va)), okA && okB
}

// log is a figure's logarithm, turned so that more is worse.
func (l gateLine) log(f Figure) (v float64, ok bool) {
	switch {
	case f.Unbounded:
		return beyond, true
	case f.Value == nil:
		return 0, false
	case l.metric == "throughput" && *f.Value == 0:
		return beyond, true
	case l.metric == "throughput":
		return -math.Log(*f.Value), true
	}
	return math.Log(max(*f.Value, 1e-9)), true
}

// median is that of figures of which any may lie among the failures.
func median(l gateLine, figures []Figure) Figure {
	sorted := slices.Clone(figures)
	rank := func(f Figure) float64 { v, _ := l.log(f); return v }
	slices.SortStableFunc(sorted, func(a, b Figure) int { return cmp.Compare(rank(a), rank(b)) })
	n := len(sorted)
	low, high := sorted[(n-1)/2], sorted[n/2]
	if low.Value == nil || high.Value == nil {
		return high
	}
	return known((*low.Value + *high.Value) / 2)
}
