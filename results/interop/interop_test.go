// Package interop has HdrHistogram's other implementations read the histograms of
// results, and holds what they find to what the results state.
package interop

import (
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sessionbench/bench/internal/cli"
	"github.com/sessionbench/bench/results"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bench": func() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// histogram is one that a result holds, with what the result states of it.
type histogram struct {
	name   string
	stated *results.Distribution
	count  uint64
}

func TestOtherImplementationsReadWhatResultsState(t *testing.T) {
	t.Parallel()
	all := append(recorded(t), ran(t)...)
	var asked, encoded []string
	for _, p := range percentiles {
		asked = append(asked, p.text)
	}
	for _, h := range all {
		encoded = append(encoded, h.stated.Histogram)
	}
	for name, command := range readers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, r := range read(t, command(t), asked, encoded) {
				all[i].isReadAs(t, r)
			}
		})
	}
}

// isReadAs compares a reading with what is stated; all of it must be equal.
//
// A histogram knows its values by their buckets only, and a reader gives the last
// value of a bucket for a percentile and the maximum, the first for the minimum.
// The extremes that a result states are exact, since bench keeps them beside the
// histogram: the reader's are the ends of their buckets. The percentiles stated
// are the reader's, taken back into the exact extremes where a bucket reaches
// beyond them. A time of more than an hour is among the values as an hour.
func (h *histogram) isReadAs(t *testing.T, r reading) {
	t.Helper()
	first, _ := bucket(min(h.stated.Min, results.HighestTrackable))
	_, last := bucket(min(h.stated.Max, results.HighestTrackable))
	if r.Count != h.count || r.Min != first || r.Max != last || r.Offset != 0 {
		t.Errorf("%s: read as %d values from %d to %d with offset %d, want %d from %d to %d with offset 0",
			h.name, r.Count, r.Min, r.Max, r.Offset, h.count, first, last)
	}
	for _, p := range percentiles {
		if got, want := within(h.stated, r.Percentiles[p.text]), p.of(h.stated); got != want {
			t.Errorf("%s: p%s is read as %d, stated as %d", h.name, p.text, got, want)
		}
	}
}

// percentiles are those that a distribution states.
var percentiles = []struct {
	text  string
	in10k int64 // the same exactly
	of    func(*results.Distribution) int64
}{
	{"50", 5000, func(d *results.Distribution) int64 { return d.P50 }},
	{"90", 9000, func(d *results.Distribution) int64 { return d.P90 }},
	{"95", 9500, func(d *results.Distribution) int64 { return d.P95 }},
	{"99", 9900, func(d *results.Distribution) int64 { return d.P99 }},
	{"99.9", 9990, func(d *results.Distribution) int64 { return d.P999 }},
	{"99.99", 9999, func(d *results.Distribution) int64 { return d.P9999 }},
}

// bucket gives the first and the last of the values that a histogram of three
// digits does not tell from v: it keeps the eleven leading bits.
func bucket(v int64) (first, last int64) {
	lost := int64(1)<<max(0, bits.Len64(uint64(v))-11) - 1
	return v &^ lost, v | lost
}

func within(d *results.Distribution, v int64) int64 { return max(d.Min, min(v, d.Max)) }

// ran gives the histograms of a result that bench wrote of a run on the memory
// store: those of two rounds, and those of the summary, which are merged.
func ran(t *testing.T) []histogram {
	t.Helper()
	dir := t.TempDir()
	bench := exec.Command("bench", "--store=memory", "--rate=2000/s", "--rounds=2", "--duration=500ms", "--warmup=0s",
		"--sessions=200", "--out="+dir, "--no-progress")
	bench.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+dir)
	if out, err := bench.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", bench, err, out)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("the run left %q, %v; want one result", paths, err)
	}
	r, err := results.Read(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	all := histogramsOf("summary", &r.Summary)
	for i := range r.Rounds {
		all = append(all, histogramsOf("round", &r.Rounds[i].Figures)...)
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no histogram", paths[0])
	}
	return all
}

func histogramsOf(where string, f *results.Figures) []histogram {
	var all []histogram
	add := func(name string, d *results.Distribution, count uint64) {
		if d != nil {
			all = append(all, histogram{where + ": " + name, d, count})
		}
	}
	for name, o := range f.Operations {
		add(name+", service time", o.ServiceTime, o.Succeeded())
		add(name+", response time", o.ResponseTime, o.Succeeded())
		add(name+", failure time", o.FailureTime, o.Count-o.Succeeded())
	}
	for name, c := range f.Calls {
		succeeded := c.Count
		for _, n := range c.Errors {
			succeeded -= n
		}
		add(name+", service time", c.ServiceTime, succeeded)
	}
	add("send lag", f.Harness.SendLag, f.Load.Due)
	return all
}
