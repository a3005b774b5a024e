package report

import (
	"math"

	"github.com/sessionbench/bench/internal/stat"
	"github.com/sessionbench/bench/results"
)

// runChecks are about what needs no limit. On another machine descriptors are
// something else: pools go by the number of cores.
func (g *gateCase) runChecks(a, b []*results.Round) {
	level := g.errorLevel(1)
	var earlier []*results.Round
	for _, r := range g.baselines {
		earlier = append(earlier, roundsOf(r)...)
	}
	if len(g.overloads) == 0 { // what an overload fails is a matter of how long it lasts
		g.checks = append(g.checks, errorKind.judgeRuns(earlier, b, level, secondsWithErrors))
		for _, k := range raceKinds {
			if c := k.judgeRuns(earlier, b, level, k.roundsWith); c.PBinomial != nil {
				g.checks = append(g.checks, c)
			}
		}
	}
	g.checks = append(g.checks, violationChecks(earlier, b, faulty(g.b), level)...)
	if g.elsewhere {
		g.checks = append(g.checks, leakChecks(a, b, nil)...)
	} else {
		g.checks = append(g.checks, descriptorChecks(a, b, g.fds, nil)...)
	}
}

// runTolerance is by how much a rate may rise from run to run: as far as other figures
// of lone runs may lie apart, since what makes a run slow makes it fail too.
func runTolerance(before, level float64) float64 {
	factor := math.Exp(math.Sqrt2 * math.Log1p(assumedSD) * stat.Beyond(level))
	return max(tolerance(before), before*(factor-1))
}

// judgeRuns holds a rate of a run against that of earlier ones. The second test is of
// the parts of the runs in which anything went wrong, in which a burst counts once.
func (k kind) judgeRuns(a, b []*results.Round, level float64, parts func([]*results.Round) tally) GateCheck {
	sum := func(rounds []*results.Round) (t tally) {
		for _, r := range rounds {
			t = t.plus(k.tally(&r.Figures))
		}
		return t
	}
	partsA, partsB := parts(a), parts(b)
	second := stat.MoreOften(partsA.n, partsA.of, partsB.n, partsB.of)
	before := sum(a)
	return k.judge(before, sum(b), second, level, runTolerance(before.rate(), level))
}

// secondsWithErrors counts the seconds of the rounds; a round without a series is one.
func secondsWithErrors(rounds []*results.Round) (t tally) {
	for _, r := range rounds {
		if len(r.Series) == 0 {
			t = t.plus(errorKind.roundsWith([]*results.Round{r}))
		}
		for _, s := range r.Series {
			if s.Second < 0 {
				continue
			}
			t.of++
			if s.Errors > 0 {
				t.n++
			}
		}
	}
	return t
}

// roundsWith counts the rounds in which it occurred.
func (k kind) roundsWith(rounds []*results.Round) (t tally) {
	for _, r := range rounds {
		t.of++
		if k.of(&r.Figures) > 0 {
			t.n++
		}
	}
	return t
}
