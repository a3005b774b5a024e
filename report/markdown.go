package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// writeMarkdown draws the comparison for GitHub: the table, the findings, and
// how everything was set up.
func writeMarkdown(w io.Writer, c *Comparison, _ Style) error {
	out := bufio.NewWriter(w)
	markdownTable(out, c)
	fmt.Fprintf(out, "\n%s\n", markdownText(strings.TrimPrefix(legend(c), "* best of its column; ")+markdownBest(c)))
	for _, text := range basesInWords(c) {
		fmt.Fprintf(out, "\n%s\n", markdownText(cut(text, lineWidth)))
	}
	if len(c.Answer) > 0 {
		fmt.Fprintln(out)
		for _, text := range c.Answer {
			fmt.Fprintf(out, "- %s\n", markdownText(cut(text, lineWidth)))
		}
	}
	if len(c.Differences) > 0 {
		fmt.Fprint(out, "\n### The runs differ\n\n")
		for _, d := range c.Differences {
			fmt.Fprintf(out, "- %s: %s\n", markdownText(d.Field), markdownText(cut(d.Text, lineWidth)))
		}
	}
	if len(c.Findings) > 0 {
		fmt.Fprint(out, "\n### Findings\n\n")
		for _, f := range c.Findings {
			line := markdownText(cut(findingLine(f), lineWidth))
			if f.Level == Problem {
				line = "**" + line + "**"
			}
			fmt.Fprintf(out, "- %s\n", line)
		}
	}
	fmt.Fprint(out, "\n### Settings\n\n")
	for i := range c.Rows {
		markdownSettings(out, &c.Rows[i])
	}
	return out.Flush()
}

func markdownBest(c *Comparison) string {
	if strings.HasPrefix(legend(c), "* best") {
		return "; bold is the best of its column"
	}
	return ""
}

func markdownTable(out *bufio.Writer, c *Comparison) {
	head, rule := "| | durability |", "|---|---|"
	for _, column := range c.Columns {
		if inMarkdown(column) {
			head += " " + markdownTitle(column) + " |"
			rule += "---:|"
		}
	}
	fmt.Fprintf(out, "%s\n%s\n", head, rule)
	for i := range c.Rows {
		r := &c.Rows[i]
		fmt.Fprintf(out, "| %s | %s |", markdownText(cut(oneLine(r.Name), 2*nameWidth)), markdownText(cmp.Or(r.Durability, "–")))
		for _, column := range c.Columns {
			if inMarkdown(column) {
				fmt.Fprintf(out, " %s |", markdownCell(r, column))
			}
		}
		fmt.Fprintln(out)
	}
}

func inMarkdown(c Column) bool { return c.Key != "error_percent" && !c.Aside }

func markdownTitle(c Column) string {
	words := strings.NewReplacer("_", " ", "fds", "fds", "cpu", "CPU").Replace(c.Key)
	switch {
	case c.Key == "throughput":
		return "operations"
	case c.Unit == CPUPer1000:
		return words + "/operation"
	case c.Unit == PercentOf:
		return strings.TrimSuffix(words, " percent") + " of a core"
	}
	return words
}

func markdownCell(r *Row, c Column) string {
	f := r.Figures[c.Key]
	text := cell(c, f)
	if c.Key == "errors" {
		text = errorsCell(r)
	}
	if f.Best {
		text = "**" + text + "**"
	}
	if f.Ratio != nil && (c.Unit == PerSecond || c.Unit == Nanosecond) {
		text += " " + ratioCell(f)
	}
	return text
}

// markdownSettings is one row's set-up.
func markdownSettings(out *bufio.Writer, r *Row) {
	facts := filled(r.Backend, r.Client+" client", r.Network, prefixed("durability ", r.Durability),
		prefixed("version ", r.ServerVersion), prefixed("image ", r.Image),
		r.Scenario, r.Load, measuredTime(r))
	fmt.Fprintf(out, "- %s: %s\n", markdownText(cut(oneLine(r.Name), 2*nameWidth)), markdownText(cut(oneLine(strings.Join(facts, ", ")), lineWidth)))
	for _, part := range []struct {
		title string
		pairs map[string]string
		sign  string
	}{{"settings", r.Settings, "="}, {"options", r.Options, "="}, {"by contract", r.Contract, ": "}} {
		var texts []string
		for _, k := range slices.Sorted(maps.Keys(part.pairs)) {
			texts = append(texts, k+part.sign+part.pairs[k])
		}
		if len(texts) > 0 {
			fmt.Fprintf(out, "  - %s: %s\n", part.title, markdownText(cut(oneLine(strings.Join(texts, "; ")), 4*lineWidth)))
		}
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// markdownText keeps anybody's text from being read as Markdown or HTML: GitHub
// allows a backslash before every sign that means something.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_[]|~!#@", r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
