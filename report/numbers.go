package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
)

// digits writes a number of at most 1000 with three significant digits.
func digits(x float64) string {
	x = significant(x)
	switch a := math.Abs(x); {
	case x == 0:
		return "0"
	case a >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// significant rounds to three significant digits, ahead of choosing a unit:
// 999.9 µs is 1.00 ms.
func significant(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}

// scaled writes a value in the largest of the units that leaves one digit or
// more before the point; the units rise.
func scaled(x float64, units []unit) string {
	x = significant(x)
	at := units[0]
	for _, u := range units {
		if math.Abs(x) >= u.size {
			at = u
		}
	}
	number := digits(x / at.size)
	if at.whole {
		number = strconv.FormatFloat(math.Round(x/at.size), 'f', 0, 64)
	}
	return number + at.name
}

type unit struct {
	name  string // with its blank
	size  float64
	whole bool // never less than one
}

var (
	timeUnits  = []unit{{" ns", 1, true}, {" µs", 1e3, false}, {" ms", 1e6, false}, {" s", 1e9, false}}
	rateUnits  = []unit{{"/s", 1, false}, {" k/s", 1e3, false}, {" M/s", 1e6, false}}
	byteUnits  = []unit{{" B", 1, true}, {" kB", 1e3, false}, {" MB", 1e6, false}, {" GB", 1e9, false}}
	countUnits = []unit{{" k", 1e3, false}, {" M", 1e6, false}, {" G", 1e9, false}}
)

func duration(ns float64) string { return scaled(ns, timeUnits) }

func rate(perSecond float64) string { return scaled(perSecond, rateUnits) }

func size(n float64) string { return scaled(n, byteUnits) }

// count is exact below ten thousand, and has three digits of what is not whole.
func count(n float64) string {
	if n != math.Trunc(n) && math.Abs(n) < 1000 {
		return digits(n)
	}
	if n < 1e4 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return scaled(n, countUnits)
}

func percent(p float64) string { return results.Percent(p) + " %" }

// cpuPerOperation writes processor seconds per 1000 operations as the time that
// one operation takes, which is a thousandth of it.
func cpuPerOperation(secondsPer1000 float64) string { return duration(secondsPer1000 * 1e6) }

// grouped writes a whole number with a comma every three digits, for prose.
func grouped(n uint64) string {
	text := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// plural writes "1 worker" and "64 workers".
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// seconds writes a length of time in whole units: "20 s", "1.5 s", "10m".
func seconds(s float64) string {
	if s < 120 {
		return strconv.FormatFloat(math.Round(s*10)/10, 'f', -1, 64) + " s"
	}
	return time.Duration(math.Min(s, 1e9) * 1e9).Round(time.Second).String()
}
