package plot

import (
	"cmp"
	"slices"
)

// Spread moves labels apart that would lie on one another: each keeps its order and
// is at least gap from the next, as near to where it wants to be as the room from low
// to high allows. Where that is too narrow they have it in equal parts.
func Spread(wanted []float64, gap, low, high float64) []float64 {
	order := make([]int, len(wanted))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(wanted[a], wanted[b]) })
	if n := len(wanted); n > 1 {
		gap = min(gap, (high-low)/float64(n-1))
	}
	placed := make([]float64, len(wanted))
	next := low
	for _, i := range order {
		placed[i] = max(next, min(wanted[i], high))
		next = placed[i] + gap
	}
	last := high
	for _, i := range slices.Backward(order) {
		placed[i] = min(placed[i], last)
		last = placed[i] - gap
	}
	return placed
}
