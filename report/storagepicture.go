package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sessionbench/bench/report/plot"
)

// storageFigure is what the sessions take: through the rounds, as far as it was read
// then, and at both ends.
func storageFigure(c *Comparison, lines []timeline) *figure {
	t, any := storageTable(c)
	f := &figure{ID: "storage", Open: true, Tables: []pageTable{t}}
	f.Panels = append(bytesPanels(c, lines), rowsPanels(c, lines)...)
	switch {
	case f.Panels != nil:
		f.Heading = "Storage, dead rows and expired sessions over time"
		f.Lead = append([]string{"Read beside the load about once a second, and less often where it takes longer. First the bytes of each target, then its dead rows (solid) and the expired sessions that still take storage (dashed), where a store tells them. Each panel has its own scale from zero."}, thinnedNote(lines)...)
		f.Lead = append(f.Lead, drawnNote(c)...)
		f.After = []string{"The table has the beginning of the first round and the end of the last, when a store may tell more."}
		f.Rest = "Tables: the readings that points stand for"
		for i, line := range lines {
			if t := readingsTable(c, i, line); len(t.Rows) > 0 {
				f.RestTables = append(f.RestTables, t)
			}
		}
	case any:
		f.Heading = "Storage, dead rows and expired sessions"
		f.Lead = []string{"As they were before the first round and at the end of the last; how they grew meanwhile is not measured."}
	default:
		return nil
	}
	return f
}

