package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
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
		descriptorFigure(c, timelines), costFigure(c, n), storageFigure(c, timelines),
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
