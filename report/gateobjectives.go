package report

import (
	"fmt"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// objectiveChecks hold the candidate to its absolute limits: those asked for, and those
// of its scenario that are not just advisory. They are of the summary, so that no test
// is needed, and no gate stops for one before its looks are over.
func (g *gateCase) objectiveChecks() (checks []GateCheck, err error) {
	objectives := scenarios.Objectives{}
	for _, o := range g.b.Objectives {
		if !o.Advisory {
			objectives = append(objectives, scenarios.Objective{Metric: o.Metric, Limit: o.Limit})
		}
	}
	for _, o := range g.o.Objectives {
		objectives = objectives.With(o)
	}
	if len(objectives) == 0 {
		return nil, nil
	}
	summary := g.b.Summary
	if len(summary.Operations) == 0 {
		if summary, err = results.Summarize(g.b.Rounds); err != nil {
			return nil, fmt.Errorf("gate: %w", err)
		}
	}
	for _, o := range objectives {
		bound, err := o.Bound()
		if err != nil {
			return nil, fmt.Errorf("gate: objective %s: %w", o.Metric, err)
		}
		verdict, err := judge(o, bound, &summary)
		if err != nil {
			return nil, fmt.Errorf("gate: objective %s: %w", o.Metric, err)
		}
		c := GateCheck{Check: "objective " + o.String(), Verdict: Same, Text: "kept"}
		if verdict.Measured != nil {
			c.Text = "kept: " + *verdict.Measured
		}
		if !verdict.OK {
			c.Verdict, c.Text = Worse, "missed: "+verdict.Reason
		}
		checks = append(checks, c)
	}
	return checks, nil
}
