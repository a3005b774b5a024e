package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sessionbench/bench/results"
)

// violationKinds are the promises that a store can break, those found by the read-back
// included.
var violationKinds = []struct {
	name string
	of   func(v results.Violations) uint64
}{
	{"lost", func(v results.Violations) uint64 { return v.Lost }},
	{"stale", func(v results.Violations) uint64 { return v.Stale }},
	{"resurrected", func(v results.Violations) uint64 { return v.Resurrected }},
	{"expired_early", func(v results.Violations) uint64 { return v.ExpiredEarly }},
	{"expired_late", func(v results.Violations) uint64 { return v.ExpiredLate }},
	{"fixation", func(v results.Violations) uint64 { return v.Fixation }},
	{"swapped", func(v results.Violations) uint64 { return v.Swapped }},
}

// broken is what rounds broke.
func broken(rounds []*results.Round) (v results.Violations, attempted uint64) {
	for _, r := range rounds {
		f := &r.Figures
		v = v.Plus(f.Violations).Plus(f.Verify.Violations)
		if all := f.Operations["all"]; all != nil {
			attempted += attempts(all)
		}
	}
	return v, attempted
}

// violationChecks gives a check for each kind that either side has, or one in all. A
// kind that the baseline doesn't have is worse, by no statistics: a correct store has
// none at all. Where a fault is part of the scenario, and of what both have, it is a
// matter of how many.
func violationChecks(a, b []*results.Round, faulty bool, level float64) (checks []GateCheck) {
	before, attemptedA := broken(a)
	now, attemptedB := broken(b)
	for _, k := range violationKinds {
		inA, inB := k.of(before), k.of(now)
		if inA == 0 && inB == 0 {
			continue
		}
		checks = append(checks, violationCheck(k.name, tally{inA, attemptedA}, tally{inB, attemptedB}, faulty, level))
	}
	if len(checks) == 0 {
		none := 0.0
		checks = append(checks, GateCheck{Check: "violations", Unit: Number, Baseline: &none, Candidate: &none, Verdict: Same, Text: "no promise was broken"})
	}
	return checks
}

func violationCheck(name string, a, b tally, fault bool, level float64) GateCheck {
	countA, countB := float64(a.n), float64(b.n)
	c := GateCheck{
		Check: name, Unit: Number, Baseline: &countA, Candidate: &countB, Verdict: Same,
		Text: fmt.Sprintf("%s times, and %s before", grouped(b.n), grouped(a.n)),
	}
	switch {
	case b.n > 0 && a.n == 0 && !fault:
		c.Verdict = Worse
		c.Text = fmt.Sprintf("%s, and never before", plural(b.n, "time"))
	case b.n == 0:
		c.Verdict = Improved
	default:
		more := kind{name: name}.judge(a, b, 0, level, 0) // one broken session is no burst
		c.PBinomial = more.PBinomial
		if *more.PBinomial <= level && b.rate() > a.rate()*1.1 {
			c.Verdict = Worse
		}
	}
	return c
}

// faulty tells whether the scenario does something to the store on purpose: whether it,
// or a phase of it, has faults.
func faulty(r *results.Result) bool {
	var scenario any
	return json.Unmarshal(r.Scenario, &scenario) == nil && hasFaults(scenario)
}

func hasFaults(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			list, isList := value.([]any)
			named := strings.TrimSuffix(key, "s") == "fault" && value != nil && (!isList || len(list) > 0)
			if named || hasFaults(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasFaults)
	}
	return false
}
