package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/sessionbench/bench/report/plot"
)

// page is what the template of the HTML form shows.
type page struct {
	Title, Heading        string
	Style                 template.CSS
	Script                template.JS
	StyleHash, ScriptHash string
	Refresh               int // as Style has it
	Differences           []pair
	Answer                []string
	Summary               pageTable
	Legend                string
	Bases                 []pair
	Remedies              []string
	// What was found, by kind: each has a line a target.
	Problems, Warnings, Notes [][]string
	Figures                   []figure
	Tables                    []pageTable
	Setups                    []pageSetup
	Scenarios                 []pair
	Response                  bool // some row has response times
	Results                   int
}

// pair is something with what it is about.
type pair struct{ Name, Text string }

// pageTable is a table; each row has a heading and as many cells as there are further
// headings.
type pageTable struct {
	ID, Caption string
	Note        string
	Words       bool // the cells are words, not figures
	Plain       bool // the cells are bare texts, and many
	Head        []string
	Rows        []pageRow
}

type pageRow struct {
	Name   string
	Swatch template.HTML
	Flags  []string
	Group  bool // a heading over the rows that follow
	Cells  []pageCell
}

// pageCell is a figure, or the client's and the server's.
type pageCell struct {
	Parts    []cellPart
	Ratio    string // to the reference
	Interval string
	Verdict  Verdict
	Class    string // good, bad: what the verdict or the figure means
	Under    string // a line under the figure
}

type cellPart struct {
	Text, Reason string
	Best         bool
}

// pageSetup is how one target was set up.
type pageSetup struct {
	Name  string
	Table pageTable
}

// nameOnPage is a row's name as it is shown: on one line, and not a kilobyte.
func nameOnPage(name string) string { return cut(oneLine(name), 2*nameWidth) }

// titleOf lists the names that pictures have room for.
func titleOf(names []string) string {
	var short []string
	for _, name := range firstFew(names, mostDrawn) {
		short = append(short, cut(oneLine(name), nameWidth))
	}
	return strings.Join(short, ", ")
}

func newPage(c *Comparison) (*page, error) {
	names := make([]string, len(c.Rows))
	for i := range c.Rows {
		names[i] = c.Rows[i].Name
	}
	p := &page{
		Title: titleOf(names), Heading: oneLine(cut(heading(c), lineWidth)),
		Style: template.CSS(pageStyle), Script: template.JS(pageScript),
		StyleHash: sourceHash(pageStyle), ScriptHash: sourceHash(pageScript),
		Summary: summary(c), Legend: pageLegend(c), Results: len(c.Rows),
	}
	for _, d := range c.Differences {
		p.Differences = append(p.Differences, pair{oneLine(cut(d.Field, lineWidth)), oneLine(cut(d.Text, lineWidth))})
	}
	for _, text := range c.Answer {
		p.Answer = append(p.Answer, oneLine(cut(text, lineWidth)))
	}
	for i, f := range c.Findings {
		level := map[Level]*[][]string{Problem: &p.Problems, Warning: &p.Warnings}[f.Level]
		if level == nil {
			level = &p.Notes
		}
		line := oneLine(cut(findingLine(f), 2*lineWidth))
		if n := len(*level); n > 0 && i > 0 && c.Findings[i-1].Kind == f.Kind {
			(*level)[n-1] = append((*level)[n-1], line)
			continue
		}
		*level = append(*level, []string{line})
	}
	for i := range c.Rows {
		p.Response = p.Response || c.Rows[i].Time == "response time"
	}
	p.setBases(c)
	var err error
	if p.Figures, err = figures(c); err != nil {
		return nil, err
	}
	p.Tables = tables(c)
	p.Setups, p.Scenarios = setups(c), scenarioTexts(c)
	return p, nil
}

// setBases says on what the comparison rests, once for the rows that have the same.
func (p *page) setBases(c *Comparison) {
	rows := map[string][]string{}
	var texts []string
	for i := range c.Rows {
		b := c.Rows[i].Basis
		if b.Text == "" || !c.Comparable {
			continue
		}
		if rows[b.Text] == nil {
			texts = append(texts, b.Text)
		}
		rows[b.Text] = append(rows[b.Text], c.Rows[i].Name)
		if b.Remedy != "" && len(p.Remedies) < mostDrawn {
			p.Remedies = append(p.Remedies, oneLine(cut(b.Remedy, lineWidth)))
		}
	}
	for _, text := range texts {
		name := enumerate(rows[text])
		if len(rows[text]) == len(c.Rows)-1 && len(c.Rows) > 2 {
			name = "All"
		}
		p.Bases = append(p.Bases, pair{name, oneLine(text)})
	}
}

// shortPercentiles are the keys of those that the short table has: p50 and p99, or
// what there is of the least and the most when others were asked for.
func shortPercentiles(c *Comparison) []string {
	var keys []string
	for _, column := range c.Columns {
		if column.Unit == Nanosecond && !column.Aside && column.Key != "max" {
			keys = append(keys, column.Key)
		}
	}
	switch {
	case slices.Contains(keys, "p50") && slices.Contains(keys, "p99"):
		return []string{"p50", "p99"}
	case len(keys) > 2:
		return []string{keys[0], keys[len(keys)-1]}
	}
	return keys
}

