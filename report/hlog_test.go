package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// logged reads an interval log with HdrHistogram-go's reader.
func logged(t *testing.T, rs ...*results.Result) []*hdr.Histogram {
	t.Helper()
	text := drawnAs(t, compared(t, rs), "hlog", Style{})
	reader := hdr.NewHistogramLogReader(strings.NewReader(text))
	var all []*hdr.Histogram
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		all = append(all, h)
	}
	if lines := strings.Count(text, "\nTag="); lines != len(all) {
		t.Errorf("%d lines are read as %d histograms", lines, len(all))
	}
	return all
}

func TestTheIntervalLogHasEveryHistogramOfTheRounds(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Label: "my, label", Rounds: 2, Open: true, Errors: map[string]float64{"timeout": .01}})
	for i := range r.Rounds {
		round := &r.Rounds[i]
		round.Calls["get"].PoolWait = round.Calls["set"].ServiceTime
		round.Phases = []results.Phase{
			{Name: "calm", StartSecond: 0, Seconds: 5, Operations: map[string]*results.Operation{"read": round.Operations["read"]}},
			{Name: "the climb", StartSecond: 5, Seconds: 15, Operations: map[string]*results.Operation{"read": round.Operations["write"]}},
		}
	}
	type line struct {
		start, end int64
		count      uint64
		d          *results.Distribution
	}
	want := map[string]line{}
	for _, round := range r.Rounds {
		start := round.StartedAt.Add(3 * time.Second).UnixMilli()
		put := func(tag string, d *results.Distribution, from, to int64) {
			if d != nil {
				want[fmt.Sprint("my__label/", tag, " ", start+from)] = line{start + from, start + to, 0, d}
			}
		}
		for name, o := range round.Operations {
			put(name+"/service_time", o.ServiceTime, 0, 20_000)
			put(name+"/response_time", o.ResponseTime, 0, 20_000)
			put(name+"/failure_time", o.FailureTime, 0, 20_000)
		}
		for name, c := range round.Calls {
			put("calls/"+name+"/service_time", c.ServiceTime, 0, 20_000)
			put("calls/"+name+"/pool_wait", c.PoolWait, 0, 20_000)
		}
		put("send_lag", round.Harness.SendLag, 0, 20_000)
		for kind, of := range map[string]func(*results.Operation) *results.Distribution{
			"service_time":  func(o *results.Operation) *results.Distribution { return o.ServiceTime },
			"response_time": func(o *results.Operation) *results.Distribution { return o.ResponseTime },
			"failure_time":  func(o *results.Operation) *results.Distribution { return o.FailureTime },
		} {
			put("phases/calm/read/"+kind, of(round.Operations["read"]), 0, 5000)
			put("phases/the_climb/read/"+kind, of(round.Operations["write"]), 5000, 20_000)
		}
	}
	read := logged(t, r)
	if len(read) != len(want) || len(want) < 50 {
		t.Errorf("%d histograms, want %d", len(read), len(want))
	}
	for _, h := range read {
		l, ok := want[fmt.Sprint(h.Tag(), " ", h.StartTimeMs())]
		if !ok {
			t.Errorf("%s at %d ms is not in the result", h.Tag(), h.StartTimeMs())
			continue
		}
		stated, err := l.d.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if h.EndTimeMs() != l.end || !h.Equals(stated) {
			t.Errorf("%s ends at %d ms, want %d, with %d values, want %d", h.Tag(), h.EndTimeMs(), l.end, h.TotalCount(), stated.TotalCount())
		}
	}
}

func TestTheIntervalLogIsInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	late := resultstest.Build(resultstest.Spec{Label: "late", Rounds: 2})
	early := resultstest.Build(resultstest.Spec{Label: "early", Rounds: 2})
	for i := range late.Rounds {
		late.Rounds[i].StartedAt = late.Rounds[i].StartedAt.Add(10 * time.Second)
	}
	var starts []int64
	for _, h := range logged(t, late, early) {
		starts = append(starts, h.StartTimeMs())
	}
	if !slices.IsSorted(starts) || starts[0] != resultstest.Started.Add(3*time.Second).UnixMilli() {
		t.Errorf("starts %v", slices.Compact(starts))
	}
}

func TestTagsOfTheIntervalLogTellResultsApart(t *testing.T) {
	t.Parallel()
	var rs []*results.Result
	labels := []string{"a b", "a_b", "a,b", "same", "same", hostile, "", "Tag=x", "#[StartTime: 1]", "\xff"}
	for _, label := range labels {
		rs = append(rs, resultstest.Build(resultstest.Spec{Label: label}))
	}
	times := map[string]int{}
	for _, h := range logged(t, rs...) {
		times[h.Tag()]++
	}
	for tag, n := range times {
		if n > 1 || strings.ContainsAny(tag, ", \r\n\t") {
			t.Errorf("tag %q, %d times", tag, n)
		}
	}
	if perResult := len(logged(t, rs[0])); len(times) != perResult*len(labels) {
		t.Errorf("%d tags of %d results, want %d each", len(times), len(labels), perResult)
	}
}

func TestAnIntervalLogWithoutRoundsIsAHeader(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{})
	r.Rounds, r.StartedAt = nil, time.Time{}
	resultstest.Summarize(r)
	if read := logged(t, r); len(read) > 0 {
		t.Errorf("%d histograms", len(read))
	}
}

func TestLineBreaksInAHistogramAreNotInTheLog(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{})
	d := r.Rounds[0].Operations["read"].ServiceTime
	d.Histogram = d.Histogram[:40] + "\r\n" + d.Histogram[40:80] + "\n" + d.Histogram[80:]
	if _, err := d.Decode(); err != nil {
		t.Fatalf("what a result may hold: %v", err)
	}
	if got, want := len(logged(t, r)), len(logged(t, resultstest.Build(resultstest.Spec{}))); got != want {
		t.Errorf("%d histograms, want %d", got, want)
	}
}
