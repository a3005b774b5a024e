package report

import "github.com/sessionbench/bench/results"

// first judges a result that nothing was measured before: it passes when it may be the
// baseline of those to come.
func first(b *results.Result, o GateOptions) (*GateVerdict, error) {
	g := &gateCase{o: o, grade: GradeFirst, a: b, b: b, nameA: gateName(b), nameB: gateName(b), decided: true}
	rounds := roundsOf(b)
	g.cautions = append(untold(b, g.nameB), cautions("", g.nameB, nil, rounds)...)
	g.cautions = append(g.cautions, overloaded("", g.nameB, nil, rounds)...)
	g.checks = append(violationChecks(nil, rounds, faulty(b), 0), leakChecks(nil, rounds, nil)...)
	g.outcome = g.runOutcome(true)
	return g.verdict()
}
