package report

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// storageSection is what the page has on storage.
func storageSection(t *testing.T, rs ...*results.Result) string {
	t.Helper()
	_, text, _ := strings.Cut(drawnAs(t, compared(t, rs), "html", Style{}), `<section class="figure" aria-labelledby="storage">`)
	text, _, _ = strings.Cut(text, "</section>")
	return text
}

// stored is a result whose storage was read in some seconds of its first round.
func stored(store string, bytes, dead, expired map[int]int64) *results.Result {
	r := resultstest.Build(resultstest.Spec{Store: store, Rounds: 1})
	for i := range r.Rounds[0].Series {
		row := &r.Rounds[0].Series[i]
		for _, f := range []struct {
			read map[int]int64
			into **int64
		}{{bytes, &row.StoredBytes}, {dead, &row.DeadRows}, {expired, &row.ExpiredPresent}} {
			if v, ok := f.read[row.Second]; ok {
				*f.into = &v
			}
		}
	}
	return r
}

func TestStorageIsDrawnOverTimeAsFarAsItWasRead(t *testing.T) {
	t.Parallel()
	all := stored("postgres", map[int]int64{0: 8e6, 3: 9e6, 7: 9e6}, map[int]int64{0: 0, 3: 500, 7: 1500}, map[int]int64{0: 3, 3: 0, 7: 40})
	all.Rounds[0].Events = []results.Event{{Second: 2, Kind: "purge", Text: "the store's purge removed 3 expired sessions"}}
	bytes := stored("redis", map[int]int64{1: 1e6}, nil, nil)
	none := resultstest.Build(resultstest.Spec{Store: "file"})
	none.Rounds[0].Unavailable = map[string]string{"storage_series": "3 of 3 readings failed: <permission denied>"}
	text := storageSection(t, all, bytes, none)
	for _, want := range []string{
		"Storage, dead rows and expired sessions over time",
		"second 3: 9.00 MB", "second 3: 500 dead rows, 0 expired sessions", "second 1: 1.00 MB",
		"purge at second 2.0", "9.00 MB at the last reading", "dead 1500", "expired 40",
		"It was not read during the load: 3 of 3 readings failed: &lt;permission denied&gt;.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	var drawn []string
	for _, id := range regexp.MustCompile(`<title id="(storage-[a-z]+-\d)"`).FindAllStringSubmatch(text, -1) {
		drawn = append(drawn, id[1])
	}
	if got := strings.Join(drawn, " "); got != "storage-bytes-1 storage-bytes-2 storage-rows-1" {
		t.Errorf("drawn are %s", got)
	}
	for caption, rows := range map[string]int{"readings-1": 3, "readings-2": 1, "readings-3": 0} {
		_, table, _ := strings.Cut(text, `<table id="`+caption+`"`)
		table, _, _ = strings.Cut(table, "</table>")
		if n := strings.Count(table, `<th scope="row">`); n != rows {
			t.Errorf("%s has %d rows, want %d", caption, n, rows)
		}
	}
}

func TestStorageOfTheEndsAloneIsATable(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Store: "postgres"})
	r.Summary.Storage = &results.Storage{BytesStart: ns(8e6), BytesEnd: ns(9e6)}
	text := storageSection(t, r)
	if strings.Contains(text, "<svg viewBox") || !strings.Contains(text, "As they were before the first round") || !strings.Contains(text, "8.00 MB") {
		t.Errorf("it is\n%s", text)
	}
	if text := storageSection(t, resultstest.Build(resultstest.Spec{Unread: true})); strings.Contains(text, "over time") {
		t.Errorf("nothing was read, and it is\n%s", text)
	}
}

// A line joins the readings of a round, however far apart they are, and no others.
func TestReadingsAreJoinedWithinTheirRound(t *testing.T) {
	t.Parallel()
	line := timeline{}
	for round := 1; round <= 2; round++ {
		for second := range 100 {
			m := moment{round: round, second: second, at: float64(100*round + second), stored: math.NaN(), dead: math.NaN(), expired: math.NaN()}
			if second%2 == 0 {
				m.stored = float64(second)
			}
			line.moments = append(line.moments, m)
		}
	}
	points := line.joined(readBytes[0])
	gaps, last := 0, 0.0
	for i, p := range points {
		if math.IsNaN(p.Y) {
			gaps++
			if before := points[i-1]; math.Mod(before.X, 100) != 98 {
				t.Errorf("a round's line ends at %v", before)
			}
			continue
		}
		if p.X <= last || p.Y != math.Mod(p.X, 100) {
			t.Errorf("%v after %v", p, last)
		}
		last = p.X
	}
	if gaps != 2 || len(points)-gaps > mostReadings+2 {
		t.Errorf("%d points with %d gaps", len(points), gaps)
	}
}
