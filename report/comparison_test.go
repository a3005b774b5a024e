package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func value(t *testing.T, c *Comparison, row int, column string) float64 {
	t.Helper()
	f := c.Rows[row].Figures[column]
	if f.Value == nil {
		t.Fatalf("%s of %s is missing: %s", column, c.Rows[row].Name, f.Reason)
	}
	return *f.Value
}

func TestFiguresComeFromTheSummary(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Rounds: 2, Errors: map[string]float64{"timeout": .005}})
	r.Summary.Violations.Lost, r.Summary.Verify.Stale = 2, 3
	c := compared(t, []*results.Result{r})
	all := r.Summary.Operations["all"]
	for column, want := range map[string]float64{
		"throughput": all.ThroughputPerSecond, "p50": float64(*all.WithFailures.P50), "p95": float64(*all.WithFailures.P95),
		"p99": float64(*all.WithFailures.P99), "max": 1e9, "errors": 200, "error_percent": .5, "violations": 5,
		"client_fds": 10, "server_fds": 14, "client_cpu_percent": 2, "server_cpu_percent": 1.2,
		"client_cpu": 1000 * 20e-6 / .995, "server_cpu": 1000 * 12e-6 / .995,
	} {
		if got := value(t, c, 0, column); math.Abs(got-want) > 1e-9*max(1, want) {
			t.Errorf("%s is %v, want %v", column, got, want)
		}
	}
	f := c.Rows[0].Figures["p99.9"]
	if f.Value != nil || !f.Unbounded || f.Reason != "the 99.9th percentile lies among the 0.50 % failures" {
		t.Errorf("p99.9 is %+v", f)
	}
	if m := c.Rows[0].Figures["max"]; !m.AtLeast {
		t.Error("with failures the longest is not marked as a lower bound")
	}
}

func TestOpenLoopShowsResponseTimes(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Open: true})
	c := compared(t, []*results.Result{r}, 50, 99.99)
	all := r.Summary.Operations["all"]
	if got := value(t, c, 0, "p50"); got != float64(all.ResponseTime.P50) || got == float64(all.ServiceTime.P50) {
		t.Errorf("p50 is %v", got)
	}
	if got := value(t, c, 0, "p99.99"); got != float64(all.ResponseTime.P9999) {
		t.Errorf("p99.99 is %v, want %d", got, all.ResponseTime.P9999)
	}
	if c.Rows[0].Time != "response time" || value(t, c, 0, "max") != float64(all.ResponseTime.Max) {
		t.Errorf("%+v", c.Rows[0])
	}
}

func best(c *Comparison, column string) []string {
	var names []string
	for _, r := range c.Rows {
		if r.Figures[column].Best {
			names = append(names, r.Name)
		}
	}
	return names
}

func TestBestOfEachColumnIsMarked(t *testing.T) {
	t.Parallel()
	c := compared(t, three())
	for column, want := range map[string][]string{
		"throughput": {"redis"}, "p50": {"redis"}, "max": {"redis"}, "errors": {"redis", "file"}, "violations": {"redis", "file"},
		"client_fds": {"redis", "postgres"}, "server_fds": nil, "client_cpu_percent": nil, "server_cpu": {"redis"},
	} {
		if got := best(c, column); !slices.Equal(got, want) {
			t.Errorf("the best of %s: %v, want %v", column, got, want)
		}
	}
}

func TestADeadTargetIsBestAtNothing(t *testing.T) {
	t.Parallel()
	dead := resultstest.Build(resultstest.Spec{Label: "dead", Errors: map[string]float64{"refused": 1}})
	dead.Summary.FileDescriptors.Client.Peak = 1
	dead.Summary.Resources.Client.CPUSeconds = 0
	alive := resultstest.Build(resultstest.Spec{Label: "alive"})
	c := compared(t, []*results.Result{dead, alive})
	for _, column := range c.Columns {
		if slices.Contains(best(c, column.Key), "dead") {
			t.Errorf("dead is the best of %s", column.Key)
		}
		if f := c.Rows[1].Figures[column.Key]; f.Ratio != nil {
			t.Errorf("%s has the ratio %v against a dead target", column.Key, *f.Ratio)
		}
	}
	if !slices.Equal(best(c, "throughput"), []string{"alive"}) || !slices.Equal(best(c, "p99"), []string{"alive"}) {
		t.Error("the one that is alive is not the best")
	}
}

