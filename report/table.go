package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	defaultWidth = 100
	nameWidth    = 24
	lineWidth    = 600 // of findings and differences, which terminals wrap
)

// tableColumn is one column as drawn.
type tableColumn struct {
	title string
	left  bool // aligned left: words
	cell  func(r *Row) (text string, best bool)
}

// writeTable draws the comparison for a terminal: a row a target, split into
// several blocks where the columns do not fit, then a line a finding.
func writeTable(w io.Writer, c *Comparison, s Style) error {
	out := &tableWriter{w: bufio.NewWriter(w), style: s}
	if out.style.Width <= 0 {
		out.style.Width = defaultWidth
	}
	for _, d := range c.Differences {
		out.line(fmt.Sprintf("differs in %s: %s", d.Field, d.Text))
	}
	out.line(heading(c))
	out.line("")
	out.blocks(c, tableColumns(c))
	if text := legend(c); text != "" {
		out.line("")
		out.line(text)
	}
	for _, text := range basesInWords(c) {
		out.line(text)
	}
	if len(c.Findings) > 0 {
		out.line("")
	}
	for _, f := range c.Findings {
		out.finding(f)
	}
	return out.w.Flush()
}

// fact is something known of a row.
type fact struct {
	title string
	of    func(r *Row) string
}

// facts are what is known of a row besides its figures.
var facts = []fact{
	{"scenario", func(r *Row) string { return r.Scenario }},
	{"load", func(r *Row) string { return r.Load }},
	{"measured", measuredTime},
	{"backend", func(r *Row) string { return r.Backend }},
	{"client", func(r *Row) string { return r.Client }},
	{"network", func(r *Row) string { return r.Network }},
	{"durability", func(r *Row) string { return r.Durability }},
	{"version", func(r *Row) string { return r.ServerVersion }},
}

// common is a fact that all rows share.
func common(c *Comparison, of func(r *Row) string) (text string, same bool) {
	text = of(&c.Rows[0])
	for i := range c.Rows {
		if of(&c.Rows[i]) != text {
			return "", false
		}
	}
	return text, true
}

// hasRatio tells whether a table shows the column's ratios.
func hasRatio(c Column) bool {
	return (c.Unit == PerSecond || c.Unit == Nanosecond) && !c.Aside && c.Key != "max"
}

// inHeading tells whether a fact is said once for all rows. Of several, each row says
// how durable it is: the field's oldest unfair comparison leaves that out.
func inHeading(c *Comparison, f fact) bool {
	_, same := common(c, f.of)
	return same && (f.title != "durability" || len(c.Rows) == 1)
}

