package report

import (
	"fmt"
	"math"

	"github.com/sessionbench/bench/results"
)

// judge decides by the rule of the grade.
func (g *gateCase) judge() error {
	if g.grade == GradePaired {
		return g.judgePaired()
	}
	g.decided = true
	g.outcome = GateInconclusive
	return g.judgeRuns()
}

// judgeRuns holds one run against earlier ones. The sample is the run, never its
// rounds: what differs from run to run is in all rounds of one.
func (g *gateCase) judgeRuns() error {
	if err := g.setRules(g.runsHave); err != nil {
		return err
	}
	a, b := roundsOf(g.a), roundsOf(g.b)
	g.cautions = append(untold(g.a, g.nameA), untold(g.b, g.nameB)...)
	g.cautions = append(g.cautions, cautions(g.nameA, g.nameB, a, b)...)
	g.overloads = overloaded(g.nameA, g.nameB, a, b)
	g.cautions = append(g.cautions, g.overloads...)
	where := otherHost(g.a, g.b)
	if where != "" && !g.o.AllowDifferentHost {
		g.cautions = append(g.cautions, "they ran on different hosts ("+where+")")
		g.unjudgedRuns("another host")
		return nil
	}
	reason := ""
	switch {
	case len(g.overloads) > 0:
		reason = "overloaded"
	case where != "" && g.o.AssumeDrift == nil:
		reason = "another host"
	}
	if reason == "" {
		for _, r := range g.limits {
			g.metrics = append(g.metrics, g.runMetric(r))
		}
	} else {
		g.unjudgedRuns(reason)
	}
	g.runChecks(a, b)
	g.outcome = g.runOutcome(where != "" && reason == "another host")
	return nil
}

// runOutcome sums up; on another machine only what is correct was asked.
func (g *gateCase) runOutcome(correctnessOnly bool) GateOutcome {
	worse, open := anyCheck(g.checks, Worse, false), anyCheck(g.checks, CantTell, true) || len(g.cautions) > 0
	for _, m := range g.metrics {
		worse = worse || m.Verdict == Worse
		open = open || !correctnessOnly && m.Waits && m.Verdict == CantTell
	}
	switch {
	case worse:
		return GateFail
	case open:
		return GateInconclusive
	}
	return GatePass
}

func roundsOf(r *results.Result) (rounds []*results.Round) {
	for i := range r.Rounds {
		rounds = append(rounds, &r.Rounds[i])
	}
	return rounds
}

// runsHave tells whether both runs have a line's figure.
func (g *gateCase) runsHave(line gateLine) bool {
	_, ok := line.logRatio(line.of(&g.a.Summary), line.of(&g.b.Summary))
	return ok
}

// untold is what a run lacks that nothing can be said of.
func untold(r *results.Result, name string) (found []string) {
	switch {
	case len(r.Rounds) == 0:
		found = append(found, name+" has no rounds: nothing was measured")
	case !hasSample(&r.Summary):
		found = append(found, "nothing finished in "+name)
	}
	if r.Interrupted {
		found = append(found, name+" was interrupted")
	}
	return found
}

// unjudgedRuns shows the figures with the reason why nothing is said of them.
func (g *gateCase) unjudgedRuns(reason string) {
	for _, r := range g.limits {
		m := g.runFigures(r)
		m.Reason = reason
		g.metrics = append(g.metrics, m)
	}
}

// runFigures is a line before anything is judged; of a history the baseline is the last
// result.
func (g *gateCase) runFigures(r gateRule) GateMetric {
	m := GateMetric{
		Metric: r.line.key, Unit: r.line.unit, Limit: r.limit.Share, LimitRatio: r.limit.ratio(), Waits: r.waits,
		Verdict: CantTell, Baseline: gateFigure(r.line.of(&g.a.Summary)), Candidate: gateFigure(r.line.of(&g.b.Summary)),
		LevelWorse: r.alpha, LevelOK: gateBeta, PWorse: 1, POK: 1,
	}
	return m
}

// runMetric judges one line: worse where a run of an equal target lies so far off too
// rarely, and by more than half of the limit; ok where a run that is worse by the limit
// lies so near too rarely.
func (g *gateCase) runMetric(r gateRule) GateMetric {
	m := g.runFigures(r)
	y, ok := r.line.log(r.line.of(&g.b.Summary))
	logs := g.logs(r)
	if !ok || len(logs) == 0 {
		m.Reason = "not measured"
		return m
	}
	s := assumedSpread(logs[len(logs)-1], r.line, g.o.AssumeDrift)
	if g.grade == GradeHistory {
		s = measuredSpread(logs)
		m.Baseline = gateFigure(figureAt(r.line, s.center))
	}
	m.Of = s.n
	for _, earlier := range logs {
		if y > earlier {
			m.WorseIn++
		}
	}
	delta := r.limit.delta()
	m.Estimate = min(beyond, y-s.center)
	m.PWorse, m.POK = s.atLeast(m.Estimate), s.atLeast(delta-m.Estimate)
	low, high := m.Estimate-s.beyond(m.LevelWorse), m.Estimate+s.beyond(m.LevelOK)
	m.setRatios(m.Estimate, low, high)
	m.setVerdict(m.PWorse <= m.LevelWorse && m.Estimate >= delta/2, m.POK <= m.LevelOK, high)
	noise, floor := math.Expm1(s.sd), math.Expm1(s.beyond(m.LevelWorse)+s.beyond(m.LevelOK))
	if m.Metric == "throughput" {
		floor = -math.Expm1(-s.beyond(m.LevelWorse) - s.beyond(m.LevelOK))
	}
	m.Noise, m.NoiseFloor = finite(noise), finite(floor)
	m.Arithmetic = &GateArithmetic{
		Earlier: logs, Value: &y, Mean: &s.center, SD: &s.sd, Delta: delta, Low: finite(low), High: finite(high), Exact: true,
	}
	return m
}

// figureAt is the figure of a logarithm.
func figureAt(line gateLine, log float64) Figure {
	if line.metric == "throughput" {
		log = -log
	}
	return known(math.Exp(log))
}

// logs are those of the earlier runs since the last change.
func (g *gateCase) logs(r gateRule) (logs []float64) {
	var of []*results.Result
	for _, a := range g.baselines {
		if v, ok := r.line.log(r.line.of(&a.Summary)); ok && (v < beyond || len(g.baselines) == 1) {
			logs, of = append(logs, v), append(of, a)
		}
	}
	if from := sinceChange(logs, r.limit.delta()); from > 0 {
		g.notes = append(g.notes, fmt.Sprintf("%s changed with the run of %s: the %s from then on count",
			r.line.key, of[from].StartedAt.UTC().Format("2006-01-02 15:04"), plural(uint64(len(logs)-from), "run")))
		return logs[from:]
	}
	return logs
}
