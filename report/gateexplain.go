package report

import (
	"fmt"
	"math"
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
	n := len(a.Earlier)
	apart := *a.SD * math.Sqrt(1+1/float64(n))
	test := fmt.Sprintf("t = %s with %s of freedom", fiveDigits(m.Estimate/apart), plural(uint64(n-1), "degree"))
	of := fmt.Sprintf("s·√(1 + 1/%d)", n)
	if v.Grade == GradeLone {
		test = fmt.Sprintf("z = %s", fiveDigits(m.Estimate/apart))
		of = "s·√2, s being assumed"
	}
	return []string{
		fmt.Sprintf("%s, logarithms of the earlier runs, turned so that more is worse:", metricName(m.Metric)),
		"  " + strings.Join(parts, "  "),
		fmt.Sprintf("  mean %s, deviation of a run s = %s; the new run %s: %s beyond the mean, over %s = %s: %s",
			signedLog(*a.Mean), fiveDigits(*a.SD), signedLog(*a.Value), signedLog(m.Estimate), of, fiveDigits(apart), test),
		fmt.Sprintf("  P = %s; worse needs %s or less and an estimate of Δ/2 = %s or more", probability(m.PWorse), probability(m.LevelWorse), signedLog(a.Delta/2)),
		fmt.Sprintf("  limit %s: Δ = %s; P of a run that is worse by it = %s; ok needs %s or less; range %s … %s",
			limitInWords(m), signedLog(a.Delta), probability(m.POK), probability(m.LevelOK), bound(a.Low), bound(a.High)),
	}
}

func fiveDigits(x float64) string { return strconv.FormatFloat(x, 'f', 5, 64) }

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
