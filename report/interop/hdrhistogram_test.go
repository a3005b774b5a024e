// Package interop has other programs read what reports hold: implementations of
// HdrHistogram the logs and distributions, and benchstat the benchmarks.
package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// jar is where Debian's libhdrhistogram-java has the original.
const jar = "/usr/share/java/hdrhistogram.jar"

// java runs a program or a class of the original, and gives what it prints.
func java(t *testing.T, in string, args ...string) string {
	t.Helper()
	_, err := exec.LookPath("javac") // a runtime alone starts no program from its source
	if err == nil {
		_, err = os.Stat(jar)
	}
	if err != nil {
		drivertest.Missing(t, "java", "apt-get install default-jdk-headless libhdrhistogram-java: "+err.Error())
	}
	return output(t, in, exec.Command("java", append([]string{"-cp", jar}, args...)...))
}

// output runs a command that must have nothing to complain of.
func output(t *testing.T, in string, command *exec.Cmd) string {
	t.Helper()
	var out, said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(in), &out, &said
	if err := command.Run(); err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v\n%s", command, err, &said)
	}
	return out.String()
}

// javascript runs a program with HdrHistogram's port, which npm installs as
// results/interop has it locked.
func javascript(t *testing.T, in, program string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{program, locked + "package.json", locked + "package-lock.json", locked + ".npmrc"} {
		copied(t, path, dir)
	}
	npm := exec.Command("npm", "ci", "--prefer-offline", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		drivertest.Missing(t, "node", "install node 20.19 or newer with npm; npm ci: "+err.Error()+"\n"+string(out))
	}
	return output(t, in, exec.Command("node", append([]string{filepath.Join(dir, program)}, args...)...))
}

const locked = "../../results/interop/"

// source gives a Java program's path.
func source(t *testing.T, name string) string {
	t.Helper()
	return copied(t, name, t.TempDir())
}