func TestOverloadedTimesAreNotCompared(t *testing.T) {
	t.Parallel()
	slow := resultstest.Build(resultstest.Spec{Label: "slow", Open: true, Median: time.Millisecond})
	fast := resultstest.Build(resultstest.Spec{Label: "fast", Open: true})
	fast.Summary.Load.Overloaded = true
	c := compared(t, []*results.Result{slow, fast})
	if f := c.Rows[1].Figures["p50"]; f.Best || f.Ratio != nil {
		t.Errorf("%+v", f)
	}
	if f := c.Rows[1].Figures["throughput"]; f.Ratio == nil {
		t.Error("the throughput can be compared all the same")
	}
}

func TestRatiosAreAgainstTheFirst(t *testing.T) {
	t.Parallel()
	c := compared(t, []*results.Result{
		resultstest.Build(resultstest.Spec{Label: "a", PerSecond: 1000}),
		resultstest.Build(resultstest.Spec{Label: "b", PerSecond: 1500}),
	})
	if r := c.Rows[1].Figures["throughput"].Ratio; r == nil || *r != 1.5 {
		t.Errorf("ratio %v", r)
	}
	if c.Rows[0].Figures["throughput"].Ratio != nil || c.Rows[1].Figures["errors"].Ratio != nil {
		t.Error("the reference, or zero over zero, has a ratio")
	}
}

func TestDifferentScenariosAreNotRanked(t *testing.T) {
	t.Parallel()
	c := compared(t, []*results.Result{
		resultstest.Build(resultstest.Spec{Label: "a"}),
		resultstest.Build(resultstest.Spec{Label: "b", Scenario: resultstest.Scenario("tabs", 8), PerSecond: 9000}),
	})
	if c.Comparable || best(c, "throughput") != nil || c.Rows[1].Figures["throughput"].Ratio != nil {
		t.Error("figures of different traffic are ranked")
	}
	want := []Difference{{"scenario", "web (a), tabs (b)"}, {"scenario.load.workers", "64 (a), 8 (b)"}}
	if !slices.Equal(c.Differences, want) {
		t.Errorf("%v, want %v", c.Differences, want)
	}
}

func TestDifferencesComeInTheOrderOfTheirWeight(t *testing.T) {
	t.Parallel()
	a := resultstest.Build(resultstest.Spec{Label: "a"})
	b := resultstest.Build(resultstest.Spec{Label: "b", Client: "native", Durability: "none", Run: "run-2", Seed: 8})
	b.Host.Name, b.Host.Cores, b.Tool.Version = "shop-2", 1, "0.2.0"
	b.Target.Network, b.Target.TLS, b.Target.Backend = "remote", true, "external"
	b.Target.Settings["appendonly"] = "yes"
	b.Target.Options["pool_size"] = "50"
	b.Target.ServerVersion = ""
	b.StartedAt = b.StartedAt.Add(time.Hour)
	b.Scenario = []byte(strings.Replace(string(b.Scenario), `"duration":"20s"`, `"duration":"60s"`, 1))
	var got []string
	c := compared(t, []*results.Result{a, b})
	for _, d := range c.Differences {
		got = append(got, d.Field+": "+d.Text)
	}
	want := []string{
		"scenario.duration: 20s (a), 60s (b)",
		"seed: 7 (a), 8 (b)",
		"host: shop-1, linux, amd64, AMD EPYC 7713, 8 cores (a), shop-2, linux, amd64, AMD EPYC 7713, 1 core (b)",
		"tool: 0.1.0 0123456789ab (a), 0.2.0 0123456789ab (b)",
		"client: express (a), native (b)",
		"durability: commit (a), none (b), by the settings: a appendonly=no; b appendonly=yes",
		"network: loopback (a), remote (b)",
		"backend: process (a), external (b)",
		"tls: off (a), on (b)",
		"run: 2026-11-23 15:04:05 UTC (run-1) (a), 2026-11-23 16:04:05 UTC (run-2) (b)",
		"options.pool_size: unknown (a), 50 (b)",
		"server version: 7.0.15 (a), unknown (b)",
		"settings.appendonly: no (a), yes (b)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !c.Comparable {
		t.Error("a longer run of the same traffic can't be compared")
	}
}

