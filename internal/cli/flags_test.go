package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestATimeToStartAtIsTheNextOne(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("here", 2*3600)
	now := time.Date(2026, time.March, 31, 14, 30, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"":                          {},
		"14:30:01":                  time.Date(2026, time.March, 31, 14, 30, 1, 0, zone),
		"14:29:59":                  time.Date(2026, time.April, 1, 14, 29, 59, 0, zone),
		"00:00:00":                  time.Date(2026, time.April, 1, 0, 0, 0, 0, zone),
		"2026-03-31T13:00:00Z":      time.Date(2026, time.March, 31, 15, 0, 0, 0, zone),
		"2026-04-02T08:00:00+02:00": time.Date(2026, time.April, 2, 8, 0, 0, 0, zone),
	} {
		got, err := parseStart(text, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q: %v (%v), not %v", text, got, err, want)
		}
	}
	for _, text := range []string{"25:00:00", "14:30", "soon", "2026-03-31T12:00:00Z", "2026-04-07T13:00:00Z", "9999-12-31T23:59:59Z", "１4:30:00"} {
		if got, err := parseStart(text, now); err == nil {
			t.Errorf("%q: taken for %v", text, got)
		}
	}
}

func TestPercentilesMayHaveAP(t *testing.T) {
	t.Parallel()
	got, err := parsePercentiles([]string{"50", "p99.9", "0.1"})
	if err != nil || len(got) != 3 || got[0] != 50 || got[1] != 99.9 || got[2] != 0.1 {
		t.Errorf("%v (%v)", got, err)
	}
	for _, text := range []string{"NaN", "Inf", "-1", "99.9%", "", "0x10", "1e1", "1_0", "５０", "99.99999999999999999999"} {
		if got, err := parsePercentiles([]string{text}); err == nil {
			t.Errorf("%q: taken for %v", text, got)
		}
	}
}

func TestNumbersOfFlagsAreDecimalAndWithinBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, right, wrong string }{
		{"workers", "1 010 1000000", "0 1000001"},
		{"max-in-flight", "1 1000000", "0 1000001"},
		{"sessions", "1 50000000", "0 50000001"},
		{"rounds", "1 1000", "0 1001"},
		{"seed", "0 18446744073709551615", "18446744073709551616"},
		{"overlap", "0 5.5 100", "100.1 .5 5."},
		{"timeout", "0 0s 1ns 24h", "24h1ns"},
		{"drain", "1ms 24h", "0 0s 24h1ns"},
		{"connect-timeout", "1ms 24h", "0s 1us 24h1ns"},
	} {
		cmd := newRun(streams{io.Discard, io.Discard})
		parse := func(text string) error { return cmd.ParseFlags([]string{"--" + c.flag + "=" + text}) }
		for _, text := range strings.Fields(c.right) {
			if err := parse(text); err != nil {
				t.Errorf("--%s=%s: %v", c.flag, text, err)
			}
		}
		absurd := []string{"", " 5", "5 ", "-1", "+1", "1,000", "1_000", "0x10", "0b1", "0o7", "1e3", "NaN", "Inf", "-Inf", "１", "1e309", "9223372036854775808000", "9999999h"}
		for _, text := range append(strings.Fields(c.wrong), absurd...) {
			err := flagError(cmd, parse(text))
			if want := fmt.Sprintf("--%s: %q is not a ", c.flag, text); !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), " from ") {
				t.Errorf("--%s=%s: %v; want %s… from … to …", c.flag, text, err, want)
			}
		}
	}
}

func TestLabelsAndTagsAreShortTextsOfOneLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "nightly, größer", strings.Repeat("é", 200)} {
		f := runFlags{label: text}
		if err := f.checkWords(map[string]string{"a": text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"a\nb", "\x1b[31m", "\xff", "\u202e", strings.Repeat("é", 201)} {
		label, value, key := runFlags{label: text}, map[string]string{"a": text}, map[string]string{text: "a"}
		for _, err := range []error{label.checkWords(nil), (&runFlags{}).checkWords(value), (&runFlags{}).checkWords(key)} {
			if err == nil || !strings.HasSuffix(err.Error(), " is not a text of one line and at most 200 characters") || len(err.Error()) > 350 {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

func TestNoArgumentHoldsControlCharacters(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"a\nb", "--label=\x1b[31m", "\x7f", "--tag=a=\u0085"} {
		var out, errOut bytes.Buffer
		status := Main([]string{"scenarios", "show", arg}, &out, &errOut)
		want := fmt.Sprintf("bench: %q holds a control character, which no argument of bench has\n", arg)
		if status != exitUsage || out.Len() > 0 || errOut.String() != want {
			t.Errorf("%q: status %d, %s%s", arg, status, out.String(), errOut.String())
		}
	}
}
