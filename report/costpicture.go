package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/sessionbench/bench/report/plot"
)

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
