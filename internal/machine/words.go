package machine

import (
	"fmt"
	"time"
)

// short rounds a time to three digits.
func short(ns float64) time.Duration {
	d, unit := time.Duration(ns), time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// count writes a number with three digits, and whole below ten thousand.
func count(n float64) string {
	switch {
	case n >= 1e6:
		return digits(n/1e6) + "M"
	case n >= 1e4:
		return digits(n/1e3) + "k"
	}
	return fmt.Sprintf("%.0f", n)
}

// size writes bytes with three digits.
func size(bytes uint64) string {
	b := float64(bytes)
	for _, unit := range []struct {
		name string
		size float64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}} {
		if b >= unit.size {
			return digits(b/unit.size) + " " + unit.name
		}
	}
	return digits(b/(1<<10)) + " KiB"
}

// digits writes a number with three digits, or with all that are before the point.
func digits(x float64) string {
	switch {
	case x >= 99.95:
		return fmt.Sprintf("%.0f", x)
	case x >= 9.995:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
