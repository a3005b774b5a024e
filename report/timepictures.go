package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sessionbench/bench/report/plot"
)

// overTime makes a figure of a panel a target; draw is not called for one without a
// series.
func overTime(c *Comparison, id, heading string, lines []timeline, draw func(p *plot.Picture, row int) (note string)) *figure {
	longest := 0.0
	for _, t := range lines {
		longest = max(longest, t.length)
	}
	if longest == 0 {
		return nil
	}
	f := &figure{ID: id, Heading: heading}
	for i, t := range lines {
		one := panel{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		if len(t.moments) == 0 {
			one.Note = "No second of it was recorded."
			f.Panels = append(f.Panels, one)
			continue
		}
		p := &plot.Picture{
			ID: fmt.Sprintf("%s-%d", id, i+1), Title: heading + ": " + one.Name, Width: panelWidth, Height: panelHeight,
			Frame: plot.Frame{Left: 50, Top: 22, Width: panelWidth - 50 - 8, Height: panelHeight - 22 - 26},
			X:     plot.Linear{Low: 0, High: longest}, Y: plot.Linear{Low: 0, High: 1},
		}
		one.Note = draw(p, i)
		one.Picture = p.SVG()
		f.Panels = append(f.Panels, one)
	}
	return f
}

// timeAxis draws rounds, warm-ups, events and the seconds.
func timeAxis(p *plot.Picture, t timeline) {
	for _, s := range t.rounds {
		if s.zero > s.begin {
			p.Span("warm", s.begin, s.zero, "")
		}
		if s.zero+s.measured < s.end {
			p.Span("warm", s.zero+s.measured, s.end, "")
		}
	}
	outages(p, t)
	room := p.Frame.Width * (p.X.Place(t.rounds[0].zero+t.rounds[0].measured) - p.X.Place(t.rounds[0].zero))
	labels := map[float64]string{}
	var ticks []float64
	for i, s := range t.rounds {
		if i > 0 {
			p.Upright("seam", s.begin)
		}
		if len(t.rounds) > 1 && room >= 50 {
			p.Text("tick mid", (p.PlaceX(s.zero)+p.PlaceX(s.zero+s.measured))/2, p.Frame.Top-8, fmt.Sprintf("round %d", s.number))
		}
		inside := plot.Linear{Low: 0, High: s.measured}.Ticks(max(1, int(room/30)))
		if len(t.rounds) > 1 && room < 50 {
			inside = nil
			middle := s.zero + s.measured/2
			labels[middle] = fmt.Sprint(s.number)
			ticks = append(ticks, middle)
		}
		for k, second := range inside {
			if i+1 < len(t.rounds) && k > 0 && second > .8*s.measured {
				continue // the next round's begin is there
			}
			at := s.zero + second
			labels[at] = strconv.FormatFloat(second, 'f', -1, 64)
			if k+1 == len(inside) && i+1 == len(t.rounds) {
				labels[at] += " s"
			}
			ticks = append(ticks, at)
		}
	}
	p.Baseline(ticks, func(at float64) string { return labels[at] })
}

// mostMarks is how many events a panel shows.
const mostMarks = 24

func outages(p *plot.Picture, t timeline) {
	for _, m := range t.marks {
		if m.kind == "outage" {
			p.Span("outage", m.at, m.until, "")
		}
	}
}

// events draws what happened as flags.
func events(p *plot.Picture, t timeline) {
	drawn := 0
	for _, m := range t.marks {
		if m.kind == "phase" && m.second <= 0 || drawn == mostMarks {
			continue // the warm-up and the first phase are seen anyway
		}
		drawn++
		p.Mark("event "+eventClass(m.kind), m.at, fmt.Sprintf("%s at second %.1f: %s", oneLine(cut(m.kind, nameWidth)), m.second, oneLine(cut(m.text, lineWidth))))
	}
}

// eventClass is a known kind of event, or else "other".
func eventClass(kind string) string {
	switch kind {
	case "phase", "purge", "outage", "recovery", "overload", "clock", "warning":
		return kind
	}
	return "other"
}

// spokenFor are the moments that a panel has a point for: some at equal distances,
// and the slowest.
func spokenFor(t timeline) []moment {
	const most = 9
	var measured []moment
	slowest := -1
	for _, m := range t.moments {
		if m.warmup || m.drain || math.IsNaN(m.p99) {
			continue
		}
		if slowest < 0 || m.most > measured[slowest].most {
			slowest = len(measured)
		}
		measured = append(measured, m)
	}
	if slowest < 0 {
		return nil
	}
	every := max(1, (len(measured)+most-1)/most)
	var some []moment
	for i, m := range measured {
		if i%every == every/2 || i == slowest {
			some = append(some, m)
		}
	}
	return some
}

// of gives a line through the moments.
func (t timeline) of(y func(m moment) float64) []plot.Point {
	var points []plot.Point
	for i, m := range t.moments {
		if i > 0 && m.round != t.moments[i-1].round {
			points = append(points, plot.Point{X: math.NaN(), Y: math.NaN()})
		}
		points = append(points, plot.Point{X: m.at, Y: y(m)})
	}
	return points
}

// unlessDrain is a figure of all operations, which there is none of when only the slow
// ones are still open.
func (m moment) unlessDrain(v float64) float64 {
	if m.drain {
		return math.NaN()
	}
	return v
}

// latencyFigure draws p50 to p99 as bands, and the longest as dots.
func latencyFigure(c *Comparison, lines []timeline) *figure {
	low, high := math.Inf(1), 0.0
	for _, t := range lines {
		for _, m := range t.moments {
			if m.p50 > 0 {
				low = min(low, m.p50)
			}
			if m.most > 0 {
				high = max(high, m.most)
			}
		}
	}
	if high == 0 || math.IsInf(low, 0) {
		return nil
	}
	scale := plot.RoundOut(low, high)
	f := overTime(c, "latency", "Latency over time", lines, func(p *plot.Picture, row int) string {
		t := lines[row]
		p.Y = scale
		timeAxis(p, t)
		p.YAxis(axisTime)
		p50, p99 := t.of(func(m moment) float64 { return m.unlessDrain(m.p50) }), t.of(func(m moment) float64 { return m.unlessDrain(m.p99) })
		p.Band(class("band", row), p50, p99)
		p.Dots(class("dots", row), t.of(func(m moment) float64 { return m.most }))
		p.Line(class("line thin", row), p50)
		var failed uint64
		for _, m := range t.moments {
			if m.errors > 0 {
				failed += m.errors
				p.Text("cross mid", p.PlaceX(m.at), p.Frame.Top+9, "×")
			}
		}
		events(p, t)
		for _, m := range spokenFor(t) {
			p.Named(class("point quiet", row), row, plot.Point{X: m.at, Y: m.p99}, m.inWords(len(t.rounds)))
		}
		if failed > 0 {
			return grouped(failed) + " failed"
		}
		return ""
	})
	if f == nil {
		return nil
	}
	f.Lead = []string{"The line is each second's p50, the band above it reaches to its p99, and the dots are the longest. All panels have the same scale. Shaded: the warm-up, which no figure counts, and the time until what was still open at a round’s end was answered; × some operations failed; ▾ an event."}
	f.Lead = append(f.Lead, momentsNote(lines)...)
	f.Lead = append(f.Lead, drawnNote(c)...)
	if t := eventsTable(c, lines); len(t.Rows) > 0 {
		f.Tables = append(f.Tables, t)
	}
	f.Rest = "Tables: second by second"
	for i, t := range lines {
		if len(t.moments) > 0 {
			f.RestTables = append(f.RestTables, momentsTable(c, i, t))
		}
	}
	return f
}

// inWords says all of a moment.
func (m moment) inWords(rounds int) string {
	text := fmt.Sprintf("%s: p50 %s, p99 %s, longest %s, %s", m.title(rounds), timeOr(m.p50), timeOr(m.p99), timeOr(m.most), rate(m.perSecond))
	if m.errors > 0 {
		text += ", " + grouped(m.errors) + " failed"
	}
	return text
}

func timeOr(ns float64) string {
	if math.IsNaN(ns) {
		return "–"
	}
	return duration(ns)
}

// momentsNote says what a picture over time leaves out.
func momentsNote(lines []timeline) (notes []string) {
	together, left := 1, 0
	for _, t := range lines {
		together, left = max(together, t.together), max(left, t.left)
	}
	if together > 1 {
		notes = append(notes, fmt.Sprintf("Up to %d rows of a series are put together: of their p50 the middle one, of the rest the worst.", together))
	}
	if left > 0 {
		notes = append(notes, fmt.Sprintf("The first %d rounds are drawn; %d more are in the figures only.", mostRounds, left))
	}
	return notes
}

func eventsTable(c *Comparison, lines []timeline) pageTable {
	const most = 100
	t := pageTable{ID: "events-table", Caption: "Events", Words: true, Head: []string{"Target", "Round", "Second", "Kind", "What"}}
	left := 0
	for i, line := range lines {
		for _, m := range line.marks {
			if len(t.Rows) == most {
				left++
				continue
			}
			t.Rows = append(t.Rows, pageRow{Name: nameOnPage(c.Rows[i].Name), Cells: wordCells(fmt.Sprint(m.round), fmt.Sprintf("%.1f", m.second), m.kind, m.text)})
		}
	}
	if left > 0 {
		t.Note = fmt.Sprintf("%d more are left out.", left)
	}
	return t
}

// momentsTable is what the pictures over time show of one target.
func momentsTable(c *Comparison, row int, line timeline) pageTable {
	t := pageTable{
		ID: fmt.Sprintf("moments-%d", row+1), Caption: "Second by second: " + nameOnPage(c.Rows[row].Name),
		Plain: true, Head: []string{"Second", "ops/s", "Failed", "p50", "p99", "Longest", "Client’s fds", "Server’s fds"},
	}
	text := func(s string) pageCell { return pageCell{Parts: []cellPart{{Text: s}}} }
	number := func(v float64) string {
		if math.IsNaN(v) {
			return "–"
		}
		return count(v)
	}
	round := 0
	for _, m := range line.moments {
		if m.round != round && len(line.rounds) > 1 {
			round = m.round
			t.Rows = append(t.Rows, pageRow{Name: fmt.Sprintf("Round %d", round), Group: true})
		}
		name := fmt.Sprint(m.second) + m.aside()
		t.Rows = append(t.Rows, pageRow{Name: name, Cells: []pageCell{
			text(count(m.perSecond)), text(grouped(m.errors)), text(timeOr(m.p50)), text(timeOr(m.p99)), text(timeOr(m.most)),
			text(number(m.client)), text(number(m.server)),
		}})
	}
	return t
}

// throughputFigure draws operations a second.
func throughputFigure(c *Comparison, lines []timeline) *figure {
	f := overTime(c, "throughput", "Operations a second over time", lines, func(p *plot.Picture, row int) string {
		t, most := lines[row], 0.0
		for _, m := range t.moments {
			most = max(most, m.perSecond)
		}
		p.Y = plot.FromZero(most)
		timeAxis(p, t)
		p.YAxis(axisCount)
		points := t.of(func(m moment) float64 { return m.unlessDrain(m.perSecond) })
		zero := t.of(func(moment) float64 { return 0 })
		p.Band(class("band", row), zero, points)
		p.Line(class("line thin", row), points)
		events(p, t)
		for _, m := range spokenFor(t) {
			p.Named(class("point quiet", row), row, plot.Point{X: m.at, Y: m.perSecond}, m.title(len(t.rounds))+": "+rate(m.perSecond))
		}
		if done := c.Rows[row].Figures["throughput"]; done.Value != nil {
			return rate(*done.Value) + " in all"
		}
		return ""
	})
	if f != nil {
		f.Lead = append([]string{"Each panel has its own scale from zero: look for dips and drift here, and for sizes in the table."}, drawnNote(c)...)
		f.After = []string{"The tables under “Latency over time” have these figures too."}
	}
	return f
}

// descriptorFigure draws the open file descriptors of both sides.
func descriptorFigure(c *Comparison, lines []timeline) *figure {
	const near = 2 // times the highest of the picture
	most := 0.0
	for _, t := range lines {
		for _, m := range t.moments {
			most = worstOf(most, m.client, m.server)
		}
	}
	if most == 0 {
		return nil
	}
	limit := func(row int, server bool) float64 {
		d := c.Results[row].Summary.FileDescriptors.Client
		if server {
			d = c.Results[row].Summary.FileDescriptors.Server
		}
		if d == nil || d.Limit == nil {
			return math.NaN()
		}
		return float64(*d.Limit)
	}
	top := most
	for i := range lines {
		for _, server := range []bool{false, true} {
			if l := limit(i, server); l <= near*most {
				top = max(top, l)
			}
		}
	}
	f := overTime(c, "descriptors", "File descriptors over time", lines, func(p *plot.Picture, row int) string {
		t := lines[row]
		p.Y = plot.FromZero(top * 1.02)
		p.Frame.Width -= 62
		timeAxis(p, t)
		p.YAxis(axisCount)
		events(p, t)
		var ends []float64
		var labels []string
		var beyond []string
		for k, side := range []struct {
			name, class string
			of          func(moment) float64
		}{{"client", "line thin", func(m moment) float64 { return m.client }}, {"server", "line thin dashed", func(m moment) float64 { return m.server }}} {
			switch l := limit(row, k == 1); {
			case l <= near*most:
				p.Rule("limit", l, side.name+"’s limit "+grouped(uint64(l)))
			case l > 0:
				beyond = append(beyond, side.name+" "+grouped(uint64(l)))
			}
			last := math.NaN()
			for _, m := range t.moments {
				if v := side.of(m); !math.IsNaN(v) {
					last = v
				}
			}
			if math.IsNaN(last) {
				continue
			}
			p.Line(class(side.class, row), t.of(side.of))
			ends, labels = append(ends, p.PlaceY(last)), append(labels, side.name+" "+count(last))
		}
		labelEnds(p, t, ends, labels)
		for _, m := range spokenFor(t) {
			at := worstOf(0, m.client, m.server)
			p.Named(class("point quiet", row), row, plot.Point{X: m.at, Y: at}, fmt.Sprintf("%s: client %s, server %s", m.title(len(t.rounds)), countOr(m.client), countOr(m.server)))
		}
		return prefixed("limit: ", strings.Join(beyond, ", "))
	})
	if f == nil {
		return nil
	}
	f.Lead = append([]string{"Solid: the client’s; dashed: the server’s. All panels have the same scale; a limit is a line where it is near, and else said beside the name."}, drawnNote(c)...)
	table := pageTable{ID: "descriptors-table", Caption: "File descriptors", Head: []string{"Target"}}
	keys := []string{"_fds_idle", "_fds", "_fds_per_worker"}
	for _, side := range sides {
		table.Head = append(table.Head, side+" idle", side+" peak", side+" per worker", side+" limit")
	}
	for i := range lines {
		row := pageRow{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		for k, side := range sides {
			for _, key := range keys {
				row.Cells = append(row.Cells, pageCell{Parts: pageFigure(columnOf(c.Columns, side+key), c.Rows[i].Figures[side+key]).Parts})
			}
			row.Cells = append(row.Cells, pageCell{Parts: []cellPart{{Text: countOr(limit(i, k == 1)), Reason: "none, or unknown"}}})
		}
		table.Rows = append(table.Rows, row)
	}
	f.Tables = []pageTable{table}
	return f
}

// labelEnds names lines at their ends, which are at these heights in pixels.
func labelEnds(p *plot.Picture, t timeline, ends []float64, labels []string) {
	for k, y := range plot.Spread(ends, 14, p.Frame.Top+4, p.Frame.Top+p.Frame.Height-3) {
		p.Text("label", p.PlaceX(t.length)+6, y+4, labels[k])
	}
}

func countOr(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return count(v)
}

// worstOf is the greatest of those that are numbers.
func worstOf(so float64, vs ...float64) float64 {
	for _, v := range vs {
		if v > so {
			so = v
		}
	}
	return so
}
