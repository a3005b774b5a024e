package report

import (
	"math"

	"github.com/sessionbench/bench/internal/stat"
)

// How sure a change point must be, and how many runs are on each side of it.
const (
	changeLevel  = 0.001
	fewestBeside = 5
)

// sinceChange is where the runs begin that are of one level: after the last change of
// at least half of the limit. Runs from before it would make a deviation of what was a
// step. It is found by binary segmentation: the clearest split first, then the
// clearest of what follows it.
func sinceChange(logs []float64, delta float64) (from int) {
	for {
		split := clearestSplit(logs[from:], delta)
		if split == 0 {
			return from
		}
		from += split
	}
}

// clearestSplit is where Welch's test tells the means on both sides apart for surest;
// 0: nowhere.
func clearestSplit(logs []float64, delta float64) (split int) {
	least := changeLevel
	for k := fewestBeside; k <= len(logs)-fewestBeside; k++ {
		before, after := logs[:k], logs[k:]
		if math.Abs(mean(after)-mean(before)) < delta/2 {
			continue
		}
		if p := stat.Unlike(before, after); p < least {
			least, split = p, k
		}
	}
	return split
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// resolution is what a log ratio of figures with three digits may be off by.
const resolution = 0.0005

// spread is how a run's figure lies about that of earlier ones: what an equal target's
// may differ by chance.
type spread struct {
	n      int     // earlier runs
	center float64 // of their logarithms
	sd     float64 // of a run's
	// beyond is how far above the center a figure lies with a chance of level, and
	// atLeast the chance of one that lies so far above.
	beyond  func(level float64) float64
	atLeast func(distance float64) float64
}

// measuredSpread is that of a history.
func measuredSpread(logs []float64) spread {
	v := stat.Predict(logs, 0, resolution)
	return spread{v.N, v.Mean, v.SD, v.Beyond, v.AtLeast}
}

// assumedSpread is that of two lone files: neither tells how runs differ, so that it is
// assumed. Each of the two has its own part in it.
func assumedSpread(log float64, line gateLine, drift *float64) spread {
	sd := math.Log1p(assumedDrift(line, drift))
	both := sd * math.Sqrt2
	return spread{
		1, log, sd,
		func(level float64) float64 { return both * stat.Beyond(level) },
		func(distance float64) float64 { return stat.Chance(distance / both) },
	}
}

// assumedDrift is the deviation of a figure from run to run. Where it is given for
// medians and throughput, that of a tail is twice as much, as it is on shared machines.
func assumedDrift(line gateLine, drift *float64) float64 {
	tail := line.key == "p99" || line.key == "p99_9"
	switch {
	case drift != nil && tail:
		return 2 * *drift
	case drift != nil:
		return *drift
	case tail:
		return assumedTailSD
	}
	return assumedSD
}
