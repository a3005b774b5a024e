package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// probability writes a chance with three significant digits, and of the least only
// that they are so: what is beyond depends on how a processor rounds.
func probability(p float64) string {
	if p < 1e-6 {
		return "less than 0.000001"
	}
	return strconv.FormatFloat(significant(p), 'f', -1, 64)
}

// shareOf writes a share in per cent, such as "5 %" and "2.5 %".
func shareOf(share float64) string {
	return strconv.FormatFloat(math.Round(share*1000)/10, 'f', -1, 64) + " %"
}

// change writes by how much a ratio is more or less than 1: "−8.1 %", "+18 %", and
// from ten on "×19".
func change(ratio *float64) string {
	if ratio == nil {
		return "–"
	}
	return signedPercent(*ratio) + changeUnit(*ratio)
}

func changeUnit(ratio float64) string {
	if ratio >= 10 {
		return ""
	}
	return " %"
}

func signedPercent(ratio float64) string {
	if ratio >= 10 {
		return "×" + digits(min(ratio, 1e6))
	}
	percent := 100 * (ratio - 1)
	text := strconv.FormatFloat(math.Abs(percent), 'f', 1, 64)
	if math.Abs(percent) >= 9.95 {
		text = strconv.FormatFloat(math.Abs(percent), 'f', 0, 64)
	}
	switch {
	case text == "0.0":
		return "0"
	case percent < 0:
		return "−" + text
	}
	return "+" + text
}

// sureRange is the range in which the ratio is for sure, open where nothing bounds it.
func sureRange(m *GateMetric) string {
	if m.Reason != "" {
		return "–"
	}
	low, high, unit := "−∞", "+∞", " %"
	if m.Low != nil {
		low = signedPercent(*m.Low)
	}
	if m.High != nil {
		high, unit = signedPercent(*m.High), changeUnit(*m.High)
	}
	return low + " … " + high + unit
}

// limitInWords is a limit with its direction.
func limitInWords(m *GateMetric) string {
	if m.Metric == "throughput" {
		return "−" + shareOf(m.Limit)
	}
	return "+" + shareOf(m.Limit)
}

// metricName is what people call it.
func metricName(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "p99_9", "p99.9"), "_cpu", " CPU")
}

// outcomeWord is how the first line begins.
func (o GateOutcome) word() string {
	return map[GateOutcome]string{GatePass: "PASS", GateFail: "FAIL", GateInconclusive: "CAN'T TELL"}[o]
}

// outcomeInWords says what was decided, without its reasons.
func (v *GateVerdict) outcomeInWords() string {
	a, b := cut(oneLine(v.Baseline.Name), nameWidth), cut(oneLine(v.Candidate.Name), nameWidth)
	switch {
	case v.Grade == GradeFirst && v.Outcome == GateFail:
		return b + " " + v.faultsInWords("")
	case v.Grade == GradeFirst && v.Outcome == GatePass:
		return "there is no baseline yet, and " + b + " may be the first"
	case v.Grade == GradeFirst:
		return "there is no baseline yet, and " + b + " can't be one"
	case v.Outcome == GatePass:
		return fmt.Sprintf("%s is not worse than %s", b, a)
	case v.Outcome == GateInconclusive:
		return fmt.Sprintf("whether %s is worse than %s", b, a)
	}
	return b + " " + v.faultsInWords(a)
}

