package report

import (
	"cmp"

	"github.com/sessionbench/bench/results"
)

// verdict puts together what was found.
func (g *gateCase) verdict() (*GateVerdict, error) {
	objectives, err := g.objectiveChecks()
	if err != nil {
		return nil, err
	}
	g.checks = append(g.checks, objectives...)
	if g.decided && anyCheck(objectives, Worse, false) {
		g.outcome = GateFail
	}
	v := &GateVerdict{
		Schema: GateSchema, Grade: g.grade, Outcome: g.outcome, ExitStatus: g.outcome.exitStatus(), Decided: g.decided,
		Baseline: side(g.nameA, g.a, len(g.baselines)), Candidate: side(g.nameB, g.b, 1),
		Scenario: g.b.ScenarioName(), Load: loadInWords(loadOf(g.b)), Time: timeIn(mode(g.b)),
		Settings: gateSettings(g.a, g.b), Units: g.unitsInFigures(),
		Metrics: g.metrics, Checks: g.checks, Cautions: g.cautions, Notes: g.notes,
		FalseAlarm: g.falseAlarm(),
	}
	for _, list := range []*[]string{&v.Cautions, &v.Notes} {
		if *list == nil {
			*list = []string{}
		}
	}
	if v.Metrics == nil {
		v.Metrics = []GateMetric{}
	}
	if v.Checks == nil {
		v.Checks = []GateCheck{}
	}
	v.Basis = g.basisInWords()
	v.Text = v.outcomeInWords()
	if v.Outcome == GateInconclusive && v.Decided && g.grade != GradeFirst {
		v.Remedy = g.remedy(v)
	}
	return v, nil
}

func side(name string, r *results.Result, n int) GateSide {
	return GateSide{name, r.Target.Text, r.ID, r.RunID, r.StartedAt, n, r.Seed}
}

func gateName(r *results.Result) string { return cmp.Or(r.Label, r.Target.Text, r.Target.Store) }

func loadOf(r *results.Result) results.Load {
	if r.Summary.Load.Mode == "" && len(r.Rounds) > 0 {
		return r.Rounds[0].Load
	}
	return r.Summary.Load
}

func timeIn(mode string) string {
	if mode == "open" {
		return "response time"
	}
	return "service time"
}

// falseAlarm adds up the levels.
func (g *gateCase) falseAlarm() (sum float64) {
	for _, r := range g.limits {
		sum += r.alpha
	}
	return sum
}

func (g *gateCase) unitsInFigures() GateUnits {
	u := GateUnits{Count: len(g.units), Dropped: g.dropped, Whole: g.whole, Looks: 1, Look: 1, Share: 1, Instances: g.o.Instances, Took: g.o.Took.Seconds()}
	if g.grade != GradePaired {
		u.Count = len(g.baselines)
		u.Seconds = g.b.Summary.DurationSeconds // of the candidate's run
		return u
	}
	l := g.plan[g.at]
	u.Count, u.Share, u.Look, u.Looks = l.units, l.share, g.at+1, max(1, len(g.o.Looks))
	u.Seconds = pairSeconds(g.units)
	return u
}
