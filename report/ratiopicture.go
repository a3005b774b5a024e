package report

import (
	"fmt"
	"html/template"
	"math"

	"github.com/sessionbench/bench/report/plot"
)

// axisRatio writes a round ratio as timesOrParts does.
func axisRatio(r float64) string {
	units := append([]unit{{"", 1, false}}, countUnits...)
	if r < 1 {
		return "÷" + tight(axisNumber(1/r, units))
	}
	return "×" + tight(axisNumber(r, units))
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
