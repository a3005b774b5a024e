package report

import (
	"maps"
	"slices"

	"github.com/sessionbench/bench/results"
)

// callCost is what one kind of call takes of the mean operation.
type callCost struct {
	name         string
	perOperation float64 // calls for each operation
	mean         float64 // nanoseconds of one that succeeded
	ns           float64 // of the mean operation
}

// callOrder is that of an operation; other calls come after.
var callOrder = []string{"get", "set", "touch", "destroy"}

// costsOf splits the mean operation's time by call: how many of each kind there are
// for an operation, times the mean of those that succeeded.
func costsOf(f *results.Figures) []callCost {
	all := f.Operations["all"]
	if all == nil || all.Count == 0 {
		return nil
	}
	names := slices.Clone(callOrder)
	for _, name := range slices.Sorted(maps.Keys(f.Calls)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var costs []callCost
	for _, name := range names {
		call := f.Calls[name]
		if call == nil || call.Count == 0 || call.ServiceTime == nil {
			continue
		}
		c := callCost{name: name, perOperation: float64(call.Count) / float64(all.Count), mean: call.ServiceTime.Mean}
		c.ns = c.perOperation * c.mean
		costs = append(costs, c)
	}
	return costs
}

func total(costs []callCost) (ns float64) {
	for _, c := range costs {
		ns += c.ns
	}
	return ns
}
