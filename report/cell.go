package report

import (
	"strconv"
	"strings"
)

// cell writes a figure in its column's unit; what is missing is "–", and what
// lies among the failures "∞".
func cell(c Column, f Figure) string {
	switch {
	case f.Unbounded:
		return "∞"
	case f.Value == nil:
		return "–"
	}
	text := inUnit(c.Unit, *f.Value)
	if f.AtLeast {
		return "≥" + text
	}
	return text
}

func inUnit(u Unit, v float64) string {
	switch u {
	case PerSecond:
		return rate(v)
	case Nanosecond:
		return duration(v)
	case PercentOf:
		return percent(v)
	case CPUPer1000:
		return cpuPerOperation(v)
	case Bytes:
		return size(v)
	}
	return count(v)
}

// errorsCell is the number of failures with their share.
func errorsCell(r *Row) string {
	n, share := r.Figures["errors"], r.Figures["error_percent"]
	if n.Value == nil {
		return "–"
	}
	if *n.Value == 0 {
		return "0"
	}
	return count(*n.Value) + " (" + percent(*share.Value) + ")"
}

// tight takes the blanks out of a cell, for a table that must be narrow.
func tight(s string) string {
	return strings.NewReplacer(" ", "", "(", " (").Replace(s)
}

// bothSides writes client+server, each marked when it is the best of its column.
func bothSides(r *Row, key string, write func(float64) string) string {
	var parts []string
	for _, side := range []string{"client_", "server_"} {
		f := r.Figures[side+key]
		part := "–"
		if f.Value != nil {
			part = write(*f.Value)
		}
		if f.Best {
			part += "*"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "+")
}

// microseconds writes processor seconds per 1000 operations as microseconds an
// operation, with two significant digits.
func microseconds(secondsPer1000 float64) string {
	us := secondsPer1000 * 1000
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(us, 'e', 1, 64), 64)
	if err != nil || us < .001 {
		return "0"
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// ratioCell writes a ratio as "×1.52", and "×19.1k"; before it stands "~" where noise
// may explain it, and "≈" where the two are the same.
func ratioCell(f Figure) string {
	sign := map[Verdict]string{CantTell: "~", Same: "≈"}[f.Verdict]
	switch {
	case f.Ratio == nil:
		return "–"
	case significant(*f.Ratio) >= 1000:
		return sign + "×" + tight(scaled(*f.Ratio, countUnits))
	}
	return sign + "×" + digits(*f.Ratio)
}
