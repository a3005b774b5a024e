package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// units are twelve units of a target that took turns with another in one run, of which
// each took by a share longer.
func units(tag string, slower float64) *results.Result {
	r := resultstest.Build(resultstest.Spec{
		Rounds: 12, Seconds: 1, PerSecond: 2000 / (1 + slower), Median: time.Duration(200e3 * (1 + slower)), Run: "turns",
	})
	r.Target.Text, r.Target.Image = "redis:"+tag, "redis:"+tag
	return r
}

// history DIR N PERCENT writes a history of N runs into a folder, and after it
// DIR.json, a run that is by so many per cent slower.
func history(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: history DIR N PERCENT")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	slower, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	var written [12][]byte // of which the others are copies of another time
	for i := range n {
		kind := i % len(written)
		if written[kind] == nil {
			path := filepath.Join(dir, "first.json")
			ts.Check(results.SaveAs(path, runOfHistory(kind, .01*math.Sin(float64(7*kind)))))
			written[kind], err = os.ReadFile(path)
			ts.Check(err)
			ts.Check(os.Remove(path))
		}
		text := strings.NewReplacer(
			fmt.Sprintf(`"run-of-%d"`, kind), fmt.Sprintf(`"run-of-%d"`, i),
			fmt.Sprintf(`"id-of-%d"`, kind), fmt.Sprintf(`"id-of-%d"`, i),
			startOfHistory(kind), startOfHistory(i),
		).Replace(string(written[kind]))
		ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("run-%04d.json", i)), []byte(text), 0o644))
	}
	ts.Check(results.SaveAs(dir+".json", runOfHistory(n, slower/100)))
}

// runOfHistory is one run an hour, by a share slower than the usual.
func runOfHistory(i int, slower float64) *results.Result {
	r := resultstest.Build(resultstest.Spec{PerSecond: 1000 / (1 + slower), Median: time.Duration(200e3 * (1 + slower))})
	r.ID, r.RunID = fmt.Sprintf("id-of-%d", i), fmt.Sprintf("run-of-%d", i)
	r.StartedAt = resultstest.Started.Add(time.Duration(i) * time.Hour)
	return r
}

func startOfHistory(i int) string {
	return `"started_at": "` + resultstest.Started.Add(time.Duration(i)*time.Hour).Format(time.RFC3339) + `"`
}
