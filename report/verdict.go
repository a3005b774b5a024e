package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/sessionbench/bench/results"
)

// Verdict says how a row's figure stands to the reference's.
type Verdict string

// The verdicts. Less and More are those of figures that are no speed.
const (
	Faster   Verdict = "faster"
	Slower   Verdict = "slower"
	Less     Verdict = "less"
	More     Verdict = "more"
	Same     Verdict = "same"       // for sure within a twentieth
	CantTell Verdict = "can't tell" // noise explains it
)

// Interval has the true ratio in it in 95 of 100 cases.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Basis is on what a row is compared with the reference: what is known of the noise
// between the two.
type Basis struct {
	Kind  BasisKind `json:"kind"`
	Pairs int       `json:"pairs"` // rounds of the same run that took turns with the reference's
	Text  string    `json:"text"`  // in words; empty for the reference
	// Remedy is the command that would tell more; empty: none would, or none need.
	Remedy string `json:"remedy,omitempty"`
}

// BasisKind is how good a basis is.
type BasisKind string

// The kinds.
const (
	Reference BasisKind = "reference"
	Paired    BasisKind = "paired"    // the rounds took turns: their noise is measured
	Assumed   BasisKind = "assumed"   // too few rounds, or another run: a noise is assumed
	Elsewhere BasisKind = "elsewhere" // another machine: nothing is known
)

// fewestPairs leave a variance with two degrees of freedom.
const fewestPairs = 3

// basis is that of a result beside the reference.
func basis(reference, r *results.Result) Basis {
	if r == reference {
		return Basis{Kind: Reference}
	}
	b := Basis{Kind: Assumed, Pairs: pairsOf(reference, r)}
	again := remedy(reference, r)
	switch {
	case hostInWords(reference) != hostInWords(r):
		return Basis{Kind: Elsewhere, Text: "another machine, whose part in a difference is not known", Remedy: again}
	case b.Pairs >= fewestPairs:
		return Basis{Kind: Paired, Pairs: b.Pairs, Text: plural(uint64(b.Pairs), "round") + " that took turns with the reference's"}
	case reference.RunID != r.RunID:
		b.Text = "another run: on a shared machine the same code minutes apart differs by tens of per cent"
	default:
		b.Text = "too few rounds to measure the noise between them"
	}
	b.Text += fmt.Sprintf("; less than a factor of %s (p99 and above: %s) may be noise", digits(math.Exp(assumed("p50"))), digits(math.Exp(assumed("p99"))))
	b.Remedy = again
	return b
}

// remedy is the command that compares results with the reference on the best basis.
func remedy(reference *results.Result, others ...*results.Result) string {
	all := slices.Concat([]*results.Result{reference}, others)
	var targets []string
	for _, r := range all {
		targets = append(targets, targetOf(r))
	}
	words := []string{"bench", "--store=" + strings.Join(targets, ","), "--scenario=" + reference.ScenarioName(), "--rounds=6"}
	return command(slices.Concat(words, trafficFlags(reference), clientFlag(all...)))
}

// basesInWords says of the rows that were compared on less than paired rounds why,
// and with which command that would be otherwise.
func basesInWords(c *Comparison) (lines []string) {
	if !c.Comparable {
		return nil
	}
	var texts []string
	rows := map[string][]int{}
	for i := range c.Rows {
		b := c.Rows[i].Basis
		if b.Kind != Assumed && b.Kind != Elsewhere {
			continue
		}
		if rows[b.Text] == nil {
			texts = append(texts, b.Text)
		}
		rows[b.Text] = append(rows[b.Text], i)
	}
	for _, text := range texts {
		var names []string
		var others []*results.Result
		for _, i := range rows[text] {
			names, others = append(names, c.Rows[i].Name), append(others, c.Results[i])
		}
		const most = 6 // of which a command is worth its length
		line := fmt.Sprintf("%s against %s: %s", enumerate(names), enumerate([]string{c.Rows[0].Name}), text)
		if len(others) <= most {
			line += ": " + remedy(c.Results[0], others...)
		}
		lines = append(lines, line)
	}
	return lines
}

// pairsOf counts the rounds that took turns.
func pairsOf(a, b *results.Result) (n int) {
	if a.RunID != b.RunID || a.RunID == "" {
		return 0
	}
	has := map[int]bool{}
	for _, round := range a.Rounds {
		if round.Pair != nil {
			has[*round.Pair] = true
		}
	}
	for _, round := range b.Rounds {
		if round.Pair != nil && has[*round.Pair] {
			n++
			delete(has, *round.Pair)
		}
	}
	return n
}

// The standard deviations that a figure's logarithm is assumed to have from run to
// run, where it can't be measured: as seen on a shared machine.
const (
	assumedSD     = 0.25
	assumedTailSD = 0.50
)

// assumed is how far apart the logarithms of two equal targets' figures may lie.
func assumed(key string) float64 {
	sd := assumedSD
	if strings.HasPrefix(key, "p99") || strings.HasPrefix(key, "success_p99") || key == "max" || key == "pool_wait_p99" {
		sd = assumedTailSD
	}
	return distuv.UnitNormal.Quantile(0.975) * math.Sqrt2 * math.Log1p(sd)
}

// Differences that are of no account: a second copy of the same binary may differ by
// noDifference, and what is for sure within sameWithin is the same.
const (
	noDifference = 0.02
	sameWithin   = 0.05
)

// judged tells whether a difference of the column may be noise: counts are what they
// are.
func (c Column) judged() bool {
	return c.Unit == PerSecond || c.Unit == Nanosecond || c.Unit == CPUPer1000 || c.Unit == Bytes
}

// compare sets the ratio to the reference's, its interval and the verdict. The logs
// are those of the pairs' ratios.
func (f *Figure) compare(c Column, ratio float64, b Basis, logs []float64) {
	f.Ratio = &ratio
	if !c.judged() {
		return
	}
	if b.Kind == Elsewhere {
		f.Verdict = CantTell
		return
	}
	half := assumed(c.Key)
	if b.Kind == Paired && len(logs) >= fewestPairs {
		// Student's t on the logarithms of the paired ratios: rounds are the sample,
		// and what both sides of a pair have in common falls out.
		mean, sd := stat.MeanStdDev(logs, nil)
		n := float64(len(logs))
		half = distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * sd / math.Sqrt(n)
		*f.Ratio = math.Exp(mean)
	}
	center := math.Log(*f.Ratio)
	f.Interval = &Interval{math.Exp(center - half), math.Exp(center + half)}
	f.Verdict = verdict(c, center, half)
}

func verdict(c Column, center, half float64) Verdict {
	switch {
	case math.Abs(center)+half <= math.Log1p(sameWithin):
		return Same
	case math.Abs(center) <= max(half, math.Log1p(noDifference)):
		return CantTell
	}
	speed := c.Unit == PerSecond || c.Unit == Nanosecond
	switch more := center > 0; {
	case speed && more == (c.Unit == PerSecond):
		return Faster
	case speed:
		return Slower
	case more:
		return More
	}
	return Less
}
