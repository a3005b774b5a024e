// Package stat holds the tests by which a gate decides: those of paired
// differences by rank, of counts, and of one new value against earlier ones. All
// are one-sided, their tails hold equality, and none takes anything at random.
package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostExact is up to how many differences the signed rank test is exact. Beyond, the
// normal approximation is right to the third digit at the levels a gate uses, and the
// exact one would take longer than a second.
const mostExact = 500

// SignedRank is Wilcoxon's signed rank test of differences: whether they lie above 0
// for sure. Its only assumption is that without an effect each is as likely to have
// the one sign as the other.
type SignedRank struct {
	N     int
	W     float64 // the sum of the positive ones' ranks by size, equal sizes sharing theirs
	P     float64 // the chance of W or more without an effect
	Exact bool    // false: P is the normal approximation
}

// SignedRanks tests differences. Zeros keep their rank, which counts against an
// effect: leaving them out (Wilcoxon's own way) would make much of the few units in
// which anything moved. Without differences P is 1.
func SignedRanks(d []float64) SignedRank {
	doubled := doubledRanks(d)
	w, all := 0, 0
	for i, r := range doubled {
		all += r
		if d[i] > 0 {
			w += r
		}
	}
	t := SignedRank{N: len(d), W: float64(w) / 2, Exact: len(d) <= mostExact}
	if t.Exact {
		t.P = atLeast(doubled, w, all)
	} else {
		t.P = normalAtLeast(doubled, w, all)
	}
	return t
}

// Ranks are the ranks of the differences by size, in their order: the smallest has 1,
// and equal sizes share the mean of theirs.
func Ranks(d []float64) []float64 {
	ranks := make([]float64, len(d))
	for i, r := range doubledRanks(d) {
		ranks[i] = float64(r) / 2
	}
	return ranks
}

// doubledRanks are twice the ranks, which makes them whole.
func doubledRanks(d []float64) []int {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(d[a]), math.Abs(d[b])) })
	doubled := make([]int, len(d))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && math.Abs(d[order[to]]) == math.Abs(d[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			doubled[i] = from + to + 1 // the mean of from+1 … to, twice
		}
		from = to
	}
	return doubled
}

// atLeast is the chance that the ranks of which each takes part with ½ come to w or
// more, of all in sum. The sum lies symmetrically, so that only the shorter side has
// to be counted.
func atLeast(doubled []int, w, all int) float64 {
	if w <= 0 {
		return 1
	}
	if over := all - w; over < w {
		return atMost(doubled, over)
	}
	return 1 - atMost(doubled, w-1)
}

// atMost is the chance of a sum up to most: rank by rank, the chance of each sum is
// half that of it before, and half that of the sum without the rank.
func atMost(doubled []int, most int) float64 {
	if most < 0 {
		return 0
	}
	chance := make([]float64, most+1)
	chance[0] = 1
	reached := 0
	for _, r := range doubled {
		reached = min(most, reached+r)
		for s := reached; s >= r; s-- {
			chance[s] = (chance[s] + chance[s-r]) / 2
		}
		for s := min(r-1, reached); s >= 0; s-- {
			chance[s] /= 2
		}
	}
	sum := 0.0
	for _, c := range chance {
		sum += c
	}
	return min(1, sum)
}

// normalAtLeast is atLeast by the normal distribution of the same variance, which the
// shared ranks have their part in, and half a step for continuity.
func normalAtLeast(doubled []int, w, all int) float64 {
	squares := 0.0
	for _, r := range doubled {
		squares += float64(r) * float64(r)
	}
	if squares == 0 {
		return 1
	}
	return distuv.UnitNormal.Survival((float64(w) - 1 - float64(all)/2) / (math.Sqrt(squares) / 2))
}

// LeastW is the least W of n differences of unlike sizes whose P is at most level; ok
// is false when none is.
func LeastW(n int, level float64) (w int, ok bool) {
	all := n * (n + 1) / 2
	if n > mostExact {
		sd := math.Sqrt(float64(n) * float64(n+1) * float64(2*n+1) / 24)
		w = int(math.Ceil(float64(all)/2 + .5 + sd*distuv.UnitNormal.Quantile(1-level)))
		return w, w <= all
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	over := -1 // how far below the sum of all ranks w may lie
	sum := 0.0
	for at, chance := range chances(ranks, all) {
		if sum += chance; sum > level {
			break
		}
		over = at
	}
	return all - over, over >= 0
}

// chances are those of each sum from 0 up to half of all, where a level ends.
func chances(ranks []int, all int) []float64 {
	most := all/2 + 1
	chance := make([]float64, most+1)
	chance[0] = 1
	for _, r := range ranks {
		for s := most; s >= 0; s-- {
			chance[s] /= 2
			if s >= r {
				chance[s] += chance[s-r] / 2
			}
		}
	}
	return chance
}