// sampleInWords is what the verdict stands on, for the end of the first line.
func (v *GateVerdict) sampleInWords() string {
	var parts []string
	switch v.Grade {
	case GradePaired:
		noun := "unit"
		if v.Units.Whole {
			noun = "pair" // of whole rounds
		}
		parts = append(parts, fmt.Sprintf("%s of %s", plural(uint64(v.Units.Count), noun), seconds(v.Units.Seconds)))
		if v.Units.Dropped > 0 {
			parts = append(parts, fmt.Sprintf("%d dropped", v.Units.Dropped))
		}
	case GradeFirst:
		parts = append(parts, "one run")
	case GradeHistory:
		parts = append(parts, fmt.Sprintf("1 run after %d", v.Units.Count))
	default:
		parts = append(parts, "two lone files")
	}
	if n := v.Units.Instances; n > 0 {
		parts = append(parts, plural(uint64(n), "pair")+" of instances")
	}
	if v.Units.Took > 0 {
		parts = append(parts, seconds(math.Round(v.Units.Took)))
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", v.Candidate.Seed)), ", ")
}

// settingsInWords are what differs on purpose, one after the other.
func (v *GateVerdict) settingsInWords() string {
	var parts []string
	for _, s := range v.Settings {
		value := func(text string) string {
			if text == "" {
				return "none"
			}
			return cut(text, 2*nameWidth)
		}
		parts = append(parts, fmt.Sprintf("%s %s → %s", s.Field, value(s.Baseline), value(s.Candidate)))
	}
	return strings.Join(firstFew(parts, 8), ", ")
}

// reasons say why nothing was decided: what forbids to pass, and which lines are open.
func (v *GateVerdict) reasons() (lines []string) {
	lines = append(lines, v.Cautions...)
	if v.Outcome != GateInconclusive {
		return lines
	}
	var open []string
	limit := ""
	for i := range v.Metrics {
		if m := &v.Metrics[i]; m.Waits && m.Verdict == CantTell && m.Reason == "" {
			open = append(open, metricName(m.Metric))
			limit = limitInWords(m)
		}
	}
	if len(open) > 1 {
		limit = "its limit"
	}
	if len(open) > 0 {
		lines = append(lines, fmt.Sprintf("neither no change nor %s can be excluded for %s", limit, inARow(open)))
	}
	for _, c := range v.Checks {
		if c.Waits && c.Verdict == CantTell {
			lines = append(lines, "more "+c.Check+" than before may be chance, or not")
		}
	}
	return lines
}

// neededInWords says how many units would decide the open lines.
func (v *GateVerdict) neededInWords() string {
	var parts []string
	for i := range v.Metrics {
		m := &v.Metrics[i]
		if !m.Waits || m.UnitsNeeded == nil {
			continue
		}
		if *m.UnitsNeeded > mostUnits {
			parts = append(parts, metricName(m.Metric)+" more than any budget is worth: a wider limit for it, or a quieter machine")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s about %s", metricName(m.Metric), plural(uint64(*m.UnitsNeeded), "unit")))
	}
	if len(parts) == 0 {
		return ""
	}
	return "To be told, they need: " + strings.Join(parts, ", ") + "."
}

// chanceInWords is the gate's promise about equal targets.
func (v *GateVerdict) chanceInWords() string {
	switch {
	case v.Grade == GradeLone || v.FalseAlarm <= 0:
		return ""
	}
	return fmt.Sprintf("Two equal targets fail this gate at most 1 time in %.0f.", math.Floor(1/v.FalseAlarm+.001))
}

// noiseInWords is the noise, and the smallest change that could be seen in it.
func (v *GateVerdict) noiseInWords() string {
	var noise, floor []string
	for i := range v.Metrics {
		m := &v.Metrics[i]
		if m.Noise == nil || !m.Waits {
			continue
		}
		noise = append(noise, fmt.Sprintf("%s ±%s", metricName(m.Metric), twoDigits(*m.Noise)))
		floor = append(floor, fmt.Sprintf("%s %s", metricName(m.Metric), twoDigits(*m.NoiseFloor)))
	}
	if len(noise) == 0 {
		return ""
	}
	between := map[GateGrade]string{
		GradePaired: "from unit to unit", GradeHistory: "from run to run", GradeLone: "from run to run, as is assumed",
	}[v.Grade]
	return fmt.Sprintf("Noise %s: %s. The smallest change that could be seen: %s.", between, strings.Join(noise, ", "), strings.Join(floor, ", "))
}

// twoDigits writes a share in per cent with two digits, and a large one as a factor.
func twoDigits(share float64) string {
	percent := 100 * share
	switch {
	case percent >= 1000:
		return "a factor of " + digits(min(1+share, 1e6))
	case percent >= 9.95:
		return strconv.FormatFloat(percent, 'f', 0, 64) + " %"
	}
	return strconv.FormatFloat(percent, 'f', 1, 64) + " %"
}

// basisInWords says what may be said on such data.
func (g *gateCase) basisInWords() string {
	switch {
	case g.grade == GradePaired && g.whole:
		return "Whole rounds took turns, not thin slices: what changed between them is in the figures, and the limits are three times as wide."
	case g.grade == GradePaired || g.grade == GradeFirst:
		return ""
	case g.elsewhere && !g.o.AllowDifferentHost:
		return "What two hosts make of the same store can't be told from a change of it. --allow-different-host judges errors, promises and leaks."
	case g.elsewhere && g.o.AssumeDrift == nil:
		return "On different hosts only errors, broken promises and leaks were judged; no time was."
	case g.grade == GradeHistory:
		return fmt.Sprintf("How much runs differ was measured on %s of this host; a run counts once, whatever its rounds.", plural(uint64(len(g.baselines)), "earlier run"))
	}
	level := g.errorLevel(1)
	factor := func(key string) string {
		s := assumedSpread(0, gateLine{key: key}, g.o.AssumeDrift)
		return digits(math.Exp(s.beyond(level)))
	}
	return fmt.Sprintf("Two lone files: how much runs differ is not in them. A factor of %s (p99 and above: %s) is taken for noise, by an assumed drift of %s (%s).",
		factor("p50"), factor("p99"), shareOf(assumedDrift(gateLine{key: "p50"}, g.o.AssumeDrift)), shareOf(assumedDrift(gateLine{key: "p99"}, g.o.AssumeDrift)))
}