// storageTable has what results know of both ends, if any does.
func storageTable(c *Comparison) (t pageTable, any bool) {
	t = pageTable{ID: "storage-table", Caption: "Storage", Head: []string{"Target", "Bytes at the start", "Bytes at the end", "Dead rows", "Expired sessions still there"}}
	for i, r := range c.Results {
		row := pageRow{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		start := missing(c.Rows[i].Figures["storage"].Reason)
		if s := r.Summary.Storage; s != nil {
			any = true
			if s.BytesStart != nil {
				start = known(float64(*s.BytesStart))
			}
		}
		row.Cells = append(row.Cells, pageFigure(Column{Unit: Bytes}, start))
		for _, key := range []string{"storage", "dead_rows", "expired_present"} {
			row.Cells = append(row.Cells, pageCell{Parts: pageFigure(columnOf(c.Columns, key), c.Rows[i].Figures[key]).Parts})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, any
}

// A reading is one of the figures that are read now and then.
type reading struct {
	name, label string // and the label of its line
	line        string // the class of that
	of          func(moment) float64
	text        func(float64) string
}

var (
	readBytes = []reading{{"bytes", "", "line thin", func(m moment) float64 { return m.stored }, size}}
	readRows  = []reading{
		{"dead rows", "dead", "line thin", func(m moment) float64 { return m.dead }, count},
		{"expired sessions", "expired", "line thin dashed", func(m moment) float64 { return m.expired }, count},
	}
)

// read gives the moments in which any of these figures was.
func (t timeline) read(figures []reading) (some []moment) {
	for _, m := range t.moments {
		if slices.ContainsFunc(figures, func(f reading) bool { return !math.IsNaN(f.of(m)) }) {
			some = append(some, m)
		}
	}
	return some
}

// joined gives a line through the moments of each round in which a figure was read: of
// many some at equal distances, the last one of a round among them.
func (t timeline) joined(f reading) (points []plot.Point) {
	all := t.read([]reading{f})
	every := oneIn(all, mostReadings)
	for i, m := range all {
		last := i+1 == len(all) || all[i+1].round != m.round
		if i%every == 0 || last {
			points = append(points, plot.Point{X: m.at, Y: f.of(m)})
		}
		if last {
			points = append(points, plot.Point{X: math.NaN(), Y: math.NaN()})
		}
	}
	return points
}

// The most readings that a line goes through, and that points stand for: they are taken
// one in so many.
const (
	mostReadings = 40
	mostPointed  = 6
)

func oneIn(all []moment, most int) int { return max(1, (len(all)+most-1)/most) }

// latest gives the last reading.
func (t timeline) latest(f reading) float64 {
	v := math.NaN()
	for _, m := range t.read([]reading{f}) {
		v = f.of(m)
	}
	return v
}

// thinnedNote says which readings lines leave out.
func thinnedNote(lines []timeline) []string {
	most := 1
	for _, t := range lines {
		most = max(most, oneIn(t.read(append(slices.Clone(readBytes), readRows...)), mostReadings))
	}
	if most == 1 {
		return nil
	}
	return []string{fmt.Sprintf("Of many readings up to one in %d is drawn, and the last of each round.", most)}
}

// pointedAt are those of the moments that have a point: some at equal distances, and
// the last.
func pointedAt(all []moment) (some []moment) {
	every := oneIn(all, mostPointed)
	for i, m := range all {
		if i%every == 0 && i+every < len(all) || i+1 == len(all) {
			some = append(some, m)
		}
	}
	return some
}

// inWords says the figure of a moment, or nothing where it was not read.
func (f reading) inWords(m moment) string {
	v := f.of(m)
	switch {
	case math.IsNaN(v):
		return ""
	case f.label == "": // the unit says what it is
		return f.text(v)
	}
	return f.text(v) + " " + f.name
}

// bytesPanels have the bytes of each target; nil when none has any.
func bytesPanels(c *Comparison, lines []timeline) []panel {
	return readingPanels(c, "storage-bytes", "Storage over time", readBytes, lines, func(p *plot.Picture, row int) string {
		f := readBytes[0]
		p.Line(class(f.line, row), lines[row].joined(f))
		return f.text(lines[row].latest(f)) + " at the last reading"
	})
}

// rowsPanels have the dead rows and the expired sessions of the targets that have any.
func rowsPanels(c *Comparison, lines []timeline) []panel {
	all := readingPanels(c, "storage-rows", "Dead rows and expired sessions over time", readRows, lines, func(p *plot.Picture, row int) string {
		var ends []float64
		var labels, names []string
		for _, f := range readRows {
			last := lines[row].latest(f)
			if math.IsNaN(last) {
				continue
			}
			p.Line(class(f.line, row), lines[row].joined(f))
			ends, labels, names = append(ends, p.PlaceY(last)), append(labels, f.label+" "+f.text(last)), append(names, f.name)
		}
		labelEnds(p, lines[row], ends, labels)
		return enumerate(names)
	})
	return slices.DeleteFunc(all, func(one panel) bool { return one.Picture == "" })
}

// readingPanels draws figures that are read now and then, each panel on its own scale.
func readingPanels(c *Comparison, id, heading string, figures []reading, lines []timeline, draw func(p *plot.Picture, row int) string) []panel {
	known := make([]timeline, len(lines))
	any := false
	for i, t := range lines {
		if known[i] = t; len(t.read(figures)) == 0 {
			known[i].moments = nil
			continue
		}
		any = true
	}
	if !any {
		return nil
	}
	f := overTime(c, id, heading, known, func(p *plot.Picture, row int) string {
		t, most := lines[row], 0.0
		for _, m := range t.moments {
			for _, f := range figures {
				most = worstOf(most, f.of(m))
			}
		}
		p.Y = plot.FromZero(most)
		axis := axisCount
		if len(figures) > 1 {
			p.Frame.Width -= 102
		} else {
			axis = axisBytes
		}
		timeAxis(p, t)
		p.YAxis(axis)
		note := draw(p, row)
		events(p, t)
		for _, m := range pointedAt(t.read(figures)) {
			at := 0.0
			var texts []string
			for _, f := range figures {
				at, texts = worstOf(at, f.of(m)), append(texts, f.inWords(m))
			}
			p.Named(class("point quiet", row), row, plot.Point{X: m.at, Y: at}, m.title(len(t.rounds))+": "+strings.Join(filled(texts...), ", "))
		}
		return note
	})
	for i := range f.Panels {
		if f.Panels[i].Picture == "" {
			f.Panels[i].Note = whyNotRead(c, i)
		}
	}
	return f.Panels
}

func axisBytes(n float64) string { return axisNumber(n, byteUnits) }

// whyNotRead is why a target's storage was not read through its rounds.
func whyNotRead(c *Comparison, row int) string {
	why := ""
	for _, r := range c.Results[row].Rounds {
		why = cmp.Or(why, r.Unavailable["storage_series"])
	}
	if why == "" {
		return "It was not read during the load."
	}
	return "It was not read during the load: " + oneLine(cut(why, lineWidth)) + "."
}

// readingsTable has the figures of the points of one target.
func readingsTable(c *Comparison, row int, line timeline) pageTable {
	t := pageTable{
		ID: fmt.Sprintf("readings-%d", row+1), Caption: "Readings: " + nameOnPage(c.Rows[row].Name),
		Plain: true, Head: []string{"Second"},
	}
	all := append(slices.Clone(readBytes), readRows...)
	all = slices.DeleteFunc(all, func(f reading) bool { return len(line.read([]reading{f})) == 0 })
	for _, f := range all {
		t.Head = append(t.Head, strings.ToUpper(f.name[:1])+f.name[1:])
	}
	round := 0
	for _, m := range pointedAt(line.read(all)) {
		if m.round != round && len(line.rounds) > 1 {
			round = m.round
			t.Rows = append(t.Rows, pageRow{Name: fmt.Sprintf("Round %d", round), Group: true})
		}
		r := pageRow{Name: fmt.Sprint(m.second) + m.aside()}
		for _, f := range all {
			text := "–"
			if v := f.of(m); !math.IsNaN(v) {
				text = f.text(v)
			}
			r.Cells = append(r.Cells, pageCell{Parts: []cellPart{{Text: text}}})
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}
