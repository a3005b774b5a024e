package report

import (
	"fmt"
	"slices"

	"github.com/sessionbench/bench/results"
)

// fewestRuns are needed to know how runs differ from one another.
const fewestRuns = 6

// choose finds out which of the baselines can be compared with the candidate, and on
// what grade: the best that there is, and only that.
func (g *gateCase) choose() error {
	if err := g.distinctBaselines(); err != nil {
		return err
	}
	if i := slices.IndexFunc(g.baselines, func(a *results.Result) bool { return pairsOf(a, g.b) > 0 }); i >= 0 {
		a := g.baselines[i]
		g.grade = GradePaired
		g.leaveOut("took no turns with the candidate", func(r *results.Result) bool { return r == a })
		g.a = a
		return refusal(a, g.b)
	}
	g.grade = GradeLone
	slices.SortStableFunc(g.baselines, func(a, b *results.Result) int { return a.StartedAt.Compare(b.StartedAt) })
	newest := g.baselines[len(g.baselines)-1]
	why := refusal(newest, g.b)
	if g.leaveOut("measured something else", func(a *results.Result) bool { return refusal(a, g.b) == nil }); len(g.baselines) == 0 {
		return why
	}
	g.chooseRuns()
	return nil
}

// distinctBaselines takes out results that are there twice, and the candidate itself,
// which a folder may hold.
func (g *gateCase) distinctBaselines() error {
	if len(g.baselines) == 1 {
		return nil // refusal says so
	}
	seen := map[string]bool{g.b.ID: true}
	g.leaveOut("there twice, or the candidate itself", func(a *results.Result) bool {
		first := !seen[a.ID]
		seen[a.ID] = true
		return first
	})
	if len(g.baselines) == 0 {
		return fmt.Errorf("gate: id: every baseline is the candidate itself, %s", g.b.ID)
	}
	return nil
}

// chooseRuns narrows runs of other times down to those that tell of the candidate's:
// with figures, of its machine, of its target if there are any; and takes the last.
func (g *gateCase) chooseRuns() {
	sampled := func(a *results.Result) bool {
		return slices.ContainsFunc(a.Rounds, func(r results.Round) bool { return hasSample(&r.Figures) })
	}
	atHome := func(a *results.Result) bool { return otherHost(a, g.b) == "" }
	alike := func(a *results.Result) bool { return a.Target.Text == g.b.Target.Text }
	whole := func(a *results.Result) bool { return !a.Interrupted }
	for _, c := range []struct {
		why  string
		keep func(*results.Result) bool
	}{
		{"without a finished operation", sampled}, {"of another host", atHome},
		{"of another target", alike}, {"interrupted", whole},
	} {
		if slices.ContainsFunc(g.baselines, c.keep) {
			g.leaveOut(c.why, c.keep)
		}
	}
	g.a = g.baselines[len(g.baselines)-1]
	// Those of another target that is not the candidate's are of one target too.
	g.leaveOut("of another target", func(a *results.Result) bool { return a.Target.Text == g.a.Target.Text })
	g.elsewhere = otherHost(g.a, g.b) != ""
	if len(g.baselines) >= fewestRuns && !g.elsewhere {
		g.grade = GradeHistory
		return
	}
	if n := len(g.baselines); n > 1 && !g.elsewhere {
		g.notes = append(g.notes, fmt.Sprintf("%d earlier results are no history yet: %d are the fewest; only the last is compared", n, fewestRuns))
	}
	g.baselines = []*results.Result{g.a}
}

// leaveOut keeps some of the baselines and notes how many are not.
func (g *gateCase) leaveOut(why string, keep func(*results.Result) bool) {
	before := len(g.baselines)
	var kept []*results.Result
	for _, a := range g.baselines {
		if keep(a) {
			kept = append(kept, a)
		}
	}
	g.baselines = kept
	if n := before - len(kept); n > 0 {
		g.notes = append(g.notes, fmt.Sprintf("%s left out: %s", plural(uint64(n), "baseline"), why))
	}
}

// setNames are the labels or targets of the two, unlike each other.
func (g *gateCase) setNames() {
	both := names([]*results.Result{g.a, g.b})
	if baseline, candidate := g.a, g.b; both[0] != both[1] && gateName(baseline) == gateName(candidate) {
		both = []string{gateName(baseline), "the new " + gateName(candidate)}
	}
	g.nameA, g.nameB = both[0], both[1]
}
