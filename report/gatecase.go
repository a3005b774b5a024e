package report

import (
	"fmt"
	"slices"

	"github.com/sessionbench/bench/results"
)

// gateCase is a gate at work: the two sides, what they are held to, and what was found
// so far.
type gateCase struct {
	o            GateOptions
	grade        GateGrade
	baselines    []*results.Result // of a history several, oldest first
	a, b         *results.Result   // a is the newest baseline
	nameA, nameB string
	elsewhere    bool // on another machine
	whole        bool // whole rounds took turns

	limits []gateRule // of metrics, in the order of gateLines
	fds    float64    // the limit of descriptors, as a share

	units    []gatePair
	dropped  int
	plan     []look
	at       int // the last look of the plan
	metrics  []GateMetric
	checks   []GateCheck
	cautions []string
	notes    []string
	// overloads are the cautions of those that were offered more than they took.
	overloads []string
	outcome   GateOutcome
	decided   bool
}

// gateRule is a limit of one line, and by which chance it may err.
type gateRule struct {
	line  gateLine
	limit GateLimit
	alpha float64
	waits bool
}

// costShare is the chance of a false alarm that the processor time of an operation
// adds, as a part of the gate's, where nobody named a limit for it. It has its own, and
// none of the metrics', whose power would pay for it; and no gate waits for it, since
// where it is read in ticks it may never be decided. A quarter is the least with which
// twelve units that are all worse are proof at the first look.
const costShare = 0.25

// setRules chooses the lines and their levels; has tells whether both sides have a
// line's figure. The levels are fixed by what is asked for and what can be read, never
// by what was found.
func (g *gateCase) setRules(has func(gateLine) bool) error {
	limits := inForce(g.o.Limits, mode(g.b) == "open")
	g.fds = defaultFDsLimit
	cpuAsked := false
	for _, l := range limits {
		if l.Metric == "fds" { // no noise, and so no wider for whole rounds
			g.fds = l.Share
			continue
		}
		if g.whole {
			l = l.wider()
		}
		cpuAsked = cpuAsked || l.Metric == "cpu"
		before := len(g.limits)
		for _, line := range gateLines {
			if line.metric == l.Metric && has(line) {
				g.limits = append(g.limits, gateRule{line, l, gateAlpha, true})
			}
		}
		if len(g.limits) == before && g.sampled() {
			return fmt.Errorf("gate: the limit %s: %s", l, g.whyMissing(l.Metric))
		}
	}
	m := len(g.limits)
	for i := range g.limits {
		g.limits[i].alpha /= float64(m)
	}
	if !cpuAsked {
		g.addCosts(has)
	}
	slices.SortStableFunc(g.limits, func(a, b gateRule) int { return linePlace(a.line) - linePlace(b.line) })
	return nil
}

// inForce are the limits asked for, and the default ones as long as none of them is of
// a speed: who allows more descriptors doesn't allow it to be slower.
func inForce(asked []GateLimit, open bool) []GateLimit {
	speed := func(l GateLimit) bool { return l.Metric != "cpu" && l.Metric != "fds" }
	if slices.ContainsFunc(asked, speed) {
		return asked
	}
	return append(DefaultGateLimits(open), asked...)
}

// sampled tells whether there is anything to judge: where nothing ran, no figure is
// missing in particular.
func (g *gateCase) sampled() bool {
	if g.grade == GradePaired {
		return len(g.units) > 0
	}
	return hasSample(&g.a.Summary) && hasSample(&g.b.Summary)
}

// addCosts holds processor time to its own limit.
func (g *gateCase) addCosts(has func(gateLine) bool) {
	l := GateLimit{"cpu", defaultCPULimit}
	if g.whole {
		l = l.wider()
	}
	var costs []gateRule
	for _, line := range gateLines {
		if line.metric == "cpu" && has(line) {
			costs = append(costs, gateRule{line, l, 0, false})
		}
	}
	for i := range costs {
		costs[i].alpha = gateAlpha * costShare / float64(len(costs))
	}
	g.limits = append(g.limits, costs...)
}

// whyMissing says why neither side, or one, has a metric.
func (g *gateCase) whyMissing(metric string) string {
	for _, r := range []*results.Result{g.a, g.b} {
		for _, line := range gateLines {
			if line.metric != metric {
				continue
			}
			for i := range r.Rounds {
				if reason := r.Rounds[i].Unavailable[line.unavailable]; reason != "" {
					return fmt.Sprintf("%s has no such figure: %s", g.name(r), reason)
				}
			}
		}
	}
	return "the two results don't both have such a figure"
}

func (g *gateCase) name(r *results.Result) string {
	if r == g.b {
		return g.nameB
	}
	return g.nameA
}

func linePlace(l gateLine) int {
	return slices.IndexFunc(gateLines, func(o gateLine) bool { return o.key == l.key })
}

func mode(r *results.Result) string {
	if len(r.Rounds) > 0 {
		return r.Rounds[0].Load.Mode
	}
	return r.Summary.Load.Mode
}

// errorLevel is the level at which rates are tested: that of a metric. Both tests of a
// rate have to agree, which equal targets come to far more rarely than either.
func (g *gateCase) errorLevel(share float64) float64 {
	m := 0
	for _, r := range g.limits {
		if r.waits {
			m++
		}
	}
	return gateAlpha / float64(max(1, m)) * share
}

// anyCheck tells whether a check has a verdict, of those that hold up the gate when
// only they are asked for.
func anyCheck(checks []GateCheck, v Verdict, waiting bool) bool {
	return slices.ContainsFunc(checks, func(c GateCheck) bool { return c.Verdict == v && (!waiting || c.Waits) })
}
