package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"

	"github.com/sessionbench/bench/report/plot"
)

func axisPercentile(q float64) string { return strconv.FormatFloat(q, 'f', -1, 64) + " %" }

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
