package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sessionbench/bench/report/plot"
)

// figure is one subject in pictures, with the tables of what they show.
type figure struct {
	ID, Heading string
	Lead        []string      // how to read it
	Wide        template.HTML // one picture for all targets, for a wide page
	Narrow      template.HTML // and for a phone
	Panels      []panel       // or one a target
	After       []string
	Open        bool // its tables are shown at once
	Tables      []pageTable
	Rest        string // the summary of further tables, which are many
	RestTables  []pageTable
}

// panel is the picture of one target.
type panel struct {
	Name    string
	Swatch  template.HTML
	Picture template.HTML // empty: Note says why
	Note    string
}

// Widths of pictures, in pixels of a page and of a phone.
const (
	wideWidth   = 1072
	narrowWidth = 356
	panelWidth  = 356
	panelHeight = 196
)

// figures draws the first few targets.
func figures(c *Comparison) ([]figure, error) {
	n := min(len(c.Rows), mostDrawn)
	curves := make([]curve, n)
	timelines := make([]timeline, n)
	for i, r := range c.Results[:n] {
		var err error
		if curves[i], err = curveOf(r); err != nil {
			return nil, err
		}
		timelines[i] = timelineOf(r)
	}
	var all []figure
	for _, f := range []*figure{
		ratioFigure(c, n), curveFigure(c, curves), latencyFigure(c, timelines), throughputFigure(c, timelines),
		descriptorFigure(c, timelines), costFigure(c, n), storageFigure(c),
	} {
		if f != nil {
			all = append(all, *f)
		}
	}
	return all, nil
}

// class is the class of what belongs to a row, which gives it its colour.
func class(kind string, row int) string { return fmt.Sprintf("%s c%d", kind, row+1) }

// labelOf is a row's name beside its line.
func labelOf(c *Comparison, row, columns int) string { return cut(oneLine(c.Rows[row].Name), columns) }

// axisTime writes a round time: "200 µs".
func axisTime(ns float64) string { return axisNumber(ns, timeUnits) }

// axisCount writes a round number: "20 k".
func axisCount(n float64) string {
	return axisNumber(n, append([]unit{{"", 1, false}}, countUnits...))
}

// axisRatio writes a round ratio as timesOrParts does.
func axisRatio(r float64) string {
	units := append([]unit{{"", 1, false}}, countUnits...)
	if r < 1 {
		return "÷" + tight(axisNumber(1/r, units))
	}
	return "×" + tight(axisNumber(r, units))
}

func axisPercentile(q float64) string { return strconv.FormatFloat(q, 'f', -1, 64) + " %" }

// axisNumber writes a number as short as it is.
func axisNumber(v float64, units []unit) string {
	at := units[0]
	for _, u := range units {
		if math.Abs(v) >= u.size*(1-1e-9) {
			at = u
		}
	}
	return strconv.FormatFloat(v/at.size, 'g', 4, 64) + at.name
}

// both draws a picture for a wide page and for a phone.
func (f *figure) both(draw func(id string, width float64, narrow bool) template.HTML) *figure {
	f.Wide, f.Narrow = draw(f.ID+"-wide", wideWidth, false), draw(f.ID+"-narrow", narrowWidth, true)
	return f
}

// drawnNote says which targets pictures leave out.
func drawnNote(c *Comparison) []string {
	if len(c.Rows) <= mostDrawn {
		return nil
	}
	return []string{fmt.Sprintf("The first %d of %d targets are drawn; the tables further down have all.", mostDrawn, len(c.Rows))}
}

