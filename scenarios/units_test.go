package scenarios

import (
	"math"
	"testing"
	"time"
)

func TestUnitsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		size Bytes
		text string
	}{
		"600B": {600, "600B"}, "4KiB": {4096, "4KiB"}, "1MiB": {1 << 20, "1MiB"}, "2kB": {2000, "2kB"},
		"1.5KiB": {1536, "1536B"}, "0.5kB": {500, "500B"}, "1024B": {1024, "1KiB"}, "3MB": {3e6, "3MB"},
		"1GiB": {1 << 30, "1GiB"}, "256000B": {256000, "250KiB"},
	} {
		got, err := ParseBytes(text)
		if err != nil || got != want.size || got.String() != want.text {
			t.Errorf("ParseBytes(%q) = %d (%s), %v; want %d (%s)", text, got, got, err, want.size, want.text)
		}
	}
	for text, want := range map[string]struct {
		rate Rate
		text string
	}{
		"2000/s": {2000, "2000/s"}, "120000/m": {2000, "2000/s"}, "36/h": {0.01, "0.01/s"}, "0.5/s": {0.5, "0.5/s"},
		"1/h": {Rate(1) / 3600, "0.0002777777777777778/s"},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want.rate || got.String() != want.text {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", text, got, err, want.text)
		}
		again, err := ParseRate(got.String())
		if err != nil || again != got {
			t.Errorf("ParseRate(%q) = %v, %v; want the same rate again", got.String(), again, err)
		}
	}
	for text, want := range map[string]struct {
		duration time.Duration
		text     string
	}{
		"30m": {30 * time.Minute, "30m"}, "1500ms": {1500 * time.Millisecond, "1.5s"}, "1h30m": {90 * time.Minute, "1h30m"},
		"24h": {24 * time.Hour, "24h"}, "1h0m5s": {time.Hour + 5*time.Second, "1h0m5s"}, "10m0.5s": {10*time.Minute + time.Second/2, "10m0.5s"},
		"100s": {100 * time.Second, "1m40s"}, "none": {0, "none"}, "0s": {0, "none"}, "20s": {20 * time.Second, "20s"},
	} {
		got, err := ParseDuration(text)
		if err != nil || time.Duration(got) != want.duration || got.String() != want.text {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want.text)
		}
	}
}

func TestRangesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]RateRange{
		"500/s": {500, 500}, "500/s..4000/s": {500, 4000}, "4000/s..500/s": {4000, 500},
	} {
		got, err := ParseRateRange(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseRateRange(%q) = %v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]WorkersRange{"64": {64, 64}, "16..256": {16, 256}, "8..1": {8, 1}} {
		got, err := ParseWorkersRange(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseWorkersRange(%q) = %v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "..", "5/s..", "..5/s", "5/s...6/s", "5/s..6/s..7/s", "5..6/s"} {
		if got, err := ParseRateRange(text); err == nil {
			t.Errorf("ParseRateRange(%q) = %v, want an error", text, got)
		}
	}
	for _, text := range []string{"", "..", "5..", "..5", "1...2", "1..2..3", "0..5", "5..-1", "1.5"} {
		if got, err := ParseWorkersRange(text); err == nil {
			t.Errorf("ParseWorkersRange(%q) = %v, want an error", text, got)
		}
	}
}

func TestFlagFormsAnswerMistakesWithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	mix := func(text string) error { _, err := ParseMix(text); return err }
	popularity := func(text string) error { _, err := ParsePopularity(text); return err }
	objective := func(text string) error { _, err := ParseObjective(text); return err }
	size := func(text string) error { _, err := ParseBytes(text); return err }
	rate := func(text string) error { _, err := ParseRate(text); return err }
	ttl := func(text string) error { _, err := ParseTTL(text); return err }
	const operations = "login, read, write, logout, expire, anonymous"
	for _, c := range []struct {
		parse      func(string) error
		text, want string
	}{
		{mix, "", `"" is not OPERATION=WEIGHT: such as read=80,write=12,login=8`},
		{mix, "read", `"read" is not OPERATION=WEIGHT: such as read=80,write=12,login=8`},
		{mix, "read=80,", `"" is not OPERATION=WEIGHT: such as read=80,write=12,login=8`},
		{mix, "raed=80", `unknown operation "raed" (did you mean "read"?): allowed are ` + operations},
		{mix, "read=80,read=5", `read is given twice: one weight an operation`},
		{mix, "read=0,read=5", `read is given twice: one weight an operation`},
		{mix, "read=x", `read: "x" is not a number: ` + weightForm},
		{mix, "read=NaN", `read: "NaN" is not a number: ` + weightForm},
		{mix, "read=Inf", `read: "Inf" is not a number: ` + weightForm},
		{mix, "read=-1", `read: -1 is out of range: ` + weightForm},
		{mix, "read=1e999", `read: 1e999 is out of range: ` + weightForm},
		{mix, "read=0", `no operation has a weight: at least one of ` + operations + ` needs more than 0`},
		{popularity, "zipf", `"zipf" is no popularity: uniform, or zipf with a number from 0 to 5, such as zipf=1.05`},
		{popularity, "zipf=x", `zipf: "x" is not a number: a number from 0 to 5`},
		{popularity, "zipf=5.1", `zipf: 5.1 is out of range: a number from 0 to 5`},
		{objective, "p99", `"p99" is not METRIC=LIMIT: such as p99=20ms, throughput=5000/s, errors=0.1% or lost=0`},
		{objective, "p99=20", `p99: "20" is no limit for it: a time above 0, such as 20ms`},
		{objective, "p98=20ms", `unknown metric "p98" (did you mean "p90"?): the metrics are p50, p90, p95, p99, p99.9, max, throughput, errors, violations, lost, stale, resurrected, expired_early, expired_late, fixation, swapped, races`},
		{size, "", `"" is not understood: ` + bytesForm},
		{size, "NaNB", `"NaNB" is not understood: ` + bytesForm},
		{size, "4 KiB", `"4 KiB" has the unknown unit " KiB" (did you mean "KiB"?): the units are B, kB, MB, GB, KiB, MiB, GiB`},
		{rate, "Inf/s", `"Inf/s" is not understood: ` + rateForm},
		{rate, "5", `"5" does not say in which time: ` + rateForm},
		{ttl, "0", `"0" has no unit: ` + ttlForm},
		{ttl, "0s", `"0s" is not above 0: ` + ttlForm},
	} {
		if err := c.parse(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestFlagFormsOfMixAndPopularityAreReadAndWritten(t *testing.T) {
	t.Parallel()
	m, err := ParseMix("read=80, write=12.5,login=8,logout=0")
	if want := (Mix{Read: 80, Write: 12.5, Login: 8}); err != nil || m != want {
		t.Errorf("ParseMix = %v, %v; want %v", m, err, want)
	}
	if got, want := m.String(), "login=8,read=80,write=12.5"; got != want {
		t.Errorf("Mix.String() = %s, want %s", got, want)
	}
	for text, want := range map[string]Popularity{"uniform": {}, "zipf=1.05": {1.05}} {
		if got, err := ParsePopularity(text); err != nil || got != want || got.String() != text {
			t.Errorf("ParsePopularity(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestFormatNumberGivesTheSameNumberAgain(t *testing.T) {
	t.Parallel()
	for _, n := range []float64{0, 1, -1, 0.1, 1e-6, 1e-7, 1e-300, 5e-324, 1e21, 1e300, math.MaxFloat64, 1.05, 12.5} {
		got, err := parseNumber(formatNumber(n), "")
		if err != nil || got != n {
			t.Errorf("parseNumber(%q) = %v, %v; want %v", formatNumber(n), got, err, n)
		}
	}
}
