package stat

import "gonum.org/v1/gonum/mathext"

// MoreOften is the chance of b or more events in attemptsB, given that there were a+b
// in all, when an attempt of either side is as likely to have one: the conditional
// binomial test. Without events, or without attempts on a side, it is 1.
func MoreOften(a, attemptsA, b, attemptsB uint64) float64 {
	if b == 0 || attemptsA == 0 || attemptsB == 0 {
		return 1
	}
	return binomialAtLeast(b, a+b, float64(attemptsB)/(float64(attemptsA)+float64(attemptsB)))
}

// Signs is the sign test: the chance of as many positive differences among those that
// are not 0, or more, when either sign is as likely.
func Signs(d []float64) (positive, negative int, p float64) {
	for _, x := range d {
		switch {
		case x > 0:
			positive++
		case x < 0:
			negative++
		}
	}
	return positive, negative, binomialAtLeast(uint64(positive), uint64(positive+negative), .5)
}

// binomialAtLeast is the chance of k or more of n that each occur with p. The tail of
// a binomial is an incomplete beta function, which needs no sum over n.
func binomialAtLeast(k, n uint64, p float64) float64 {
	if k == 0 {
		return 1
	}
	return mathext.RegIncBeta(float64(k), float64(n-k)+1, p)
}