// copied copies a file into a folder. go test sees that it is read here, and does
// not take a result from its cache when it has changed.
func copied(t *testing.T, path, dir string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	to := filepath.Join(dir, filepath.Base(path))
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func written(t *testing.T, format string, rs ...*results.Result) string {
	t.Helper()
	c, err := report.Compare(rs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Write(&text, format, c, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// shaped is a result whose times of all operations are the given ones, in pairs of a
// time and how often it was.
func shaped(t *testing.T, name string, h *hdr.Histogram, times ...int64) *results.Result {
	t.Helper()
	for i := 0; i < len(times); i += 2 {
		if err := h.RecordValues(times[i], times[i+1]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	d, err := results.NewDistribution(h, h.Min(), h.Max())
	if err != nil {
		t.Fatal(err)
	}
	r := resultstest.Build(resultstest.Spec{Label: name, Seconds: 1})
	for _, o := range []*results.Operation{r.Summary.Operations["all"], r.Rounds[0].Operations["all"]} {
		o.ServiceTime = d
	}
	return r
}

// shapes are results of which each has something particular.
func shapes(t *testing.T) []*results.Result {
	t.Helper()
	const hour = results.HighestTrackable
	var all []*results.Result
	add := func(name string, h *hdr.Histogram, times ...int64) { all = append(all, shaped(t, name, h, times...)) }
	add("one value", results.NewHistogram(), 212_345, 1)
	add("zero", results.NewHistogram(), 0, 1)
	add("zero and little", results.NewHistogram(), 0, 5, 1, 3, 7, 2)
	add("an hour", results.NewHistogram(), 1, 1, hour, 1)
	add("millions", results.NewHistogram(), 80e3, 7_654_321, 81e3, 2_000_003, 3e6, 98_765, 4e9, 11)
	add("beyond 32 bits", results.NewHistogram(), 70e3, 3<<31, 90e3, 1<<40, 5e6, 1<<33, 6e9, 12345)
	add("two digits, and a comma", hdr.New(1, 10e9, 2), 1000, 3, 123_456, 1000, 9e9, 1)
	add("four digits", hdr.New(1, 60e9, 4), 1, 3, 123_456, 1000, 59e9, 1)
	var wide []int64
	for v, n := 1000.0, int64(1); v < 5e9; v, n = v*1.01, n*7%1009+1 {
		wide = append(wide, int64(v), n)
	}
	add("a thousand values", results.NewHistogram(), wide...)
	return append(all, resultstest.Build(resultstest.Spec{Label: "log-normal", Open: true, PerSecond: 30000}))
}

// interval is what a reader finds in a line of a log.
type interval struct {
	Tag         string           `json:"tag"`
	Start       int64            `json:"start"` // ms since the epoch
	End         int64            `json:"end"`
	Count       int64            `json:"count"`
	Min         int64            `json:"min"`
	Max         int64            `json:"max"`
	Percentiles map[string]int64 `json:"percentiles"`
}

func TestOtherImplementationsReadTheIntervalLog(t *testing.T) {
	t.Parallel()
	rs := shapes(t)
	for i, r := range rs {
		r.Rounds[0].StartedAt = resultstest.Started.Add(time.Duration(i)*time.Minute + 250*time.Millisecond)
		r.Rounds[0].Phases = []results.Phase{{Name: "the climb", StartSecond: .5, Seconds: .25, Operations: map[string]*results.Operation{
			"read": r.Rounds[0].Operations["write"],
		}}}
	}
	log := written(t, "hlog", rs...)
	percentiles := []string{"50", "90", "95", "99", "99.9", "99.99"}
	for name, read := range map[string]func(t *testing.T) string{
		"HdrHistogram": func(t *testing.T) string {
			return java(t, log, append([]string{source(t, "Log.java")}, percentiles...)...)
		},
		"hdr-histogram-js": func(t *testing.T) string { return javascript(t, log, "log.js", percentiles...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			isLogOf(t, log, read(t), rs)
		})
	}
}

// isLogOf compares what was read from a log with the results that it is of.
func isLogOf(t *testing.T, log, read string, rs []*results.Result) {
	t.Helper()
	found := map[string]interval{}
	for lines := json.NewDecoder(strings.NewReader(read)); lines.More(); {
		var i interval
		if err := lines.Decode(&i); err != nil {
			t.Fatal(err)
		}
		if _, twice := found[i.Tag]; twice {
			t.Errorf("%s is there twice", i.Tag)
		}
		found[i.Tag] = i
	}
	if lines := strings.Count(log, "\nTag="); len(found) != lines || lines < 100 {
		t.Errorf("%d histograms are read of %d", len(found), lines)
	}
	for _, r := range rs {
		name, round := strings.ReplaceAll(strings.ReplaceAll(r.Label, " ", "_"), ",", "_"), r.Rounds[0]
		start := round.StartedAt.Add(3 * time.Second).UnixMilli()
		length := int64(round.DurationSeconds * 1000)
		for tag, d := range map[string]*results.Distribution{
			"all/service_time":                   round.Operations["all"].ServiceTime,
			"read/response_time":                 round.Operations["read"].ResponseTime,
			"calls/get/service_time":             round.Calls["get"].ServiceTime,
			"send_lag":                           round.Harness.SendLag,
			"phases/the_climb/read/service_time": round.Operations["write"].ServiceTime,
		} {
			from, to := start, start+length
			if strings.HasPrefix(tag, "phases/") {
				from, to = start+500, start+750
			}
			got, ok := found[name+"/"+tag]
			if ok != (d != nil) {
				t.Errorf("%s/%s is read: %v", name, tag, ok)
			}
			if d == nil {
				continue
			}
			h, err := d.Decode()
			if err != nil {
				t.Fatal(err)
			}
			if got.Start != from || got.End != to {
				t.Errorf("%s is from %d to %d, want %d to %d", got.Tag, got.Start, got.End, from, to)
			}
			if got.Count != h.TotalCount() || got.Min != h.Min() || got.Max != h.Max() {
				t.Errorf("%s has %d values from %d to %d, want %d from %d to %d", got.Tag, got.Count, got.Min, got.Max, h.TotalCount(), h.Min(), h.Max())
			}
			for text, value := range map[string]int64{"50": d.P50, "90": d.P90, "95": d.P95, "99": d.P99, "99.9": d.P999, "99.99": d.P9999} {
				if v := max(d.Min, min(got.Percentiles[text], d.Max)); v != value {
					t.Errorf("%s: p%s is read as %d, stated as %d", got.Tag, text, v, value)
				}
			}
		}
	}
}

// TestTheLogProcessorTakesTheLog runs HdrHistogram's own program for logs, which
// makes one distribution of all the rounds of a tag.
func TestTheLogProcessorTakesTheLog(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Rounds: 3, Label: "before, again"})
	path := filepath.Join(t.TempDir(), "report.hlog")
	if err := os.WriteFile(path, []byte(written(t, "hlog", r)), 0o644); err != nil {
		t.Fatal(err)
	}
	tags := java(t, "", "org.HdrHistogram.HistogramLogProcessor", "-i", path, "-listtags")
	if !regexp.MustCompile(`(?m)^before__again/calls/get/service_time$`).MatchString(tags) {
		t.Errorf("tags\n%s", tags)
	}
	text := java(t, "", "org.HdrHistogram.HistogramLogProcessor", "-i", path, "-tag", "before__again/read/service_time")
	want := fmt.Sprintf("Total count    = %12d]", 3*r.Rounds[0].Operations["read"].Count)
	if !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}

// TestThePercentileDistributionIsThatOfJava compares line by line. All that differs
// is the unit of the times, and where a last digit that may go either way goes.
func TestThePercentileDistributionIsThatOfJava(t *testing.T) {
	t.Parallel()
	rs := append(shapes(t), shaped(t, "from 1000", hdr.New(1000, 10e9, 2), 1000, 3, 123_456, 1000, 9e9, 1))
	var encoded []string
	for _, r := range rs {
		encoded = append(encoded, r.Summary.Operations["all"].Time().Histogram)
	}
	want := strings.Split(java(t, strings.Join(encoded, "\n")+"\n", source(t, "Percentiles.java")), "\n")
	want = want[:len(want)-2] // the last histogram's empty line, and what is behind its end
	var got []string
	for line := range strings.Lines(written(t, "hgrm", rs...)) {
		if !strings.Contains(line, " of all operations, ms; ") { // the comment that names the result
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	compared := 0
	for i := range got {
		ours, theirs := numbers.FindAllString(got[i], -1), numbers.FindAllString(want[i], -1)
		if numbers.ReplaceAllString(got[i], "") != numbers.ReplaceAllString(want[i], "") || len(ours) != len(theirs) {
			t.Errorf("line %d is\n%s\nwant\n%s", i+1, got[i], want[i])
			continue
		}
		for j := range ours {
			if !same(t, kindOf(want[i], j), ours[j], theirs[j]) {
				t.Errorf("line %d is, in milliseconds,\n%s\nwant, in nanoseconds,\n%s", i+1, got[i], want[i])
			}
			compared++
		}
	}
	if compared < 1500 {
		t.Errorf("only %d numbers were compared", compared)
	}
}

// numbers are found with the blanks that align them.
var numbers = regexp.MustCompile(` *\b[\d.]+\b`)

// kindOf tells what the number at a place of a line is.
func kindOf(line string, place int) string {
	switch {
	case strings.HasPrefix(line, "#[Mean"):
		return "computed"
	case strings.HasPrefix(line, "#[Max") && place == 0:
		return "time"
	case strings.HasPrefix(line, "#"), strings.Contains(line, "Value"):
	case place < 2:
		return [...]string{"time", "percentile"}[place]
	}
	return "" // a count, or one that depends on the percentile alone
}

// same compares numbers as printed: times are nanoseconds where Java prints them,
// and milliseconds in ours.
func same(t *testing.T, kind, ours, theirs string) bool {
	t.Helper()
	a, errA := strconv.ParseFloat(strings.TrimSpace(ours), 64)
	b, errB := strconv.ParseFloat(strings.TrimSpace(theirs), 64)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "time":
		return math.Round(1e6*a) == b
	case "computed":
		return math.Abs(1e6*a-b) < 1
	case "percentile":
		return math.Abs(a-b) < 1.5e-12
	}
	return ours == theirs
}
