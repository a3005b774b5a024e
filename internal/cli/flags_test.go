package cli

import (
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
	for _, text := range []string{"25:00:00", "14:30", "soon", "2026-03-31T12:00:00Z"} {
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
	for _, text := range []string{"NaN", "Inf", "-1", "99.9%", ""} {
		if got, err := parsePercentiles([]string{text}); err == nil {
			t.Errorf("%q: taken for %v", text, got)
		}
	}
}
