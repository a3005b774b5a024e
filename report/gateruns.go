package report

// judge decides by the rule of the grade.
func (g *gateCase) judge() error {
	switch g.grade {
	case GradePaired:
		return g.judgePaired()
	}
	return g.judgeRuns()
}

func (g *gateCase) judgeRuns() error { g.outcome, g.decided = GateInconclusive, true; return nil }