// ratioFigure sets throughput and p99 beside the reference's, with their intervals.
func ratioFigure(c *Comparison, n int) *figure {
	keys := append([]string{"throughput"}, lastOf(shortPercentiles(c))...)
	low, high := 1.0, 1.0
	any := false
	for i := 1; i < n; i++ {
		for _, key := range keys {
			f := c.Rows[i].Figures[key]
			if f.Ratio == nil || !(*f.Ratio > 0) {
				continue
			}
			any = true
			low, high = min(low, *f.Ratio), max(high, *f.Ratio)
			if f.Interval != nil {
				low, high = min(low, f.Interval.Low), max(high, f.Interval.High)
			}
		}
	}
	if !any || !(low > 0) || math.IsInf(high, 0) {
		return nil
	}
	f := &figure{ID: "ratios", Heading: "Against " + nameOnPage(c.Rows[0].Name)}
	f.Lead = []string{"Each mark is a ratio to the first target; the line through it is where the true ratio lies in 95 of 100 cases. A line that crosses ×1 tells nothing."}
	f.Lead = append(f.Lead, drawnNote(c)...)
	table := pageTable{ID: "ratios-table", Caption: "Ratios to " + nameOnPage(c.Rows[0].Name), Head: append([]string{"Target"}, titlesOf(c, keys)...)}
	for i := 1; i < n; i++ {
		row := pageRow{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		for _, key := range keys {
			row.Cells = append(row.Cells, pageFigure(columnOf(c.Columns, key), c.Rows[i].Figures[key]))
		}
		table.Rows = append(table.Rows, row)
	}
	f.Tables = []pageTable{table}
	return f.both(func(id string, width float64, narrow bool) template.HTML {
		const rowHeight = 46
		left, right := 150.0, 170.0
		if narrow {
			left, right = 74, 92
		}
		p := &plot.Picture{
			ID: id, Title: "Ratios of throughput and of the longest percentile to the first target, with intervals",
			Width: width, Height: 16 + rowHeight*float64(n-1) + 28,
			Frame: plot.Frame{Left: left, Top: 12, Width: width - left - right, Height: rowHeight*float64(n-1) + 4},
			X:     plot.RoundOut(low, high), Y: plot.Linear{Low: 0, High: 1},
		}
		ticks := p.X.Ticks(int(p.Frame.Width / 64))
		p.Grid(ticks)
		p.Baseline(ticks, axisRatio)
		p.Upright("unity", 1)
		for i := 1; i < n; i++ {
			middle := p.Frame.Top + rowHeight*(float64(i)-.5) + 2
			columns := nameWidth
			if narrow {
				columns = 10
			}
			p.Text("label end", left-10, middle+4, labelOf(c, i, columns))
			for k, key := range keys {
				figure := c.Rows[i].Figures[key]
				if figure.Ratio == nil || !(*figure.Ratio > 0) {
					continue
				}
				y := middle - 9 + 18*float64(k)
				if figure.Interval != nil && figure.Interval.Low > 0 {
					p.Whisker(class("whisker", i), figure.Interval.Low, figure.Interval.High, y)
				}
				title := titlesOf(c, []string{key})[0]
				text := fmt.Sprintf("%s: %s %s", title, timesOrParts(*figure.Ratio), figure.Verdict)
				p.NamedAt(class("point", i), k, *figure.Ratio, y, labelOf(c, i, nameWidth)+", "+text)
				short := map[bool]string{true: key, false: title}[narrow]
				if narrow && key == "throughput" {
					short = "ops/s"
				}
				p.Text("tick", p.Right()+10, y+4, short+" "+string(figure.Verdict))
			}
		}
		return p.SVG()
	})
}

func lastOf(texts []string) []string { return texts[max(0, len(texts)-1):] }

func titlesOf(c *Comparison, keys []string) (titles []string) {
	for _, key := range keys {
		titles = append(titles, columnTitles([]Column{columnOf(c.Columns, key)})...)
	}
	return titles
}

// curveFigure draws latency by percentile.
func curveFigure(c *Comparison, curves []curve) *figure {
	f := &figure{ID: "percentiles", Heading: "Latency by percentile"}
	low, high := math.Inf(1), 0.0
	for _, curve := range curves {
		for _, p := range curve.points {
			if p.ns > 0 {
				low, high = min(low, p.ns), max(high, p.ns)
			}
		}
	}
	if high == 0 {
		return nil
	}
	f.Lead = []string{"How long the slowest operations take: each step to the right is ten times rarer. Failures count as slower than any success, so that a curve ends where they begin (×)."}
	f.Lead = append(f.Lead, drawnNote(c)...)
	table := pageTable{ID: "percentiles-table", Caption: "Latency by percentile", Head: []string{"Target"}}
	for _, q := range named {
		table.Head = append(table.Head, axisPercentile(q))
	}
	table.Head = append(table.Head, "Failures from")
	for i, curve := range curves {
		row := pageRow{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		for _, q := range named {
			part := cellPart{Text: "–", Reason: curve.why(q)}
			if ns, ok := curve.at(q); ok {
				part = cellPart{Text: duration(ns)}
			}
			row.Cells = append(row.Cells, pageCell{Parts: []cellPart{part}})
		}
		from := "no failure"
		if curve.failedFrom < 100 {
			from = "the " + strconv.FormatFloat(curve.failedFrom, 'f', 2, 64) + "th"
		}
		row.Cells = append(row.Cells, pageCell{Parts: []cellPart{{Text: from}}})
		table.Rows = append(table.Rows, row)
	}
	f.Tables = []pageTable{table}
	return f.both(func(id string, width float64, narrow bool) template.HTML {
		height, right, columns := 400.0, 150.0, 20
		if narrow {
			height, right, columns = 320, 78, 10
		}
		p := &plot.Picture{
			ID: id, Title: "Latency by percentile, both on logarithmic scales", Width: width, Height: height,
			Frame: plot.Frame{Left: 58, Top: 12, Width: width - 58 - right, Height: height - 44},
			X:     plot.Percentiles{Most: 99.99}, Y: plot.RoundOut(low, high),
		}
		p.YAxis(axisTime)
		p.Grid(named)
		p.XAxis(axisPercentile)
		var ends []float64
		var rows []int
		for i, curve := range curves {
			if len(curve.points) == 0 {
				continue
			}
			var points []plot.Point
			for _, at := range curve.points {
				points = append(points, plot.Point{X: at.q, Y: at.ns})
			}
			p.Line(class("line", i), points)
			last := points[len(points)-1]
			if curve.failedFrom < 99.99 {
				p.Text("cross mid "+class("", i), p.PlaceX(last.X), p.PlaceY(last.Y)+5, "×")
			}
			ends, rows = append(ends, p.PlaceY(last.Y)), append(rows, i)
		}
		for k, y := range plot.Spread(ends, 15, p.Frame.Top+4, p.Frame.Top+p.Frame.Height-2) {
			i := rows[k]
			last := curves[i].points[len(curves[i].points)-1]
			p.Leader(class("leader", i), p.PlaceX(last.q)+7, ends[k], p.Right()+8, y)
			p.Text(class("label", i), p.Right()+11, y+4, labelOf(c, i, columns))
		}
		for i, curve := range curves {
			for _, q := range named {
				if ns, ok := curve.at(q); ok {
					p.Named(class("point", i), i, plot.Point{X: q, Y: ns}, fmt.Sprintf("%s, %s: %s", labelOf(c, i, nameWidth), axisPercentile(q), duration(ns)))
				}
			}
		}
		return p.SVG()
	})
}

// why a curve has no value at a percentile.
func (c curve) why(q float64) string {
	switch {
	case c.reason != "":
		return c.reason
	case q > c.failedFrom:
		return "it lies among the failures"
	}
	return "there are too few operations to tell"
}

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
		end := p.PlaceX(t.length)
		for k, y := range plot.Spread(ends, 14, p.Frame.Top+4, p.Frame.Top+p.Frame.Height-3) {
			p.Text("label", end+6, y+4, labels[k])
		}
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

// costFigure splits the mean operation by call.
func costFigure(c *Comparison, n int) *figure {
	const comparable = 30 // times the least, from where on bars of one scale show nothing
	all := make([][]callCost, n)
	least, most := math.Inf(1), 0.0
	names := []string{}
	for i := range all {
		all[i] = costsOf(&c.Results[i].Summary)
		if sum := total(all[i]); sum > 0 {
			least, most = min(least, sum), max(most, sum)
		}
		for _, cost := range all[i] {
			if !slices.Contains(names, cost.name) {
				names = append(names, cost.name)
			}
		}
	}
	if most == 0 {
		return nil
	}
	shares := most > comparable*least
	f := &figure{ID: "costs", Heading: "What an operation costs, by call"}
	f.Lead = []string{"The time of the mean operation: how many calls of each kind it makes, times their mean."}
	if shares {
		f.Lead[0] += " The targets are too far apart for one scale, so that each bar is of the same length and shows shares; the sums stand beside them."
	}
	f.Lead = append(f.Lead, drawnNote(c)...)
	table := pageTable{ID: "costs-table", Caption: "The mean operation by call", Head: []string{"Target"}}
	for _, name := range names {
		table.Head = append(table.Head, oneLine(cut(name, nameWidth)))
	}
	table.Head = append(table.Head, "Sum")
	for i := range all {
		row := pageRow{Name: nameOnPage(c.Rows[i].Name), Swatch: swatch(i)}
		for _, name := range names {
			cell := pageCell{Parts: []cellPart{{Text: "–", Reason: "no such call succeeded"}}}
			for _, cost := range all[i] {
				if cost.name == name {
					cell = pageCell{Parts: []cellPart{{Text: duration(cost.ns)}}, Under: digits(cost.perOperation) + " × " + duration(cost.mean)}
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append(row.Cells, pageCell{Parts: []cellPart{{Text: duration(total(all[i]))}}})
		table.Rows = append(table.Rows, row)
	}
	f.Tables = []pageTable{table}
	return f.both(func(id string, width float64, narrow bool) template.HTML {
		const rowHeight = 34
		left, right, columns := 150.0, 90.0, 20
		if narrow {
			left, right, columns = 74, 62, 9
		}
		high := most
		if shares {
			high = 1
		}
		p := &plot.Picture{
			ID: id, Title: "The mean operation's time, split by call", Width: width, Height: 26 + rowHeight*float64(n) + 4,
			Frame: plot.Frame{Left: left, Top: 22, Width: width - left - right, Height: rowHeight * float64(n)},
			X:     plot.Linear{Low: 0, High: high}, Y: plot.Linear{Low: 0, High: 1},
		}
		at := left
		for k, name := range names {
			text := oneLine(cut(name, 10))
			p.Key(fmt.Sprintf("bar k%d", k%4+1), at, 3, text)
			at += float64(textWidth(text))*7 + 34
		}
		for i := range all {
			top := p.Frame.Top + rowHeight*float64(i) + 7
			p.Text("label end", left-10, top+15, labelOf(c, i, columns))
			sum := total(all[i])
			if sum == 0 {
				p.Text("tick", left, top+15, "nothing succeeded")
				continue
			}
			from := 0.0
			for _, cost := range all[i] {
				size := cost.ns
				if shares {
					size /= sum
				}
				share := 100 * cost.ns / sum
				class := fmt.Sprintf("bar k%d", slices.Index(names, cost.name)%4+1)
				p.Bar(class, from, from+size, top, 22, fmt.Sprintf("%s, %s: %s, %.0f %% of an operation; %s calls of %s", labelOf(c, i, nameWidth), oneLine(cut(cost.name, nameWidth)), duration(cost.ns), share, digits(cost.perOperation), duration(cost.mean)))
				if (p.X.Place(from+size)-p.X.Place(from))*p.Frame.Width > 40 {
					p.Text("inside mid "+class, (p.PlaceX(from)+p.PlaceX(from+size))/2, top+15, fmt.Sprintf("%.0f %%", share))
				}
				from += size
			}
			p.Text("label", p.PlaceX(from)+8, top+15, duration(sum))
		}
		return p.SVG()
	})
}

// storageFigure is what the sessions take, of which results have the beginning and
// the end only.
func storageFigure(c *Comparison) *figure {
	f := &figure{ID: "storage", Heading: "Storage, dead rows and expired sessions", Open: true}
	f.Lead = []string{"As they were before the first round and at the end of the last; how they grew meanwhile is not measured."}
	t := pageTable{ID: "storage-table", Caption: "Storage", Head: []string{"Target", "Bytes at the start", "Bytes at the end", "Dead rows", "Expired sessions still there"}}
	any := false
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
	if !any {
		return nil
	}
	f.Tables = []pageTable{t}
	return f
}
