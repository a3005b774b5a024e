package report

import (
	"maps"
	"slices"

	"github.com/sessionbench/bench/results"
)

// gatePair is one unit of both sides.
type gatePair struct {
	number int
	a, b   *results.Round
}

// unitsOf are the units that both results have, in the order of their numbers; those in
// which a side has no sample are dropped and counted.
func unitsOf(a, b *results.Result) (all []gatePair, dropped int) {
	byNumber := map[int]*gatePair{}
	for i := range a.Rounds {
		if n := a.Rounds[i].Pair; n != nil && byNumber[*n] == nil {
			byNumber[*n] = &gatePair{number: *n, a: &a.Rounds[i]}
		}
	}
	for i := range b.Rounds {
		if n := b.Rounds[i].Pair; n != nil && byNumber[*n] != nil && byNumber[*n].b == nil {
			byNumber[*n].b = &b.Rounds[i]
		}
	}
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		switch p := byNumber[n]; {
		case p.b == nil:
		case !hasSample(&p.a.Figures) || !hasSample(&p.b.Figures):
			dropped++
		default:
			all = append(all, *p)
		}
	}
	return all, dropped
}

// tookWholeTurns tells whether the sides of most pairs ran one after the other: slices
// of both lie in the same second.
func tookWholeTurns(all []gatePair) bool {
	apart := 0
	for _, p := range all {
		between := p.b.StartedAt.Sub(p.a.StartedAt).Abs().Seconds()
		if between >= min(p.a.DurationSeconds, p.b.DurationSeconds) {
			apart++
		}
	}
	return 2*apart > len(all)
}

// pairSeconds is how long a unit is on average, both sides together.
func pairSeconds(all []gatePair) float64 {
	sum := 0.0
	for _, p := range all {
		sum += p.a.DurationSeconds + p.b.DurationSeconds
	}
	return sum / float64(max(1, len(all)))
}

// fewestUnits are needed to find all of them worse by chance less than once in 4096.
const fewestUnits = 12

// mostDropped is the share of the units that may be without a sample: more of them,
// and those that are left are not what ran.
const mostDropped = 0.1

// look is one of a gate's looks: at so many units, with its share of what the gate may
// err.
type look struct {
	units int
	share float64
}

// looksAt are the looks that n units allow. The shares add up to 1 over the whole
// plan, each in proportion to the units that its look adds, so that it may stop at any
// of them: the chances of all looks together are no more than the gate's. A gate that
// has to end between two looks spends only what it has units for.
func looksAt(n int, o GateOptions) (looks []look) {
	if len(o.Looks) == 0 {
		return []look{{n, 1}}
	}
	last := o.Looks[len(o.Looks)-1]
	before := 0
	for _, at := range o.Looks {
		if at > n {
			break
		}
		looks = append(looks, look{at, float64(at-before) / float64(last)})
		before = at
	}
	if o.Final && n > before && n >= fewestUnits && n < last {
		looks = append(looks, look{n, float64(n-before) / float64(last)})
	}
	return looks
}