// crashInWords is what an acknowledged write is worth, by durability.
var crashInWords = map[string]string{
	"none": "a crash loses all", "seconds": "a crash loses seconds", "commit": "a crash loses nothing",
}

// summary is the short table: what decides.
func summary(c *Comparison) pageTable {
	shown := append([]string{"throughput"}, shortPercentiles(c)...)
	t := pageTable{ID: "summary", Caption: "A row a target", Head: []string{"Target", "Durability", "Operations/s"}}
	t.Head = append(append(t.Head, shown[1:]...), "Errors", "Violations", "CPU per operation", "File descriptors")
	for i := range c.Rows {
		r := &c.Rows[i]
		row := pageRow{Name: nameOnPage(r.Name), Swatch: swatch(i), Flags: flags(r)}
		row.Cells = append(row.Cells, pageCell{
			Parts: []cellPart{{Text: cmp.Or(oneLine(r.Durability), "unknown")}}, Under: crashInWords[r.Durability],
		})
		for _, key := range shown {
			row.Cells = append(row.Cells, pageFigure(columnOf(c.Columns, key), r.Figures[key]))
		}
		errors := pageFigure(columnOf(c.Columns, "errors"), r.Figures["errors"])
		errors.Parts[0].Text = errorsCell(r)
		violations := pageFigure(columnOf(c.Columns, "violations"), r.Figures["violations"])
		for _, cell := range []*pageCell{&errors, &violations} {
			cell.Parts[0].Best = false // none is what is expected, and no merit
			if text := cell.Parts[0].Text; text != "0" && text != "–" {
				cell.Class = "bad"
			}
		}
		row.Cells = append(row.Cells, errors, violations, twoSides(c, r, "cpu"), twoSides(c, r, "fds"))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// flags are what must be known of a row before its figures are read.
func flags(r *Row) (all []string) {
	if r.Interrupted {
		all = append(all, "interrupted")
	}
	if r.Overloaded {
		all = append(all, "overloaded")
	}
	return all
}

func columnOf(columns []Column, key string) Column {
	if i := slices.IndexFunc(columns, func(c Column) bool { return c.Key == key }); i >= 0 {
		return columns[i]
	}
	return Column{Key: key, Unit: Number}
}

// pageFigure is a figure with its ratio to the reference.
func pageFigure(column Column, f Figure) pageCell {
	c := pageCell{Parts: []cellPart{{cell(column, f), oneLine(cut(f.Reason, lineWidth)), f.Best}}}
	if f.Ratio == nil {
		return c
	}
	c.Ratio = timesOrParts(*f.Ratio)
	if f.Interval != nil {
		c.Interval = timesOrParts(f.Interval.Low) + " – " + timesOrParts(f.Interval.High)
	}
	c.Verdict = f.Verdict
	switch f.Verdict {
	case Faster:
		c.Class = "good"
	case Slower:
		c.Class = "bad"
	case Less, More:
		c.Class = "good"
		if (f.Verdict == Less) != (column.Better == Lower) {
			c.Class = "bad"
		}
	}
	return c
}

// timesOrParts writes a ratio as "×1.52", and what is less than a tenth as a part:
// "÷27.4k", for 0.0000365.
func timesOrParts(ratio float64) string {
	if ratio > 0 && significant(ratio) <= .1 {
		inverse := 1 / ratio
		return strings.Replace(ratioCell(Figure{Ratio: &inverse}), "×", "÷", 1)
	}
	return ratioCell(Figure{Ratio: &ratio})
}

// twoSides is the client's figure and the server's.
func twoSides(c *Comparison, r *Row, key string) pageCell {
	var parts []cellPart
	for _, side := range sides {
		column := columnOf(c.Columns, side+"_"+key)
		parts = append(parts, pageFigure(column, r.Figures[column.Key]).Parts...)
	}
	return pageCell{Parts: parts}
}

// pageLegend explains the short table.
func pageLegend(c *Comparison) string {
	text := strings.TrimPrefix(legend(c), "* best of its column; ")
	if strings.HasPrefix(legend(c), "* best") {
		text = "a tint marks the best of its column; " + text
	}
	if c.Comparable && len(c.Rows) > 1 {
		text += "; after a ratio, where it lies in 95 of 100 cases"
	}
	text = strings.ReplaceAll(text, "; ~ noise may explain it", "")
	text = strings.ReplaceAll(text, "; ≈ the same within 5 %", "")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// mostDrawn is how many targets pictures show: there are as many colours.
const mostDrawn = plot.Shapes

// swatch is the mark of a row in pictures, for its place in tables.
func swatch(i int) template.HTML {
	if i >= mostDrawn {
		return ""
	}
	return template.HTML(fmt.Sprintf(`<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><path class="point c%d" d="%s"/></svg>`, i+1, plot.Shape(i, 6, 6)))
}
