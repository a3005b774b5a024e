package cli

import (
	"math"
	"slices"
	"time"

	"github.com/sessionbench/bench/scenarios"
)

// The units after which a gate looks, where its budget is a minute of them. The first
// look is the soonest that can prove anything; the others are half as many again each.
var gateLooks = []int{12, 18, 27, 40, 60}

const (
	gateBudget  = time.Minute
	leastBudget = 12 * time.Second
	gateWarmup  = scenarios.Duration(time.Second) // of new instances, at each look
)

// looksIn are the looks that a budget buys, in units that take so long each: in
// proportion to it, and none before the first can prove anything.
func looksIn(budget, unit time.Duration) (looks []int) {
	affordable := int(budget / unit)
	for _, look := range gateLooks {
		n := max(gateLooks[0], int(math.Round(float64(look)*float64(affordable)/float64(gateLooks[len(gateLooks)-1]))))
		if n <= affordable && !slices.Contains(looks, n) {
			looks = append(looks, n)
		}
	}
	return looks
}
