package report

import (
	"github.com/sessionbench/bench/internal/stat"
)

// trial is one metric's course through the looks of a paired gate.
type trial struct {
	line  gateLine
	limit GateLimit
	d     []float64 // by unit: how much worse, as a log ratio
	alpha float64   // the metric's chance of a false alarm, over all looks
	waits bool      // the gate passes only when this is decided

	at         look // the last look
	worseTest  stat.SignedRank
	okTest     stat.SignedRank // of the look at which it passed, or else of the last
	worse      bool
	okAt       int // the units at which it passed; 0: not yet
	levelWorse float64
	levelOK    float64
}

// look judges the first units anew: it is worse when that is proven and more than half
// of the limit, and it has passed when a regression of the limit is excluded. What
// passed once stays so; were it asked again at each look, it would have to be lucky
// five times.
func (t *trial) look(l look) {
	d, delta := t.d[:l.units], t.limit.delta()
	t.at, t.levelWorse = l, t.alpha*l.share
	t.worseTest = stat.SignedRanks(d)
	t.worse = t.worseTest.P <= t.levelWorse && stat.NewWalsh(d).Estimate() >= delta/2
	if t.okAt > 0 {
		return
	}
	t.levelOK = gateBeta * l.share
	t.okTest = stat.SignedRanks(turned(d, delta))
	if t.okTest.P <= t.levelOK {
		t.okAt = l.units
	}
}

// turned are the differences as seen from the limit: how far each lies below it.
func turned(d []float64, delta float64) []float64 {
	below := make([]float64, len(d))
	for i, x := range d {
		below[i] = delta - x
	}
	return below
}

// decision is what a number of trials come to at one look.
type decision int

const (
	goOn decision = iota
	allOK
	anyWorse
)

// lookAtAll takes one look at all metrics.
func lookAtAll(trials []*trial, l look) decision {
	outcome := allOK
	for _, t := range trials {
		t.look(l)
		switch {
		case t.worse:
			outcome = anyWorse
		case t.waits && t.okAt == 0 && outcome == allOK:
			outcome = goOn
		}
	}
	return outcome
}
