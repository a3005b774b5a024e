package report

import (
	"fmt"

	"github.com/sessionbench/bench/results"
)

// judgePaired goes through the looks in order and stops at the first that decides.
// Nothing of an earlier call is kept, so that a live gate's looks, and the same units
// from a file, come to the same.
func (g *gateCase) judgePaired() error {
	g.units, g.dropped = unitsOf(g.a, g.b)
	g.dropped += g.o.Redone
	g.whole = g.o.Whole || tookWholeTurns(g.units)
	if err := g.setRules(g.pairsHave); err != nil {
		return err
	}
	g.plan = looksAt(len(g.units), g.o)
	if len(g.plan) == 0 { // a live gate before its first look
		g.plan = []look{{len(g.units), 0}}
	}
	trials := g.trials()
	for i, l := range g.plan {
		g.at = i
		g.look(trials, l)
		if g.decided {
			break
		}
	}
	g.metrics = g.lines(trials)
	g.outcome = orInconclusive(g.outcome)
	g.decided = g.decided || g.o.Final || g.o.Looks == nil
	return nil
}

func orInconclusive(o GateOutcome) GateOutcome {
	if o == "" {
		return GateInconclusive
	}
	return o
}

// pairsHave tells whether all units have a line's figure on both sides.
func (g *gateCase) pairsHave(line gateLine) bool {
	for _, u := range g.units {
		if _, ok := line.logRatio(line.of(&u.a.Figures), line.of(&u.b.Figures)); !ok {
			return false
		}
	}
	return len(g.units) > 0
}

func (g *gateCase) trials() (trials []*trial) {
	for _, r := range g.limits {
		t := &trial{line: r.line, limit: r.limit, alpha: r.alpha, waits: r.waits}
		for _, u := range g.units {
			d, _ := r.line.logRatio(r.line.of(&u.a.Figures), r.line.of(&u.b.Figures))
			t.d = append(t.d, d)
		}
		trials = append(trials, t)
	}
	return trials
}

// look takes one look at everything, and decides where that is possible.
func (g *gateCase) look(trials []*trial, l look) {
	units := g.units[:l.units]
	a, b := sidesOf(units)
	g.cautions = append(cautions(g.nameA, g.nameB, a, b), g.tooFew(l)...)
	g.overloads = overloaded(g.nameA, g.nameB, a, b)
	g.checks = g.checks[:0]
	answer := goOn
	switch {
	case len(g.overloads) > 0:
		g.cautions = append(g.cautions, g.overloads...)
		g.decided = true // more of the same would not be compared either
	case l.units < fewestUnits:
		g.checks = g.rates(units, 1)
	default:
		g.checks = g.rates(units, l.share)
		answer = lookAtAll(trials, l)
	}
	g.checks = append(g.checks, g.violations(a, b)...)
	g.checks = append(g.checks, descriptorChecks(a, b, g.fds, g.o.Looks)...)
	switch {
	case answer == anyWorse || anyCheck(g.checks, Worse, false):
		g.outcome, g.decided = GateFail, true
	case answer == allOK && !anyCheck(g.checks, CantTell, true) && len(g.cautions) == 0:
		g.outcome, g.decided = GatePass, true
	}
}

// lines are the metrics as of the last look.
func (g *gateCase) lines(trials []*trial) (lines []GateMetric) {
	units := g.units[:g.plan[g.at].units]
	reason := ""
	switch {
	case len(g.overloads) > 0:
		reason = "overloaded"
	case len(units) < fewestUnits:
		reason = "too few units"
	}
	for _, t := range trials {
		if reason == "" {
			lines = append(lines, t.metric(units))
			continue
		}
		m := t.figures(units)
		m.Reason = reason
		lines = append(lines, m)
	}
	return lines
}

// violations are those up to the units of a look, and at the last one all: also what is
// in a round without a partner, or what a read-back found in the end.
func (g *gateCase) violations(a, b []*results.Round) []GateCheck {
	if g.at == len(g.plan)-1 {
		a, b = roundsOf(g.a), roundsOf(g.b)
	}
	return violationChecks(a, b, faulty(g.b), g.errorLevel(1))
}

func sidesOf(units []gatePair) (a, b []*results.Round) {
	for _, u := range units {
		a, b = append(a, u.a), append(b, u.b)
	}
	return a, b
}

// rates are the checks of what is counted.
func (g *gateCase) rates(units []gatePair, share float64) (checks []GateCheck) {
	level := g.errorLevel(share)
	checks = append(checks, errorKind.judgePairs(units, level))
	for _, k := range raceKinds {
		if c := k.judgePairs(units, level); c.PBinomial != nil { // most scenarios have no overlap
			checks = append(checks, c)
		}
	}
	return checks
}

// tooFew tells of what is missing for a sample.
func (g *gateCase) tooFew(l look) (found []string) {
	if l.units < fewestUnits {
		found = append(found, fmt.Sprintf("%s took turns, and %d are the fewest that can prove anything", plural(uint64(l.units), "unit"), fewestUnits))
	}
	if float64(g.dropped) > mostDropped*float64(g.dropped+len(g.units)) {
		found = append(found, fmt.Sprintf("%d of %d units had no sample on a side, and were left out", g.dropped, g.dropped+len(g.units)))
	}
	for _, r := range []*results.Result{g.a, g.b} {
		if r.Interrupted {
			found = append(found, g.name(r)+" was interrupted")
		}
	}
	return found
}
