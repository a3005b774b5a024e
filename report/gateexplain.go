package report

import (
	"fmt"
	"strconv"
	"strings"
)

// explained is the arithmetic of a verdict, to be checked by hand.
func (v *GateVerdict) explained() (lines []string) {
	for i := range v.Metrics {
		if m := &v.Metrics[i]; m.Arithmetic != nil {
			lines = append(append(lines, ""), m.explained(v)...)
		}
	}
	for _, c := range v.Checks {
		if c.PBinomial == nil {
			continue
		}
		line := fmt.Sprintf("%s: %s; conditional binomial test p = %s", c.Check, c.Text, probability(*c.PBinomial))
		if c.PSigns != nil {
			line += fmt.Sprintf(", test by units p = %s", probability(*c.PSigns))
		}
		lines = append(lines, "", line)
	}
	return lines
}

func (m *GateMetric) explained(v *GateVerdict) []string {
	if len(m.Arithmetic.Earlier) > 0 {
		return m.explainedRuns(v)
	}
	a := m.Arithmetic
	of := fmt.Sprintf("ln(%s / %s)", v.Candidate.Name, v.Baseline.Name)
	if m.Metric == "throughput" {
		of = fmt.Sprintf("ln(%s / %s)", v.Baseline.Name, v.Candidate.Name)
	}
	test := "exact signed rank test"
	if !a.Exact {
		test = "signed rank test by the normal approximation, as there are many units"
	}
	lines := []string{
		fmt.Sprintf("%s, d = %s by unit, positive where %s was worse; by size, with ranks (%s):", metricName(m.Metric), of, v.Candidate.Name, test),
	}
	lines = append(lines, ranked(a.Differences, a.Ranks)...)
	lines = append(lines,
		fmt.Sprintf("  W⁺ = %s of %d; P(W⁺ ≥ %s) = %s; worse needs %s (level %s = %s of the metric × %s of this look) and an estimate of Δ/2 = %s or more",
			half(a.W), a.Means, half(a.W), probability(m.PWorse), leastInWords(a.LeastW), probability(m.LevelWorse), probability(levelOfAll(m.LevelWorse, v)), probability(v.Units.Share), signedLog(a.Delta/2)),
		fmt.Sprintf("  limit %s: Δ = %s; W⁺ of Δ − d = %s; P = %s; ok needs %s (level %s)%s",
			limitInWords(m), signedLog(a.Delta), half(a.TurnedW), probability(m.POK), leastInWords(a.LeastTurned), probability(m.LevelOK), sinceInWords(m, v)),
		fmt.Sprintf("  estimate %s, the median of the %d means of two; range %s … %s; as ratios %s, %s", signedLog(m.Estimate), a.Means, bound(a.Low), bound(a.High), change(m.Ratio), sureRange(m)),
	)
	return lines
}

// levelOfAll is a metric's level over all looks.
func levelOfAll(level float64, v *GateVerdict) float64 {
	if v.Units.Share == 0 {
		return level
	}
	return level / v.Units.Share
}

func sinceInWords(m *GateMetric, v *GateVerdict) string {
	if m.OKSince == 0 || m.OKSince == v.Units.Count {
		return ""
	}
	return fmt.Sprintf("; it was so at %d units, and what passed once stays so", m.OKSince)
}

func leastInWords(w int) string {
	if w == 0 {
		return "more units than there are"
	}
	return fmt.Sprintf("W⁺ ≥ %d", w)
}

// ranked are the differences with their ranks, several a line.
func ranked(d, ranks []float64) (lines []string) {
	const perLine = 8
	for from := 0; from < len(d); from += perLine {
		var parts []string
		for i := from; i < min(len(d), from+perLine); i++ {
			parts = append(parts, fmt.Sprintf("%s (%s)", signedLog(d[i]), half(ranks[i])))
		}
		lines = append(lines, "  "+strings.Join(parts, "  "))
	}
	return lines
}

func (m *GateMetric) explainedRuns(v *GateVerdict) []string {
	a := m.Arithmetic
	var parts []string
	for _, x := range a.Earlier {
		parts = append(parts, signedLog(x))
	}
	what := "Student's t of a new value"
	if v.Grade == GradeLone {
		what = "normal, by the assumed deviation"
	}
	return []string{
		fmt.Sprintf("%s, logarithms of the earlier runs, more being worse (%s):", metricName(m.Metric), what),
		"  " + strings.Join(parts, "  "),
		fmt.Sprintf("  mean %s, deviation of a run %s; the new run %s: %s beyond; P = %s, worse at %s and an estimate of Δ/2 = %s or more",
			signedLog(*a.Mean), probability(*a.SD), signedLog(*a.Value), signedLog(m.Estimate), probability(m.PWorse), probability(m.LevelWorse), signedLog(a.Delta/2)),
		fmt.Sprintf("  limit %s: Δ = %s; P of a run that is worse by it = %s, ok at %s; range %s … %s", limitInWords(m), signedLog(a.Delta), probability(m.POK), probability(m.LevelOK), bound(a.Low), bound(a.High)),
	}
}

// signedLog writes a log ratio with five digits after the point.
func signedLog(x float64) string {
	if x >= beyond/8 {
		return "+∞"
	}
	if x <= -beyond/8 {
		return "−∞"
	}
	text := strconv.FormatFloat(x, 'f', 5, 64)
	if after, ok := strings.CutPrefix(text, "-"); ok {
		return "−" + after
	}
	return "+" + text
}

func bound(x *float64) string {
	if x == nil {
		return "∞"
	}
	return signedLog(*x)
}

// half writes a rank or their sum, which may end in a half.
func half(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
