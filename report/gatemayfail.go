package report

import (
	"fmt"

	"github.com/sessionbench/bench/results"
)

// What makes figures bench's own, and not the store's, lets a gate fail and never pass:
// a regression may hide behind it, and an improvement too, but what still shows is one.

// mostSaturated is the share of the units in which the client may have been the limit.
// A unit is about a second, and a neighbour takes one now and then: the tests bear a
// few that are ruined. Of a single long round there is no share.
const mostSaturated = 0.1

// cautions are why rounds of the two can't pass a gate.
func cautions(nameA, nameB string, a, b []*results.Round) (found []string) {
	for _, side := range []struct {
		name   string
		rounds []*results.Round
	}{{nameA, a}, {nameB, b}} {
		if text := saturatedIn(side.rounds); text != "" {
			found = append(found, side.name+": "+text)
		}
		if text := lagging(side.rounds); text != "" {
			found = append(found, side.name+": "+text)
		}
	}
	return found
}

func saturatedIn(rounds []*results.Round) string {
	n, reason := 0, ""
	for _, r := range rounds {
		if r.Harness.ClientSaturated {
			n++
			reason = r.Harness.SaturatedReason
		}
	}
	if float64(n) <= mostSaturated*float64(len(rounds)) {
		return ""
	}
	return fmt.Sprintf("bench was the limit, not the store, in %d of %s (%s)", n, plural(uint64(len(rounds)), "unit"), reason)
}

// lagging tells of requests that bench sent so late that half of their own time is
// less: the times are its own, then.
func lagging(rounds []*results.Round) string {
	n := 0
	for _, r := range rounds {
		all := r.Operations["all"]
		if r.Harness.SendLag == nil || all == nil || all.WithFailures.P50 == nil {
			continue
		}
		if 2*r.Harness.SendLag.P50 > *all.WithFailures.P50 {
			n++
		}
	}
	if 2*n <= len(rounds) {
		return ""
	}
	return fmt.Sprintf("the requests were sent late by more than half of their p50, in %d of %s", n, plural(uint64(len(rounds)), "unit"))
}

// overloaded names the sides that were offered more than they took, in more than a few
// units: their response times grow with the length of the run, and are compared with
// nothing.
func overloaded(nameA, nameB string, a, b []*results.Round) (found []string) {
	for _, side := range []struct {
		name   string
		rounds []*results.Round
	}{{nameA, a}, {nameB, b}} {
		n, reason := 0, ""
		for _, r := range side.rounds {
			if r.Load.Overloaded {
				n++
				reason = r.Load.OverloadedReason
			}
		}
		if float64(n) > mostSaturated*float64(len(side.rounds)) {
			found = append(found, fmt.Sprintf("%s was overloaded: %s", side.name, reason))
		}
	}
	return found
}
