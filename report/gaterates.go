package report

import (
	"fmt"

	"github.com/sessionbench/bench/internal/stat"
	"github.com/sessionbench/bench/results"
)

// Rates are what is counted of operations that went wrong. They come in bursts, so
// that a test of the operations alone takes one bad second for proof: a rate is worse
// only when a test over the units, in which a burst counts once, says so too.

// tolerance is by how much a rate may rise: a twentieth of a per cent, or a tenth of
// what it was. Below, nobody is served worse; and a rate that was high before varies
// by more.
func tolerance(before float64) float64 { return max(0.0005, before/10) }

// kind is one kind of what goes wrong.
type kind struct {
	name  string
	one   string // "of the operations failed"
	of    func(f *results.Figures) uint64
	waits bool // the gate passes only when a rise is proven or within the tolerance
}

var errorKind = kind{"errors", "of the operations failed", func(f *results.Figures) uint64 {
	if all := f.Operations["all"]; all != nil {
		return all.WithFailures.Failures
	}
	return 0
}, true}

// raceKinds are no fault of the store: the middleware's whole-session overwrite
// predicts them. More of them than before is a regression all the same, but that
// theirs can't be told from before holds up no gate.
var raceKinds = []kind{
	{"lost updates", "of the operations lost an update to an overlapping request", func(f *results.Figures) uint64 { return f.Races.LostUpdates }, false},
	{"revived", "of the operations revived a session that was logged out", func(f *results.Figures) uint64 { return f.Races.Revived }, false},
}

// tally is what was counted on one side of a part of the run.
type tally struct{ n, of uint64 }

func (t tally) rate() float64 { return float64(t.n) / float64(max(1, t.of)) }

func (t tally) plus(o tally) tally { return tally{t.n + o.n, t.of + o.of} }

func (k kind) tally(f *results.Figures) tally {
	all := f.Operations["all"]
	if all == nil {
		return tally{}
	}
	return tally{k.of(f), attempts(all)}
}

// judgePairs holds a rate of the units' b sides against that of their a sides, each
// test at the level.
func (k kind) judgePairs(units []gatePair, level float64) GateCheck {
	var a, b tally
	var rises []float64
	for _, u := range units {
		inA, inB := k.tally(&u.a.Figures), k.tally(&u.b.Figures)
		a, b = a.plus(inA), b.plus(inB)
		rises = append(rises, inB.rate()-inA.rate())
	}
	_, _, signs := stat.Signs(rises)
	return k.judge(a, b, signs, level, tolerance(a.rate()))
}

// judge gives the verdict on two tallies; second is the chance that the test over
// units, or seconds, gives, and most by how much the rate may rise.
func (k kind) judge(a, b tally, second, level, most float64) GateCheck {
	rateA, rateB := 100*a.rate(), 100*b.rate()
	first := stat.MoreOften(a.n, a.of, b.n, b.of)
	c := GateCheck{
		Check: k.name, Unit: PercentOf, Baseline: &rateA, Candidate: &rateB, Waits: k.waits,
		PBinomial: &first, PSigns: &second, Verdict: Same,
		Text: fmt.Sprintf("%s %s, and %s before", percent(rateB), k.one, percent(rateA)),
	}
	switch {
	case b.n == 0 && a.n == 0:
		c.Text = "none " + k.one
		c.PBinomial, c.PSigns = nil, nil
	case b.rate()-a.rate() <= most:
	case first <= level && second <= level:
		c.Verdict = Worse
	default:
		c.Verdict = CantTell
		c.Text += fmt.Sprintf(": a chance of %s, and by units of %s", probability(first), probability(second))
	}
	return c
}
