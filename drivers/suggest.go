package drivers

import (
	"fmt"
	"strconv"
	"strings"
)

// DidYouMean gives `, did you mean "x"?`-style help: the known word nearest to
// the typed one in letters of either case, or nothing when none is near.
func DidYouMean(typed string, known []string) string {
	best, bestDistance := "", len(typed)/2+1
	for _, k := range known {
		if len(typed)-len(k) >= bestDistance {
			continue // so many letters too long, and maybe a megabyte
		}
		if d := distance(strings.ToLower(typed), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance counts insertions, deletions, substitutions and swaps of neighbours
// (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				cost++
			}
			cost = min(cost, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cost = min(cost, rows[i-2][j-2]+1)
			}
			rows[i][j] = cost
		}
	}
	return rows[len(a)][len(b)]
}

// escaped is a typed text without what would break a line, and without quotes.
func escaped(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