// heading is what all rows have in common.
func heading(c *Comparison) string {
	var texts []string
	for _, fact := range facts {
		text, _ := common(c, fact.of)
		if text == "" || !inHeading(c, fact) {
			continue
		}
		switch fact.title {
		case "client":
			text += " client"
		case "durability", "version":
			text = fact.title + " " + text
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return plural(uint64(len(c.Rows)), "result")
	}
	return strings.Join(texts, ", ")
}

func measuredTime(r *Row) string {
	if r.Rounds <= 1 {
		return seconds(r.Seconds)
	}
	return fmt.Sprintf("%d rounds, %s in all", r.Rounds, seconds(r.Seconds))
}

func tableColumns(c *Comparison) []tableColumn {
	var cs, ratios []tableColumn
	for _, column := range c.Columns {
		title := column.Key
		switch {
		case column.Key == "throughput":
			title = "ops/s"
		case column.Key == "violations":
			title = "viol."
		case column.Key == "errors":
			cs = append(cs, tableColumn{"errors", false, func(r *Row) (string, bool) {
				return tight(errorsCell(r)), r.Figures["errors"].Best
			}})
			continue
		case column.Unit != Nanosecond || column.Aside:
			continue
		}
		cs = append(cs, tableColumn{title, false, func(r *Row) (string, bool) {
			f := r.Figures[column.Key]
			return strings.TrimSuffix(tight(cell(column, f)), "/s"), f.Best
		}})
		if c.Comparable && len(c.Rows) > 1 && hasRatio(column) {
			ratios = append(ratios, tableColumn{"×" + title, false, func(r *Row) (string, bool) {
				return ratioCell(r.Figures[column.Key]), false
			}})
		}
	}
	cs = append(cs,
		tableColumn{"fds", false, func(r *Row) (string, bool) { return markLast(bothSides(r, "fds", count)) }},
		tableColumn{"CPU µs/op", false, func(r *Row) (string, bool) { return markLast(bothSides(r, "cpu", microseconds)) }},
	)
	for _, fact := range facts {
		if inHeading(c, fact) {
			continue
		}
		column := tableColumn{fact.title, true, func(r *Row) (string, bool) {
			if text := fact.of(r); text != "" {
				return cut(oneLine(text), nameWidth), false
			}
			return "–", false
		}}
		if fact.title == "durability" {
			cs = slices.Insert(cs, 0, column)
			continue
		}
		cs = append(cs, column)
	}
	return append(cs, ratios...)
}

// markLast moves a mark at the end of a cell to where the others stand.
func markLast(text string) (string, bool) {
	return strings.CutSuffix(text, "*")
}

// legend explains the signs that occur.
func legend(c *Comparison) string {
	best, unbounded, atLeast := false, false, false
	times, verdicts := map[string]bool{}, map[Verdict]bool{}
	for i := range c.Rows {
		times[c.Rows[i].Time] = true
		for _, column := range c.Columns {
			f := c.Rows[i].Figures[column.Key]
			if hasRatio(column) {
				verdicts[f.Verdict] = true
			}
			best = best || f.Best
			unbounded = unbounded || f.Unbounded
			atLeast = atLeast || f.AtLeast
		}
	}
	var parts []string
	if best {
		parts = append(parts, "* best of its column")
	}
	if len(times) == 1 {
		parts = append(parts, c.Rows[0].Time+"s, failures counted as slowest")
	} else {
		parts = append(parts, "response times in open loop, service times in closed loop, failures counted as slowest")
	}
	if unbounded {
		parts = append(parts, "∞ lies among the failures")
	}
	if atLeast {
		parts = append(parts, "≥ a failure may have taken longer")
	}
	if c.Comparable && len(c.Rows) > 1 {
		parts = append(parts, "× against the first")
	}
	if verdicts[CantTell] {
		parts = append(parts, "~ noise may explain it")
	}
	if verdicts[Same] {
		parts = append(parts, "≈ the same within 5 %")
	}
	return strings.Join(append(parts, "fds (peak) and CPU: client+server"), "; ")
}

// tableWriter keeps the first error in its writer.
type tableWriter struct {
	w     *bufio.Writer
	style Style
}

// text prepares what is drawn.
func (t *tableWriter) text(s string) string {
	s = oneLine(s)
	if t.style.ASCII {
		s = ASCII(s)
	}
	return s
}

func (t *tableWriter) line(s string) {
	fmt.Fprintln(t.w, strings.TrimRight(t.text(cut(oneLine(s), lineWidth)), " "))
}

// Colours of a terminal that was asked for them.
const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

func (t *tableWriter) colour(code, s string) string {
	if !t.style.Colour || code == "" {
		return s
	}
	return code + s + reset
}

func (t *tableWriter) finding(f Finding) {
	sign, code := "- ", ""
	switch f.Level {
	case Problem:
		sign, code = "! ", red
	case Warning:
		sign, code = "~ ", yellow
	}
	fmt.Fprintln(t.w, t.colour(code, t.text(cut(oneLine(sign+findingLine(f)), lineWidth))))
}

// findingLine is a finding with whom it is about.
func findingLine(f Finding) string {
	if len(f.Targets) == 0 {
		return f.Text
	}
	return enumerate(f.Targets) + ": " + f.Text
}

// drawn is a table before it is split: texts by column and row, the title first.
type drawn struct {
	texts [][]string
	best  [][]bool
	left  []bool
	width []int
}

func (t *tableWriter) draw(c *Comparison, columns []tableColumn) drawn {
	var d drawn
	for _, column := range columns {
		texts, best := []string{t.text(column.title)}, []bool{false}
		for i := range c.Rows {
			text, isBest := column.cell(&c.Rows[i])
			texts, best = append(texts, t.text(text)), append(best, isBest)
		}
		width := 0
		for _, text := range texts {
			width = max(width, textWidth(text))
		}
		d.texts, d.best = append(d.texts, texts), append(d.best, best)
		d.left, d.width = append(d.left, column.left), append(d.width, width)
	}
	return d
}

// blocks draws the columns in as many blocks as the width takes; each begins
// with the rows' names.
func (t *tableWriter) blocks(c *Comparison, columns []tableColumn) {
	name := tableColumn{"", true, func(r *Row) (string, bool) { return cut(oneLine(r.Name), nameWidth), false }}
	d := t.draw(c, append([]tableColumn{name}, columns...))
	for from := 1; from < len(d.width); {
		to, width := from, d.width[0]
		for to < len(d.width) && (to == from || width+2+d.width[to] <= t.style.Width) {
			width += 2 + d.width[to]
			to++
		}
		if from > 1 {
			fmt.Fprintln(t.w)
		}
		for row := range d.texts[0] {
			t.row(d, row, from, to)
		}
		from = to
	}
}

// row draws a row's name and some of its columns. A mark stands in the gap after
// its cell.
func (t *tableWriter) row(d drawn, row, from, to int) {
	var b strings.Builder
	b.WriteString(d.texts[0][row] + pad(d.width[0]-textWidth(d.texts[0][row])))
	gap := "  "
	for i := from; i < to; i++ {
		text := d.texts[i][row]
		space := pad(d.width[i] - textWidth(text))
		b.WriteString(gap)
		gap = "  "
		switch {
		case d.left[i]:
			b.WriteString(text + space)
		case d.best[i][row]:
			b.WriteString(space + t.colour(green, text+"*"))
			gap = " "
		default:
			b.WriteString(space + text)
		}
	}
	fmt.Fprintln(t.w, strings.TrimRight(b.String(), " "))
}

func pad(n int) string { return strings.Repeat(" ", max(0, n)) }
