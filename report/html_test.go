package report

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// long is six stores with three rounds of a minute each, no second like another.
func long() (all []*results.Result) {
	for i, store := range []string{"memory", "file", "sqlite", "redis", "postgres", "mongo"} {
		r := resultstest.Build(resultstest.Spec{Store: store, Rounds: 3, Seconds: 60, PerSecond: 1000 * float64(i+1), Median: time.Duration(i+1) * 97 * time.Microsecond})
		for k := range r.Rounds {
			for j := range r.Rounds[k].Series {
				row := &r.Rounds[k].Series[j]
				wave := 1 + .4*math.Sin(float64(7*j+3*k+i)) + .3*math.Sin(float64(j*j))
				row.Count = uint64(float64(row.Count) * wave)
				*row.P50, *row.P99, *row.Max = int64(float64(*row.P50)*wave), int64(float64(*row.P99)*wave*wave), int64(float64(*row.Max)*(2+wave))
				*row.ServerFDs += j % 3
				if row.Second < 0 {
					continue
				}
				row.StoredBytes = ns(int64(1e7 * wave))
				if i%2 == 0 {
					row.DeadRows, row.ExpiredPresent = ns(int64(1000*wave)), ns(int64(70*wave))
				}
			}
		}
		all = append(all, r)
	}
	return all
}

func TestAPageOfSixStoresAndAMinuteEachIsSmall(t *testing.T) {
	t.Parallel()
	if size := len(drawnAs(t, compared(t, long()), "html", Style{})); size > 400_000 {
		t.Errorf("it has %d bytes, want 400,000 at most", size)
	}
}

// pagesOf are comparisons as HTML, by name.
func pagesOf(t *testing.T) map[string]string {
	pages := map[string]string{}
	for name, rs := range map[string][]*results.Result{
		"three": three(), "one": three()[:1], "hostile": hostileResults(), "poor": poor(), "forty": forty(), "long": long(), "empty": {{}, {}},
		"no series": {noSeries()}, "equal labels": {labelled("same"), labelled("same")}, "open": {open(), open()},
		"unlike": {labelled("a"), resultstest.Build(resultstest.Spec{Scenario: resultstest.Scenario("other", 8)})},
	} {
		pages[name] = drawnAs(t, compared(t, rs), "html", Style{})
	}
	pages["tails"] = drawnAs(t, compared(t, three(), 25, 75, 99.99), "html", Style{})
	pages["one percentile"] = drawnAs(t, compared(t, three(), 42), "html", Style{})
	return pages
}

func noSeries() *results.Result {
	r := resultstest.Build(resultstest.Spec{})
	r.Rounds[0].Series = nil
	r.Rounds[0].DurationSeconds = 0
	return r
}

func labelled(label string) *results.Result {
	return resultstest.Build(resultstest.Spec{Label: label})
}

func open() *results.Result { return resultstest.Build(resultstest.Spec{Open: true}) }

func TestPagesNeedNothingFromElsewhereAndLetNoTextAct(t *testing.T) {
	t.Parallel()
	for name, text := range pagesOf(t) {
		for _, bad := range []string{"\x1b", "\u202e", "<script>alert", "ZgotmplZ", "NaN", "%!", "Inf", ` style="`, ` onload`, "<img", "<link", "@import", "url("} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q passed", name, bad)
			}
		}
		for _, address := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(address[1], "#") {
				t.Errorf("%s: it leads to %s", name, address[1])
			}
		}
		if n := strings.Count(text, "<script"); n != 1 {
			t.Errorf("%s: %d scripts", name, n)
		}
		for _, part := range []struct{ element, policy string }{{"style", "style-src"}, {"script", "script-src"}} {
			_, inner, _ := strings.Cut(text, "<"+part.element+">")
			inner, _, _ = strings.Cut(inner, "</"+part.element+">")
			if !strings.Contains(strings.ReplaceAll(text, "&#43;", "+"), part.policy+" &#39;"+sourceHash(inner)+"&#39;") &&
				!strings.Contains(strings.ReplaceAll(text, "&#43;", "+"), part.policy+" '"+sourceHash(inner)+"'") {
				t.Errorf("%s: the policy does not allow the page's own %s", name, part.element)
			}
		}
	}
}

func TestEveryIDIsThereOnce(t *testing.T) {
	t.Parallel()
	for name, text := range pagesOf(t) {
		seen := map[string]bool{}
		for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if seen[id[1]] {
				t.Errorf("%s: the id %s is there twice", name, id[1])
			}
			seen[id[1]] = true
		}
		for _, to := range regexp.MustCompile(`(?:labelledby="|href="#)([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !seen[to[1]] {
				t.Errorf("%s: there is no %s", name, to[1])
			}
		}
	}
}

func TestEightOfFortyAreDrawnAndAllAreInTheTable(t *testing.T) {
	t.Parallel()
	text := drawnAs(t, compared(t, forty()), "html", Style{})
	if !strings.Contains(text, "The first 8 of 40 targets are drawn") {
		t.Error("it is not said that some are not drawn")
	}
	_, table, _ := strings.Cut(text, `<table id="summary"`)
	table, _, _ = strings.Cut(table, "</table>")
	if rows := strings.Count(table, `<th scope="row">`); rows != 40 {
		t.Errorf("the table has %d rows, want 40", rows)
	}
	if n := strings.Count(text, `id="latency-`); n != 8 {
		t.Errorf("%d panels, want 8", n)
	}
}

func TestUnlikeRunsAreSaidBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	text := drawnAs(t, compared(t, three()), "html", Style{})
	differ, answer, table, problems := strings.Index(text, "The runs differ"), strings.Index(text, "The answer"), strings.Index(text, `id="summary"`), strings.Index(text, `id="findings"`)
	if !(0 < differ && differ < answer && answer < table && table < problems) {
		t.Errorf("the differences are at %d, the answer at %d, the table at %d, the problems at %d", differ, answer, table, problems)
	}
}

func TestRatiosOfLittleAreParts(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]string{
		1: "×1.00", 1.5: "×1.50", 27400: "×27.4k", .5: "×0.5", .1: "÷10.0", .0000365: "÷27.4k", 0: "×0",
	} {
		if got := timesOrParts(ratio); got != want {
			t.Errorf("%v: %s, want %s", ratio, got, want)
		}
	}
}

// Colours of both schemes can be read on their paper, and those of two series that
// follow one another differ in lightness, for who sees no colours.
func TestColoursHaveContrastAndDifferInLightness(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("page/style.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`(?s):root \{(.*?)\n\s*\}`).FindAllStringSubmatch(string(style), -1)
	if len(schemes) != 2 {
		t.Fatalf("%d schemes, want light and dark", len(schemes))
	}
	for i, scheme := range schemes {
		colour := map[string]float64{} // its luminance
		for _, c := range regexp.MustCompile(`--(\w+): #([0-9a-f]{6})`).FindAllStringSubmatch(scheme[1], -1) {
			colour[c[1]] = luminance(t, c[2])
		}
		on := func(ink string, papers ...string) {
			for _, paper := range papers {
				if c := contrast(colour[ink], colour[paper]); c < 4.5 {
					t.Errorf("scheme %d: %s on %s has a contrast of %.2f", i, ink, paper, c)
				}
			}
		}
		on("ink", "paper", "raised", "tint", "problem", "caution")
		on("quiet", "paper")
		on("link", "paper")
		on("good", "paper")
		on("bad", "paper", "problem")
		on("warn", "paper", "caution")
		for k := 1; k <= mostDrawn; k++ {
			on(fmt.Sprintf("s%d", k), "paper")
			next := fmt.Sprintf("s%d", k%mostDrawn+1)
			if c := contrast(colour[fmt.Sprintf("s%d", k)], colour[next]); c < 1.15 {
				t.Errorf("scheme %d: s%d and %s differ by %.2f in lightness", i, k, next, c)
			}
		}
		for k := 1; k <= 4; k++ {
			on(fmt.Sprintf("k%dt", k), fmt.Sprintf("k%d", k))
		}
	}
}

// luminance is WCAG 2's relative luminance of a colour.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	weights := []float64{.2126, .7152, .0722}
	sum := 0.0
	for i, w := range weights {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= .04045 {
			sum += w * c / 12.92
		} else {
			sum += w * math.Pow((c+.055)/1.055, 2.4)
		}
	}
	return sum
}

// contrast is WCAG 2's, from 1 to 21.
func contrast(a, b float64) float64 { return (max(a, b) + .05) / (min(a, b) + .05) }

// eventful is a Redis that went away and came back, and a PostgreSQL that climbed into
// its limit of open files.
func eventful() []*results.Result {
	redis := resultstest.Build(resultstest.Spec{Open: true, Seconds: 40, PerSecond: 2000, Errors: map[string]float64{"refused": .05}})
	for i := range redis.Rounds[0].Series {
		row := &redis.Rounds[0].Series[i]
		wave := 1 + .3*math.Sin(float64(i*i))
		*row.P99, *row.Max = int64(float64(*row.P99)*wave), int64(float64(*row.Max)*wave*3)
		if row.Second >= 12 && row.Second < 16 {
			row.Errors, row.Count, row.P50, row.P99, row.Max, row.ServerFDs = 2000, 0, nil, nil, nil, nil
		}
	}
	redis.Rounds[0].Events = []results.Event{
		{Second: -3, Kind: "phase", Text: "warm-up"}, {Second: 0, Kind: "phase", Text: "calm"}, {Second: 20, Kind: "phase", Text: "climb"},
		{Second: 11.8, Kind: "outage", Text: "requests fail or go unanswered: refused"},
		{Second: 16.1, Kind: "recovery", Text: "requests succeed again, after 4.3 s"},
		{Second: 33.3, Kind: "clock", Text: "the wall clock jumped by 5 s"},
	}
	postgres := resultstest.Build(resultstest.Spec{Store: "postgres", Open: true, Seconds: 40, PerSecond: 1500, Median: 3 * time.Millisecond})
	limit := uint64(200)
	postgres.Rounds[0].FileDescriptors.Server.Limit = &limit
	for i := range postgres.Rounds[0].Series {
		row := &postgres.Rounds[0].Series[i]
		*row.ServerFDs = min(190, 20+5*i)
		row.Count -= uint64(10 * i)
		if second := int64(row.Second); second >= 0 && second%4 != 3 { // at times a reading took longer
			row.StoredBytes, row.DeadRows, row.ExpiredPresent = ns(8e6+150e3*second), ns(90*second), ns(80*second)
			if second >= 15 {
				*row.ExpiredPresent -= 1204
			}
		}
	}
	postgres.Rounds[0].Storage = &results.Storage{BytesStart: ns(8e6), BytesEnd: ns(14e6), DeadRows: ns(3600), ExpiredPresent: ns(1980)}
	postgres.Rounds[0].Events = []results.Event{
		{Second: 15, Kind: "purge", Text: "1,204 expired sessions removed"},
		{Second: 25, Kind: "overload", Text: "climb: 2000/s offered, 1500/s taken, and caught up later"},
		{Second: 30, Kind: "something new", Text: "of a later version"},
	}
	all := []*results.Result{redis, postgres}
	for _, r := range all {
		resultstest.Summarize(r)
	}
	return all
}
