package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
)

// interval is one line of an interval log: a histogram of times in nanoseconds,
// and of when.
type interval struct {
	tag     string
	start   time.Time
	seconds float64
	times   *results.Distribution
}

// notInTags are signs that a name has none of in a tag: a comma ends it, and a slash
// parts a name from what follows. Blanks and line breaks are none either.
const notInTags = ",/"

// writeHlog writes the histograms of the rounds as HdrHistogram's interval log
// 1.3: a line for each, with a tag such as redis/read/service_time or
// redis/calls/get/pool_wait, in the order of time. Times of failures have a tag of
// their own. A line's start counts from the first round's, which is the log's.
//
// The lines are those of the Java original's HistogramLogWriter.
// HdrHistogram-go's writer gives the start in whole seconds, and takes a tag that
// ends in a comma.
func writeHlog(w io.Writer, c *Comparison, _ Style) error {
	var rows []string
	for i := range c.Rows {
		rows = append(rows, c.Rows[i].Name)
	}
	names := words(rows, notInTags)
	var all []interval
	for i, r := range c.Results {
		for j := range r.Rounds {
			all = append(all, intervals(names[i], &r.Rounds[j])...)
		}
	}
	slices.SortStableFunc(all, func(a, b interval) int { return a.start.Compare(b.start) })
	var base time.Time
	switch {
	case len(all) > 0:
		base = all[0].start
	case len(c.Results) > 0:
		base = c.Results[0].StartedAt
	}
	out := bufio.NewWriter(w)
	since := float64(max(0, base.UnixMilli())) / 1000
	fmt.Fprint(out, "#[Logged with bench]\n#[Histogram log format version 1.3]\n")
	fmt.Fprintf(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", since, base.UTC().Format("Mon Jan 02 15:04:05 MST 2006"))
	fmt.Fprintf(out, "#[BaseTime: %.3f (seconds since epoch)]\n", since)
	fmt.Fprintln(out, `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"`)
	for _, line := range all {
		line.write(out, base)
	}
	return out.Flush()
}

// write gives the histogram as the result has it, but for line breaks, which base64
// may have.
func (i *interval) write(out *bufio.Writer, base time.Time) {
	const millisecond = 1e6
	histogram := strings.NewReplacer("\r", "", "\n", "").Replace(i.times.Histogram)
	fmt.Fprintf(out, "Tag=%s,%.3f,%.3f,%.3f,%s\n",
		i.tag, i.start.Sub(base).Seconds(), i.seconds, float64(i.times.Max)/millisecond, histogram)
}

// intervals are a round's histograms: of its operations and calls, of bench's own
// lag, and of the operations of its phases.
func intervals(name string, r *results.Round) []interval {
	start := after(r.StartedAt, r.WarmupSecs)
	var all []interval
	add := func(tag string, d *results.Distribution) {
		if d != nil {
			all = append(all, interval{name + "/" + tag, start, r.DurationSeconds, d})
		}
	}
	eachOperation(r.Operations, add)
	for _, call := range slices.Sorted(maps.Keys(r.Calls)) {
		add("calls/"+call+"/service_time", r.Calls[call].ServiceTime)
		add("calls/"+call+"/pool_wait", r.Calls[call].PoolWait)
	}
	add("send_lag", r.Harness.SendLag)
	var phases []string
	for _, p := range r.Phases {
		phases = append(phases, p.Name)
	}
	phases = words(phases, notInTags)
	for i, p := range r.Phases {
		eachOperation(p.Operations, func(tag string, d *results.Distribution) {
			if d != nil {
				tag = name + "/phases/" + phases[i] + "/" + tag
				all = append(all, interval{tag, after(start, p.StartSecond), p.Seconds, d})
			}
		})
	}
	return all
}

// eachOperation visits the distributions of operations, which may be nil.
func eachOperation(operations map[string]*results.Operation, visit func(tag string, d *results.Distribution)) {
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		o := operations[name]
		visit(name+"/service_time", o.ServiceTime)
		visit(name+"/response_time", o.ResponseTime)
		visit(name+"/failure_time", o.FailureTime)
	}
}

func after(t time.Time, seconds float64) time.Time {
	return t.Add(time.Duration(seconds * float64(time.Second)))
}
