package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sessionbench/bench/internal/load"
)

func steady() load.Progress {
	return load.Progress{
		Target: "redis", Phase: "steady", Round: 2, Rounds: 3, Elapsed: time.Second, Left: 18 * time.Second,
		PerSecond: 12345, P50: 420 * time.Microsecond, P99: 1234567, Errors: 7, ClientFDs: 12, ServerFDs: 10,
	}
}

func TestALineSaysWhereHowFastAndHowLongStill(t *testing.T) {
	t.Parallel()
	want := "redis 2/3 steady  12345 ops/s  p50 420µs  p99 1.23ms  errors 7  fds 12+10  18s left"
	if got := line(steady()); got != want {
		t.Errorf("%q, not %q", got, want)
	}
	early := steady()
	early.Elapsed, early.Rounds = 0, 1
	if got := line(early); got != "redis steady" {
		t.Errorf("before there are figures: %q", got)
	}
	embedded := steady()
	embedded.ServerFDs = -1
	if got := line(embedded); !strings.Contains(got, "fds 12  ") {
		t.Errorf("without a server of its own: %q", got)
	}
}

func TestATerminalsLineRenewsItselfAndFits(t *testing.T) {
	t.Parallel()
	var screen bytes.Buffer
	p := newProgress(&screen, true)
	p.width = 40
	p.doing("providing redis")
	p.show(steady())
	p.say("a word")
	p.end()
	const wipe = "\r\x1b[K"
	parts := strings.Split(screen.String(), wipe)
	want := []string{"", "providing redis …", "redis 2/3 steady  12345 ops/s  p50 420…", "bench: a word\n"}
	if len(parts) != len(want) {
		t.Fatalf("%q", parts)
	}
	for i := range want {
		if parts[i] != want[i] {
			t.Errorf("%q, not %q", parts[i], want[i])
		}
		if n := utf8.RuneCountInString(strings.TrimRight(parts[i], "\n")); n >= p.width {
			t.Errorf("%q takes %d columns of %d", parts[i], n, p.width)
		}
	}
}

func TestElsewhereALineIsWrittenNowAndThen(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	p := newProgress(&file, true)
	p.doing("providing redis")
	for range 3 { // within one period
		p.show(steady())
	}
	p.end()
	if got := file.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || !strings.HasPrefix(got, "bench: redis 2/3 steady ") {
		t.Errorf("%q", got)
	}
	p.last = p.last.Add(-plainEvery)
	p.show(steady())
	if got := file.String(); strings.Count(got, "\n") != 2 {
		t.Errorf("after a period: %q", got)
	}
}

func TestTimesHaveThreeDigits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		1499:                      "1µs",
		999 * time.Microsecond:    "999µs",
		1234567:                   "1.23ms",
		12345678:                  "12.3ms",
		123456789:                 "123ms",
		1234567890:                "1.23s",
		123456 * time.Millisecond: "2m3.5s",
	} {
		if got := short(d); got != want {
			t.Errorf("%d ns: %s, not %s", d, got, want)
		}
	}
}
