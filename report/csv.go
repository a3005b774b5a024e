package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// writeCSV writes a line a figure, with its value as it was computed.
func writeCSV(w io.Writer, c *Comparison, _ Style) error {
	out := csv.NewWriter(w)
	out.Write([]string{
		"name", "id", "target", "scenario", "backend", "client", "durability",
		"metric", "unit", "value", "at_least", "ratio", "best", "reason",
	})
	for i := range c.Rows {
		r := &c.Rows[i]
		for _, column := range c.Columns {
			f := r.Figures[column.Key]
			value := number(f.Value)
			if f.Unbounded {
				value = "inf"
			}
			out.Write([]string{
				text(r.Name), text(r.ID), text(r.Target), text(r.Scenario), r.Backend, r.Client, r.Durability,
				column.Key, string(column.Unit), value, strconv.FormatBool(f.AtLeast), number(f.Ratio),
				strconv.FormatBool(f.Best), text(f.Reason),
			})
		}
	}
	out.Flush()
	return out.Error()
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
