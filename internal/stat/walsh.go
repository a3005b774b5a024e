package stat

import (
	"math"
	"slices"
)

// Walsh are the means of all pairs of differences, each with itself too, sorted: how
// many of them lie above a shift is the signed rank sum of the differences less the
// shift. So the estimate and the bounds that belong to the test are read from them.
type Walsh struct {
	n     int
	means []float64
}

// NewWalsh takes the means of finite differences.
func NewWalsh(d []float64) Walsh {
	means := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i := range d {
		for k := i; k < len(d); k++ {
			means = append(means, d[i]/2+d[k]/2)
		}
	}
	slices.Sort(means)
	return Walsh{len(d), means}
}

// Estimate is Hodges' and Lehmann's: the median of the means; NaN without any.
func (w Walsh) Estimate() float64 {
	n := len(w.means)
	if n == 0 {
		return math.NaN()
	}
	return w.means[(n-1)/2]/2 + w.means[n/2]/2
}

// Lower is the bound above which the true shift lies, but for a chance of level: at
// every shift below it the test would find the differences to lie above for sure.
// It is -Inf where too few differences allow none.
func (w Walsh) Lower(level float64) float64 {
	if least, ok := LeastW(w.n, level); ok && least > 0 {
		return w.means[len(w.means)-least]
	}
	return math.Inf(-1)
}

// Upper is Lower from above.
func (w Walsh) Upper(level float64) float64 {
	if least, ok := LeastW(w.n, level); ok && least > 0 {
		return w.means[least-1]
	}
	return math.Inf(1)
}

// Least is the smallest mean above x; +Inf when there is none.
func (w Walsh) Least(x float64) float64 {
	i, found := slices.BinarySearch(w.means, x)
	for ; found && i < len(w.means) && w.means[i] <= x; i++ {
	}
	if i == len(w.means) {
		return math.Inf(1)
	}
	return w.means[i]
}

// Most is the largest mean below x; -Inf when there is none.
func (w Walsh) Most(x float64) float64 {
	i, _ := slices.BinarySearch(w.means, x)
	if i == 0 {
		return math.Inf(-1)
	}
	return w.means[i-1]
}
