package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// writeCSV writes a line a figure, with its value as it was computed: those of the
// rows, and then those of each kind of operation and of call.
func writeCSV(w io.Writer, c *Comparison, _ Style) error {
	out := csv.NewWriter(w)
	out.Write([]string{
		"name", "id", "target", "scenario", "backend", "client", "durability", "part",
		"metric", "unit", "value", "at_least", "ratio", "ratio_low", "ratio_high", "verdict", "best", "reason",
	})
	for i := range c.Rows {
		csvFigures(out, &c.Rows[i], "", c.Columns, c.Rows[i].Figures)
	}
	for _, part := range c.Parts {
		for i := range c.Rows {
			if part.Figures[i] != nil {
				csvFigures(out, &c.Rows[i], part.Kind+" "+part.Name, part.Columns, part.Figures[i])
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvFigures(out *csv.Writer, r *Row, part string, columns []Column, figures map[string]Figure) {
	for _, column := range columns {
		f := figures[column.Key]
		value, low, high := number(f.Value), "", ""
		if f.Unbounded {
			value = "inf"
		}
		if f.Interval != nil {
			low, high = number(&f.Interval.Low), number(&f.Interval.High)
		}
		out.Write([]string{
			text(r.Name), text(r.ID), text(r.Target), text(r.Scenario), r.Backend, r.Client, r.Durability, text(part),
			column.Key, string(column.Unit), value, strconv.FormatBool(f.AtLeast), number(f.Ratio), low, high,
			string(f.Verdict), strconv.FormatBool(f.Best), text(f.Reason),
		})
	}
}

func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// text keeps a spreadsheet from taking somebody's label for a formula.
func text(s string) string {
	s = oneLine(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
