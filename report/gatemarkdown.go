package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
)

// writeGateComment is the Markdown with a mark that nobody sees before it: whoever
// posts it finds the comment that it replaces by it.
func writeGateComment(w io.Writer, v *GateVerdict, s GateStyle) error {
	if _, err := fmt.Fprintln(w, GateMarker(cmp.Or(s.Label, v.Scenario, "gate"))); err != nil {
		return err
	}
	return writeGateMarkdown(w, v, s)
}

// GateMarker is the first line of the format "github".
func GateMarker(label string) string {
	plain := strings.Map(func(r rune) rune {
		if r == '-' || r == '<' || r == '>' || r == '!' { // could end the comment
			return '_'
		}
		return r
	}, cut(oneLine(label), lineWidth))
	return "<!-- bench-gate: " + plain + " -->"
}

// writeGateMarkdown draws a verdict for GitHub.
func writeGateMarkdown(w io.Writer, v *GateVerdict, s GateStyle) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "### gate: %s – %s\n\n%s\n", v.Outcome.word(), markdownText(v.Text), markdownText(v.sampleInWords()))
	if settings := v.settingsInWords(); settings != "" {
		fmt.Fprintf(out, "\nThey differ in %s\n", markdownText(settings))
	}
	if len(v.Metrics) > 0 {
		fmt.Fprintf(out, "\n| %s |\n|---|---:|---:|---:|---:|---:|---:|---|\n", strings.Join(markdownTexts(gateTitles(v)), " | "))
	}
	for i := range v.Metrics {
		m := &v.Metrics[i]
		cells := markdownTexts(gateCells(v, m))
		if m.Verdict == Worse {
			cells[len(cells)-1] = "**worse**"
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
	told, asBefore, unmeasured := v.sortedChecks()
	if len(told)+len(asBefore)+len(unmeasured) > 0 {
		fmt.Fprintln(out)
	}
	for _, c := range told {
		line := fmt.Sprintf("%s: %s: %s", c.Verdict, markdownText(c.Check), markdownText(c.Text))
		if c.Verdict == Worse {
			line = "**" + line + "**"
		}
		fmt.Fprintf(out, "- %s\n", line)
	}
	if len(asBefore) > 0 {
		fmt.Fprintf(out, "- as before: %s\n", markdownText(strings.Join(asBefore, ", ")))
	}
	if len(unmeasured) > 0 {
		fmt.Fprintf(out, "- not measured: %s\n", markdownText(strings.Join(unmeasured, ", ")))
	}
	for _, text := range v.closing() {
		if command, ok := strings.CutPrefix(text, "This would decide: "); ok {
			fmt.Fprintf(out, "\nThis would decide:\n\n    %s\n", oneLine(command))
			continue
		}
		fmt.Fprintf(out, "\n%s\n", markdownText(cut(text, lineWidth)))
	}
	if s.Explain {
		fmt.Fprintf(out, "\n<details><summary>The arithmetic</summary>\n\n")
		for _, text := range v.explained() {
			if text == "" {
				fmt.Fprintln(out)
				continue
			}
			fmt.Fprintf(out, "    %s\n", oneLine(text)) // as code: nothing in it is read as Markdown
		}
		fmt.Fprintf(out, "\n</details>\n")
	}
	return out.Flush()
}

func markdownTexts(texts []string) (all []string) {
	for _, t := range texts {
		all = append(all, markdownText(t))
	}
	return all
}
