// Package plot draws figures as pictures: scales with round ticks, lines, bands,
// bars and marks, as SVG to stand in a page of HTML.
//
// A picture has its title, and every point that it is asked to name can be reached
// by keyboard and says its figure. Colours, widths and dashes are the page's: what
// is drawn has classes, so that one style sheet makes it fit dark and light paper.
// Whatever text it is given is shown as text.
package plot

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Point is a place in the units of the scales. A NaN is a gap in what is drawn.
type Point struct{ X, Y float64 }

// Frame is the part of a picture where figures are, in pixels.
type Frame struct{ Left, Top, Width, Height float64 }

// Picture is a drawing. Its zero value but for the fields is ready; it is drawn in
// the order of the calls.
type Picture struct {
	ID            string // unique in the page
	Title         string // what it shows, for who doesn't see it
	Width, Height float64
	Frame         Frame
	X, Y          Scale
	body          strings.Builder
}

// SVG is the whole picture.
func (p *Picture) SVG() template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %s %s" role="group" aria-labelledby="%s"><title id="%s">%s</title>%s</svg>`,
		px(p.Width), px(p.Height), escape(p.ID), escape(p.ID), escape(p.Title), p.body.String()))
}

func escape(s string) string { return html.EscapeString(s) }

// px writes a length with one digit after the point, if it needs one.
func px(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // and not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// PlaceX is where a value of X lies, in pixels.
func (p *Picture) PlaceX(v float64) float64 { return p.Frame.Left + p.X.Place(v)*p.Frame.Width }

// PlaceY is where a value of Y lies, in pixels.
func (p *Picture) PlaceY(v float64) float64 { return p.Frame.Top + (1-p.Y.Place(v))*p.Frame.Height }

// Right is the frame's right side, in pixels.
func (p *Picture) Right() float64 { return p.Frame.Left + p.Frame.Width }

// Bottom is the frame's lower side, in pixels.
func (p *Picture) Bottom() float64 { return p.Frame.Top + p.Frame.Height }

func (p *Picture) add(format string, args ...any) { fmt.Fprintf(&p.body, format, args...) }

// axisRoom is how many pixels a label wants along an axis.
const (
	roomAcross = 58
	roomUp     = 30
)

// YAxis draws a quiet line across and a label for each tick.
func (p *Picture) YAxis(label func(float64) string) {
	var d strings.Builder
	ticks := p.Y.Ticks(int(p.Frame.Height / roomUp))
	for _, v := range ticks {
		fmt.Fprintf(&d, "M%s %sH%s", px(p.Frame.Left), px(p.PlaceY(v)), px(p.Right()))
	}
	p.add(`<path class="grid" d="%s"/>`, d.String())
	for _, v := range ticks {
		p.Text("tick end", p.Frame.Left-6, p.PlaceY(v)+4, label(v))
	}
}

// XAxis draws the base line, with a label for each tick.
func (p *Picture) XAxis(label func(float64) string) {
	p.Baseline(p.X.Ticks(int(p.Frame.Width/roomAcross)), label)
}

// Baseline draws the base line with labels at these values.
func (p *Picture) Baseline(ticks []float64, label func(float64) string) {
	d := fmt.Sprintf("M%s %sH%s", px(p.Frame.Left), px(p.Bottom()), px(p.Right()))
	for _, v := range ticks {
		d += fmt.Sprintf("M%s %sv4", px(p.PlaceX(v)), px(p.Bottom()))
	}
	p.add(`<path class="axis" d="%s"/>`, d)
	for _, v := range ticks {
		p.Text("tick mid", p.PlaceX(v), p.Bottom()+16, label(v))
	}
}

// Grid draws a quiet line up at these values.
func (p *Picture) Grid(at []float64) {
	var d strings.Builder
	for _, v := range at {
		fmt.Fprintf(&d, "M%s %sV%s", px(p.PlaceX(v)), px(p.Frame.Top), px(p.Bottom()))
	}
	p.add(`<path class="grid" d="%s"/>`, d.String())
}

// Text stands at a place in pixels. The classes mid and end say which of its ends is
// there.
func (p *Picture) Text(class string, x, y float64, text string) {
	p.add(`<text class="%s" x="%s" y="%s">%s</text>`, escape(class), px(x), px(y), escape(text))
}

// Line goes from point to point, with a gap at each NaN. A point alone between gaps
// is a dot.
func (p *Picture) Line(class string, points []Point) {
	if d := p.path(points); d != "" {
		p.add(`<path class="%s" d="%s"/>`, escape(class), d)
	}
}

func (p *Picture) path(points []Point) string {
	var d pathData
	for i, at := range points {
		if !drawn(points, i) {
			continue
		}
		before, after := drawn(points, i-1), drawn(points, i+1)
		switch {
		case before && after && points[i-1].Y == at.Y && points[i+1].Y == at.Y:
			// in the middle of a level stretch
		case before:
			d.line(p.PlaceX(at.X), p.PlaceY(at.Y))
		default:
			d.move(p.PlaceX(at.X), p.PlaceY(at.Y))
			if !after {
				d.dot()
			}
		}
	}
	return d.String()
}

func drawn(points []Point, i int) bool {
	return i >= 0 && i < len(points) && !math.IsNaN(points[i].X) && !math.IsNaN(points[i].Y)
}

// Band fills the room between two lines of the same length, with a gap where either
// has a NaN.
func (p *Picture) Band(class string, low, high []Point) {
	var d pathData
	gap := func(i int) bool { return !drawn(low, i) || !drawn(high, i) }
	for from := 0; from < len(low); from++ {
		if gap(from) {
			continue
		}
		to := from
		for to < len(low) && !gap(to) {
			to++
		}
		d.move(p.PlaceX(high[from].X), p.PlaceY(high[from].Y))
		for _, at := range high[from+1 : to] {
			d.line(p.PlaceX(at.X), p.PlaceY(at.Y))
		}
		for _, at := range slices.Backward(low[from:to]) {
			d.line(p.PlaceX(at.X), p.PlaceY(at.Y))
		}
		d.end(p.PlaceX(high[from].X), p.PlaceY(high[from].Y))
		from = to
	}
	if text := d.String(); text != "" {
		p.add(`<path class="%s" d="%s"/>`, escape(class), text)
	}
}

// Dots are single points.
func (p *Picture) Dots(class string, points []Point) {
	var d pathData
	for i, at := range points {
		if drawn(points, i) {
			d.move(p.PlaceX(at.X), p.PlaceY(at.Y))
			d.dot()
		}
	}
	if text := d.String(); text != "" {
		p.add(`<path class="%s" d="%s"/>`, escape(class), text)
	}
}

// Span fills the whole height between two values of X.
func (p *Picture) Span(class string, from, to float64, text string) {
	p.add(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s`, escape(class), px(p.PlaceX(from)), px(p.Frame.Top),
		px(max(1, p.PlaceX(to)-p.PlaceX(from))), px(p.Frame.Height), p.named(text))
	p.close("rect", text)
}

// Rule is a line across at a value of Y, with its text above its right end.
func (p *Picture) Rule(class string, v float64, text string) {
	p.add(`<path class="%s" d="M%s %sH%s"/>`, escape(class), px(p.Frame.Left), px(p.PlaceY(v)), px(p.Right()))
	p.Text("tick end", p.Right(), p.PlaceY(v)-4, text)
}

// Upright is a line up at a value of X.
func (p *Picture) Upright(class string, v float64) {
	p.add(`<path class="%s" d="M%s %sV%s"/>`, escape(class), px(p.PlaceX(v)), px(p.Frame.Top), px(p.Bottom()))
}

// Mark is a flag at the top of a value of X, with a line down from it: something
// happened then.
func (p *Picture) Mark(class string, v float64, text string) {
	x, top := p.PlaceX(v), p.Frame.Top
	p.add(`<g class="%s"%s`, escape(class), p.named(text))
	p.add(`><path class="pole" d="M%s %sV%s"/><path class="flag" d="M%s %sl-4 -7h8z"/>`, px(x), px(top), px(p.Bottom()), px(x), px(top))
	if text != "" {
		p.add(`<title>%s</title>`, escape(text))
	}
	p.add(`</g>`)
}

// Bar fills a rectangle from one value of X to another, in pixels up and down; text
// is what it says when it is pointed at.
func (p *Picture) Bar(class string, from, to, top, height float64, text string) {
	p.add(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s`, escape(class), px(p.PlaceX(from)), px(top),
		px(max(0, p.PlaceX(to)-p.PlaceX(from))), px(height), p.named(text))
	p.close("rect", text)
}

// Whisker is a line from one value of X to another, with ends, at a height in pixels.
func (p *Picture) Whisker(class string, from, to, y float64) {
	p.add(`<path class="%s" d="M%s %sv8m0 -4H%sm0 -4v8"/>`, escape(class), px(p.PlaceX(from)), px(y-4), px(p.PlaceX(to)))
}

// Named is a point that says its figure, to the pointer and to the keyboard. The
// shape is one of Shapes, counted on in a circle.
func (p *Picture) Named(class string, shape int, at Point, text string) {
	if math.IsNaN(at.X) || math.IsNaN(at.Y) {
		return
	}
	p.namedAt(class, shape, p.PlaceX(at.X), p.PlaceY(at.Y), text)
}

// NamedAt is Named at a height in pixels.
func (p *Picture) NamedAt(class string, shape int, x, y float64, text string) {
	p.namedAt(class, shape, p.PlaceX(x), y, text)
}

func (p *Picture) namedAt(class string, shape int, x, y float64, text string) {
	p.add(`<path class="%s" d="%s"%s`, escape(class), Shape(shape, x, y), p.named(text))
	p.close("path", text)
}

// named are the attributes of something that can be reached by keyboard. Its name is
// the title that close writes.
func (p *Picture) named(text string) string {
	if text == "" {
		return ""
	}
	return ` tabindex="0" role="img"`
}

func (p *Picture) close(element, text string) {
	if text == "" {
		p.add("/>")
		return
	}
	p.add("><title>%s</title></%s>", escape(text), element)
}

// Leader is a line between two places in pixels, from a figure to its label.
func (p *Picture) Leader(class string, x, y, toX, toY float64) {
	p.add(`<path class="%s" d="M%s %sL%s %s"/>`, escape(class), px(x), px(y), px(toX), px(toY))
}

// Key is a sample of a class with its name, at a place in pixels.
func (p *Picture) Key(class string, x, y float64, text string) {
	p.add(`<rect class="%s" x="%s" y="%s" width="12" height="12"/>`, escape(class), px(x), px(y))
	p.Text("label", x+17, y+10, text)
}