func TestSettingsOfDifferentStoresAreNoDifference(t *testing.T) {
	t.Parallel()
	a, b := resultstest.Build(resultstest.Spec{}), resultstest.Build(resultstest.Spec{Store: "mongo"})
	b.Target.Settings["journal"] = "on"
	if c := compared(t, []*results.Result{a, b}); len(c.Differences) != 0 {
		t.Errorf("%v", c.Differences)
	}
}

func TestRowsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var rs []*results.Result
	for _, label := range []string{"x", "x", "x #1", "", "y"} {
		rs = append(rs, resultstest.Build(resultstest.Spec{Label: label}))
	}
	if got := names(rs); !slices.Equal(got, []string{"x #2", "x #3", "x #1", "redis", "y"}) {
		t.Errorf("%q", got)
	}
}

func TestCompareRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	if _, err := Compare(nil, nil); err == nil {
		t.Error("of nothing")
	}
	r := resultstest.Build(resultstest.Spec{})
	for _, q := range []float64{0, 100, -1, math.NaN()} {
		if _, err := Compare([]*results.Result{r}, []float64{q}); err == nil {
			t.Errorf("the percentile %v was taken", q)
		}
	}
	r.Summary.Operations["all"].ServiceTime.Histogram = "AAAA"
	if _, err := Compare([]*results.Result{r}, nil); err == nil || !strings.HasPrefix(err.Error(), "compare: redis: histogram: ") {
		t.Error(err)
	}
}

func TestNumbersHaveTheRightUnit(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 ns": duration(0), "999 ns": duration(999), "1.00 µs": duration(1000), "212 µs": duration(212_345),
		"1.00 ms": duration(999_900), "14.1 ms": duration(14_123_000), "250 s": duration(250e9), "3600 s": duration(3600e9),
		"0/s": rate(0), "0.125/s": rate(.125), "999/s": rate(999.4), "1.00 k/s": rate(999.9), "30.4 k/s": rate(30_400), "1.24 M/s": rate(1_236_000),
		"0": count(0), "9999": count(9999), "10.0 k": count(10_000), "1.00 M": count(999_999), "12.3 G": count(12.3e9),
		"1,234,567": grouped(1234567), "123": grouped(123), "1 call": plural(1, "call"), "0 calls": plural(0, "call"),
		"20 s": seconds(20), "1.5 s": seconds(1.5), "10m0s": seconds(600),
		"12": microseconds(.01234), "0.93": microseconds(.000934), "1200": microseconds(1.234), "100": microseconds(.0996), "0 ": microseconds(0) + " ",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRatiosStayReadable(t *testing.T) {
	t.Parallel()
	for r, want := range map[float64]string{1: "×1.00", 1.524: "×1.52", .5: "×0.5", .000031: "×0.000031", 999.9: "×1.00k", 19_120: "×19.1k"} {
		if got := ratioCell(Figure{Ratio: &r}); got != want {
			t.Errorf("%v is %s, want %s", r, got, want)
		}
	}
	if got := ratioCell(Figure{}); got != "–" {
		t.Error(got)
	}
}

func TestWidthCountsColumns(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"redis": 5, "µs": 2, "日本": 4, "e\u0301": 1, "🙂": 2, "": 0} {
		if got := textWidth(s); got != want {
			t.Errorf("%q takes %d columns, want %d", s, got, want)
		}
	}
	if got := cut("日本日本", 5); got != "日本…" {
		t.Errorf("%q", got)
	}
}
