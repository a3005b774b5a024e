package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeGateTable draws a verdict for a terminal: what was decided, a line a metric, what
// else is to be said, and how sure it is.
func writeGateTable(w io.Writer, v *GateVerdict, s GateStyle) error {
	out := &tableWriter{w: bufio.NewWriter(w), style: s.Style}
	if out.style.Width <= 0 {
		out.style.Width = defaultWidth
	}
	out.gateHead(v)
	if len(v.Metrics) > 0 {
		out.gateMetrics(v)
	}
	out.gateChecks(v)
	for _, text := range v.closing() {
		out.line(text)
	}
	if s.Explain {
		for _, text := range v.explained() {
			out.line(text)
		}
	}
	return out.w.Flush()
}

// gateHead is the first line, with the sample at its end where there is room, and what
// differs on purpose.
func (t *tableWriter) gateHead(v *GateVerdict) {
	word := v.Outcome.word()
	code := map[GateOutcome]string{GatePass: green, GateFail: red, GateInconclusive: yellow}[v.Outcome]
	text, sample := t.text(v.Text), t.text(v.sampleInWords())
	width := len("gate: ") + len(word) + 2 + textWidth(text)
	fmt.Fprintf(t.w, "gate: %s  %s", t.colour(code, word), text)
	if room := t.style.Width - width - textWidth(sample); room >= 2 {
		fmt.Fprintf(t.w, "%s%s\n", pad(room), sample)
	} else {
		fmt.Fprintf(t.w, "\n      %s\n", sample)
	}
	if settings := v.settingsInWords(); settings != "" {
		t.line("they differ in " + settings)
	}
}

// gateCells are the cells of a metric's line.
func gateCells(v *GateVerdict, m *GateMetric) []string {
	c := Column{Unit: m.Unit}
	figure := func(f GateFigure) string { return cell(c, Figure{Value: f.Value, Unbounded: f.Unbounded}) }
	verdict := string(m.Verdict)
	if m.Reason != "" {
		verdict = "not judged: " + m.Reason
	}
	in := "–"
	if m.Of > 1 {
		in = fmt.Sprintf("%d of %d", m.WorseIn, m.Of)
	}
	return []string{metricName(m.Metric), figure(m.Baseline), figure(m.Candidate), change(m.Ratio), sureRange(m), limitInWords(m), in, verdict}
}

func gateTitles(v *GateVerdict) []string {
	const width = 14
	name := func(s GateSide) string { return cut(oneLine(s.Name), width) }
	return []string{"", name(v.Baseline), name(v.Candidate), "change", "sure range", "limit", "worse in", "verdict"}
}

// gateMetrics draws a line a metric.
func (t *tableWriter) gateMetrics(v *GateVerdict) {
	rows := [][]string{gateTitles(v)}
	for i := range v.Metrics {
		rows = append(rows, gateCells(v, &v.Metrics[i]))
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = t.text(row[i])
			widths[i] = max(widths[i], textWidth(row[i]))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, text := range row {
			space := pad(widths[i] - textWidth(text))
			switch {
			case i == 0:
				b.WriteString(text + space)
			case i == len(row)-1:
				b.WriteString("   ")
				if n > 0 {
					text = t.colour(verdictColour(v.Metrics[n-1].Verdict), text)
				}
				b.WriteString(text)
			default:
				b.WriteString("  " + space + text)
			}
		}
		fmt.Fprintln(t.w, strings.TrimRight(b.String(), " "))
	}
}

func verdictColour(v Verdict) string {
	return map[Verdict]string{Worse: red, CantTell: yellow, Improved: green}[v]
}

// gateChecks draws what isn't as before, a line each, and names the rest in one.
func (t *tableWriter) gateChecks(v *GateVerdict) {
	told, asBefore, unmeasured := v.sortedChecks()
	for _, c := range told {
		sign := map[Verdict]string{Worse: "! ", CantTell: "~ ", Improved: "+ "}[c.Verdict]
		fmt.Fprintln(t.w, t.colour(verdictColour(c.Verdict), t.text(cut(sign+c.Check+": "+oneLine(c.Text), lineWidth))))
	}
	if len(asBefore) > 0 {
		t.line("as before: " + strings.Join(asBefore, ", "))
	}
	if len(unmeasured) > 0 {
		t.line("not measured: " + strings.Join(unmeasured, ", "))
	}
}

// sortedChecks are those that say something, the gravest first, and the names of the
// others.
func (v *GateVerdict) sortedChecks() (told []GateCheck, asBefore, unmeasured []string) {
	for _, c := range v.Checks {
		if c.Unmeasured != "" {
			unmeasured = append(unmeasured, c.Check+" ("+c.Unmeasured+")")
			continue
		}
		if c.Verdict != Same {
			told = append(told, c)
			continue
		}
		name := c.Check
		switch {
		case strings.HasPrefix(c.Check, "objective "):
			name += " (" + c.Text + ")"
		case c.Unit == Number && c.Candidate != nil:
			name += " (" + count(*c.Candidate) + ")"
		case c.Unit == PercentOf && c.Candidate != nil:
			name += " (" + percent(*c.Candidate) + ")"
		}
		asBefore = append(asBefore, name)
	}
	order := []Verdict{Worse, CantTell, Improved}
	slices.SortStableFunc(told, func(a, b GateCheck) int { return slices.Index(order, a.Verdict) - slices.Index(order, b.Verdict) })
	return told, asBefore, unmeasured
}

// closing are the sentences below the lines.
func (v *GateVerdict) closing() (lines []string) {
	lines = append(lines, filled(v.Basis)...)
	sign := map[GateOutcome]string{GateInconclusive: "Why: "}[v.Outcome]
	for _, text := range v.reasons() {
		lines = append(lines, cmp.Or(sign, "Besides, it could not pass: ")+text)
	}
	lines = append(lines, v.Notes...)
	lines = append(lines, filled(v.chanceInWords(), v.noiseInWords(), v.neededOrNothing())...)
	if v.Remedy != "" {
		lines = append(lines, "This would decide: "+v.Remedy)
	}
	return lines
}

func (v *GateVerdict) neededOrNothing() string {
	if v.Outcome != GateInconclusive {
		return ""
	}
	return v.neededInWords()
}
