package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// Bytes is a size; "600B", "4KiB", "1MiB" and "2kB" are read.
type Bytes int64

// Rate is in operations per second.
type Rate float64

// Duration is a time.Duration that is written as "30m"; "none" is 0.
type Duration time.Duration

// byteUnits are in the order in which String tries them.
var byteUnits = []struct {
	name string
	size Bytes
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

const (
	bytesForm    = "a size such as 600B, 2kB, 4KiB or 1MiB"
	rateForm     = "a rate such as 2000/s, 600/m or 60/h"
	durationForm = "a duration such as 1500ms, 30s, 30m or 24h"
	ttlForm      = durationForm + ", or none for the store's default"
)

// ParseBytes reads a size of whole bytes, more than 0.
func ParseBytes(text string) (Bytes, error) {
	number, unit := splitUnit(text)
	if number == "" {
		return 0, notA(text, bytesForm)
	}
	if unit == "" {
		return 0, fmt.Errorf("%s has no unit: %s", quote(text), bytesForm)
	}
	for _, u := range byteUnits {
		if u.name != unit {
			continue
		}
		size, err := strconv.ParseFloat(number, 64)
		size *= float64(u.size)
		if err != nil || size > math.MaxInt32*1024 {
			return 0, fmt.Errorf("%s is too large: %s", quote(text), bytesForm)
		}
		if size < 1 || size != math.Trunc(size) {
			return 0, fmt.Errorf("%s is not a whole number of bytes above 0: %s", quote(text), bytesForm)
		}
		return Bytes(size), nil
	}
	known := []string{"B", "kB", "MB", "GB", "KiB", "MiB", "GiB"}
	return 0, fmt.Errorf("%s has the unknown unit %s%s: the units are %s", quote(text), quote(unit), drivers.DidYouMean(unit, known), strings.Join(known, ", "))
}

// String is the size in the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if b >= u.size && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// MarshalText gives String.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what ParseBytes reads.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBytes(string(text))
	return err
}

// ParseRate reads a rate above 0, a second, a minute or an hour: "2000/s",
// "600/m", "60/h".
func ParseRate(text string) (Rate, error) {
	if strings.Contains(text, "..") {
		return 0, fmt.Errorf("%s is a range, and only phases climb: %s", quote(text), rateForm)
	}
	return parseRate(text, rateForm)
}

func parseRate(text, form string) (Rate, error) {
	number, unit := splitUnit(text)
	if number == "" {
		return 0, notA(text, form)
	}
	perSecond, known := map[string]float64{"/s": 1, "/m": 60, "/h": 3600}[unit]
	switch {
	case unit == "":
		return 0, fmt.Errorf("%s does not say in which time: %s", quote(text), form)
	case !known:
		return 0, notA(text, form)
	}
	n, err := strconv.ParseFloat(number, 64)
	rate := Rate(n / perSecond)
	if err != nil || rate == 0 {
		return 0, fmt.Errorf("%s is out of range: %s, from 1/h to 10000000/s", quote(text), form)
	}
	return rate, nil
}

// String is the rate a second, such as "2000/s".
func (r Rate) String() string { return formatNumber(float64(r)) + "/s" }

// MarshalText gives String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRate reads.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// ParseDuration reads "1500ms", "30m" or "1h30m", and "none" and "0s" as 0; it
// refuses a negative one.
func ParseDuration(text string) (Duration, error) {
	return parseDuration(text, durationForm+", or none")
}

func parseDuration(text, form string) (Duration, error) {
	if text == "none" {
		return 0, nil
	}
	if number, unit := splitUnit(text); number != "" && unit == "" {
		return 0, fmt.Errorf("%s has no unit: %s", quote(text), form)
	}
	d, err := time.ParseDuration(text)
	if err != nil && durationSyntax.MatchString(text) {
		return 0, fmt.Errorf("%s is out of range: %s", quote(text), timeBounds)
	}
	if err != nil {
		return 0, notA(text, form)
	}
	if d < 0 {
		return 0, fmt.Errorf("%s is negative: %s", quote(text), form)
	}
	return Duration(d), nil
}

// ParseTime reads a duration as ParseDuration does, of what can't be "none".
func ParseTime(text string) (Duration, error) {
	if text == "none" {
		return 0, notA(text, durationForm)
	}
	return parseDuration(text, durationForm)
}

// ParseTTL reads a lifetime: "none" is 0, and else it is more than 0.
func ParseTTL(text string) (Duration, error) {
	d, err := parseDuration(text, ttlForm)
	if err == nil && d == 0 && text != "none" {
		return 0, fmt.Errorf("%s is not above 0: %s", quote(text), ttlForm)
	}
	return d, err
}

// String is the duration without units that are zero: "30m", "1h30m", "1.5s";
// 0 is "none".
func (d Duration) String() string {
	if d == 0 {
		return "none"
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText gives String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

// durationSyntax is that of durations, of which the longest don't fit.
var durationSyntax = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|µs|μs|ms|s|m|h))+$`)

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)

// splitUnit cuts a plain decimal number off the start of text; without one,
// number is empty.
func splitUnit(text string) (number, unit string) {
	number = decimal.FindString(text)
	return number, text[len(number):]
}

func notA(text, form string) error {
	return fmt.Errorf("%s is not understood: %s", quote(text), form)
}

// quote shows a text from a file or flag in a message: on one line, and short.
func quote(text string) string { return strconv.Quote(shorten(text)) }

func shorten(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
