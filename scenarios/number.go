package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Numbers are read by one strict grammar, that of JSON. YAML 1.1 and 1.2 readers
// disagree about 010, 1_000, 0x10 and 1:30, so none of these is a number here.
var (
	numberSyntax = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	wholeSyntax  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
)

// parseNumber reads a number that a float64 can hold.
func parseNumber(text, allowed string) (float64, error) {
	if !numberSyntax.MatchString(text) {
		return 0, fmt.Errorf("%s is not a number: %s", quote(text), allowed)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is out of range: %s", shorten(text), allowed)
	}
	return n, nil
}

// wholeRange is what a whole number may be.
type wholeRange struct{ min, max int }

func (r wholeRange) String() string {
	return fmt.Sprintf("a whole number from %d to %d", r.min, r.max)
}

func (r wholeRange) check(field string, n int) error {
	if n < r.min || n > r.max {
		return wrong(field, "%d is out of range: %s", n, r)
	}
	return nil
}

func parseWhole(text string, allowed wholeRange) (int, error) {
	if !wholeSyntax.MatchString(text) {
		return 0, fmt.Errorf("%s is not a whole number: %s", quote(text), allowed)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < allowed.min || n > allowed.max {
		return 0, fmt.Errorf("%s is out of range: %s", shorten(text), allowed)
	}
	return n, nil
}

// formatNumber gives the shortest text that parseNumber reads as n.
func formatNumber(n float64) string {
	if size := math.Abs(n); size != 0 && size < 1e-6 || size >= 1e21 {
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
