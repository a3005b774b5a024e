package results_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func decoded(t *testing.T, d *results.Distribution) (count int64) {
	t.Helper()
	h, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return h.TotalCount()
}

func TestSummaryAddsUpRounds(t *testing.T) {
	t.Parallel()
	fast := resultstest.Build(resultstest.Spec{Seconds: 10, PerSecond: 3000}).Rounds[0]
	slow := resultstest.Build(resultstest.Spec{Seconds: 30, PerSecond: 1000, Median: time.Millisecond,
		Errors: map[string]float64{"timeout": .05}}).Rounds[0]
	slow.FileDescriptors.Client.Peak, slow.FileDescriptors.Client.Mean, slow.FileDescriptors.Client.Idle = 90, 50, 20
	slow.Harness.ClientSaturated, slow.Harness.SaturatedReason = true, "both cores are busy"
	slow.Violations.Lost, slow.Verify.Stale, slow.Races.Revived = 3, 2, 1
	f, err := results.Summarize([]results.Round{fast, slow})
	if err != nil {
		t.Fatal(err)
	}
	all, a, b := f.Operations["all"], fast.Operations["all"], slow.Operations["all"]
	if f.DurationSeconds != 40 || all.Count != a.Count+b.Count || all.Errors["timeout"] != 1500 {
		t.Errorf("%v s, %d operations, errors %v", f.DurationSeconds, all.Count, all.Errors)
	}
	if n := decoded(t, all.ServiceTime); uint64(n) != a.Count+b.Count-1500 {
		t.Errorf("the histogram has %d values", n)
	}
	if all.ServiceTime.Min != a.ServiceTime.Min || all.ServiceTime.Max != b.ServiceTime.Max {
		t.Errorf("from %d to %d", all.ServiceTime.Min, all.ServiceTime.Max)
	}
	if want := 58500.0 / 40; math.Abs(all.ThroughputPerSecond-want) > 1e-9 {
		t.Errorf("%v operations/s, want %v", all.ThroughputPerSecond, want)
	}
	// 1500 of 60,000 failed, 2.5 %: p95 is a success's, p99 a failure's.
	if w := all.WithFailures; w.P95 == nil || w.P99 != nil || w.Failures != 1500 || w.Reason != "the 99th percentile lies among the 2.5 % failures" {
		t.Errorf("with failures: %+v", w)
	}
	if fd := f.FileDescriptors.Client; fd.Idle != 9 || fd.Peak != 90 || math.Abs(fd.Mean-(9.5*10+50*30)/40) > 1e-9 {
		t.Errorf("file descriptors %+v", fd)
	}
	if want := 60000 * 20e-6; math.Abs(f.Resources.Client.CPUSeconds-want) > 1e-9 {
		t.Errorf("%v s of processor time, want %v", f.Resources.Client.CPUSeconds, want)
	}
	if !f.Harness.ClientSaturated || f.Harness.SaturatedReason != "both cores are busy" {
		t.Errorf("harness %+v", f.Harness)
	}
	if f.Violations.Lost != 3 || f.Verify.Checked != 20000 || f.Verify.Stale != 2 || f.Races.Revived != 1 {
		t.Errorf("%+v %+v %+v", f.Violations, f.Verify, f.Races)
	}
	if f.ErrorTexts["timeout"] == "" {
		t.Error("the example of a timeout is lost")
	}
	touches := f.Calls["touch"]
	if touches.Count != fast.Calls["touch"].Count+slow.Calls["touch"].Count || uint64(decoded(t, touches.ServiceTime)) != 23400+23400-1170 {
		t.Errorf("touch: %d calls, %d times", touches.Count, decoded(t, touches.ServiceTime))
	}
}

func TestSummaryOfOneRoundIsThatRound(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Open: true, Errors: map[string]float64{"busy": .002}})
	for name, want := range r.Rounds[0].Operations {
		got := r.Summary.Operations[name]
		if *got.ResponseTime != *want.ResponseTime || *got.ServiceTime != *want.ServiceTime ||
			got.ThroughputPerSecond != want.ThroughputPerSecond || *got.WithFailures.P99 != *want.WithFailures.P99 {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if *r.Summary.Load.OfferedPerSecond != 1000 || r.Summary.Load.Mode != "open" {
		t.Errorf("load %+v", r.Summary.Load)
	}
}

func TestSummaryHasNullWhereARoundIsMissingAPartOfASum(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Rounds: 2})
	r.Rounds[1].Resources.Server = nil
	r.Rounds[1].FileDescriptors.Server = nil
	r.Rounds[1].Harness.CPUPercent = nil
	resultstest.Summarize(r)
	if r.Summary.Resources.Server != nil || r.Summary.Harness.CPUPercent != nil {
		t.Errorf("half a sum is shown: %+v", r.Summary.Resources.Server)
	}
	if r.Summary.FileDescriptors.Server == nil || r.Summary.FileDescriptors.Server.Peak != 14 {
		t.Error("the peak that was read is lost")
	}
}

func TestSummaryOfNoRoundsIsEmpty(t *testing.T) {
	t.Parallel()
	f, err := results.Summarize(nil)
	if err != nil || len(f.Operations) != 0 || f.Resources.Client != nil || f.FileDescriptors.Client != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestSummaryRefusesMixedLoops(t *testing.T) {
	t.Parallel()
	open := resultstest.Build(resultstest.Spec{Open: true}).Rounds[0]
	closed := resultstest.Build(resultstest.Spec{}).Rounds[0]
	if _, err := results.Summarize([]results.Round{closed, open}); err == nil || !strings.Contains(err.Error(), "load.mode") {
		t.Error(err)
	}
}

func shards(t *testing.T, count int) []*results.Result {
	t.Helper()
	var parts []*results.Result
	for i := range count {
		parts = append(parts, resultstest.Build(resultstest.Spec{
			Rounds: 2, Open: true, Run: "machine-" + string(rune('a'+i)),
			PerSecond: 1000 * float64(i+1), Median: time.Duration(i+1) * time.Millisecond,
			Shard: &results.Shard{Index: i + 1, Count: count},
		}))
	}
	return parts
}

// copied gives results that a test may change.
func copied(t *testing.T, rs []*results.Result) []*results.Result {
	t.Helper()
	var all []*results.Result
	for _, r := range rs {
		var c results.Result
		text, err := json.Marshal(r)
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &c)
	}
	return all
}

func TestMergePutsShardsSideBySide(t *testing.T) {
	t.Parallel()
	parts := shards(t, 3)
	parts[2].Rounds[0].DurationSeconds = 20.5
	whole, err := results.Merge([]*results.Result{parts[2], parts[0], parts[1]})
	if err != nil {
		t.Fatal(err)
	}
	if whole.Shard != nil || len(whole.Rounds) != 2 {
		t.Fatalf("shard %v, %d rounds", whole.Shard, len(whole.Rounds))
	}
	r := whole.Rounds[0]
	if *r.Load.OfferedPerSecond != 6000 || r.DurationSeconds != 20.5 || r.Load.Due != 120_000 {
		t.Errorf("offered %v/s for %v s, %d due", *r.Load.OfferedPerSecond, r.DurationSeconds, r.Load.Due)
	}
	if n := decoded(t, r.Operations["all"].ResponseTime); n != 120_000 {
		t.Errorf("%d response times", n)
	}
	if want := 120_000 / 20.5; math.Abs(r.Operations["all"].ThroughputPerSecond-want) > 1e-9 {
		t.Errorf("%v operations/s, want %v", r.Operations["all"].ThroughputPerSecond, want)
	}
	if fd := r.FileDescriptors; fd.Client.Peak != 30 || fd.Client.Limit != nil || fd.Server.Peak != 14 {
		t.Errorf("file descriptors: client %+v, server %+v", fd.Client, fd.Server)
	}
	if cpu := r.Resources; math.Abs(cpu.Client.CPUSeconds-2.4) > 1e-9 || math.Abs(cpu.Server.CPUSeconds-60_000*12e-6) > 1e-9 {
		t.Errorf("processor time: client %v, server %v", cpu.Client.CPUSeconds, cpu.Server.CPUSeconds)
	}
	s := r.Series[5]
	if s.Second != 2 || s.Count != 6000 || s.P50 != nil || s.P99 != nil || *s.Max != *parts[2].Rounds[0].Series[5].Max || *s.ClientFDs != 30 || *s.ServerFDs != 14 {
		t.Errorf("second %+v", s)
	}
	if r.ServerCalls != nil || r.Unavailable["server_calls"] == "" {
		t.Error("the server's counters have no reason")
	}
	if _, err := results.Save(t.TempDir(), whole); err != nil {
		t.Errorf("it can't be saved: %v", err)
	}
}

// All shards look at the same storage, each when it happens to.
func TestMergedShardsHaveTheStorageThatAnyOfThemRead(t *testing.T) {
	t.Parallel()
	parts := shards(t, 2)
	figure := func(n int64) *int64 { return &n }
	one, other := parts[0].Rounds[0].Series, parts[1].Rounds[0].Series
	one[3].StoredBytes, other[3].StoredBytes = figure(700), figure(800)
	other[4].StoredBytes, one[4].DeadRows, other[4].ExpiredPresent = figure(900), figure(0), figure(5)
	whole, err := results.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	series := whole.Rounds[0].Series
	if s := series[3]; s.StoredBytes == nil || *s.StoredBytes != 800 || s.DeadRows != nil || s.ExpiredPresent != nil {
		t.Errorf("where both read: %+v", s)
	}
	if s := series[4]; s.StoredBytes == nil || *s.StoredBytes != 900 || s.DeadRows == nil || *s.DeadRows != 0 || s.ExpiredPresent == nil || *s.ExpiredPresent != 5 {
		t.Errorf("where one of them did: %+v", s)
	}
	if s := series[5]; s.StoredBytes != nil || s.DeadRows != nil || s.ExpiredPresent != nil {
		t.Errorf("where none did: %+v", s)
	}
}

func TestMergeAppendsRepeats(t *testing.T) {
	t.Parallel()
	first := resultstest.Build(resultstest.Spec{Rounds: 2, Run: "monday"})
	second := resultstest.Build(resultstest.Spec{Rounds: 3, Run: "tuesday", Median: time.Millisecond})
	second.Interrupted, second.Tags = true, map[string]string{"branch": "main"}
	whole, err := results.Merge([]*results.Result{first, second})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range whole.Rounds {
		if r.Index != i || r.Pair != nil {
			t.Errorf("round %d has index %d and pair %v", i, r.Index, r.Pair)
		}
	}
	if len(whole.Rounds) != 5 || whole.Summary.DurationSeconds != 100 || whole.Summary.Operations["all"].Count != 100_000 {
		t.Errorf("%d rounds, %v s, %d operations", len(whole.Rounds), whole.Summary.DurationSeconds, whole.Summary.Operations["all"].Count)
	}
	if !whole.Interrupted || len(whole.Tags) != 0 || len(whole.Objectives) != 0 {
		t.Errorf("interrupted %v, tags %v, objectives %v", whole.Interrupted, whole.Tags, whole.Objectives)
	}
	if whole.ID == first.ID || whole.RunID == "monday" {
		t.Errorf("id %s, run %s", whole.ID, whole.RunID)
	}
	if *first.Rounds[0].Pair != 0 || first.Rounds[1].Index != 1 {
		t.Error("merging changed its input")
	}
	if _, err := results.Save(t.TempDir(), whole); err != nil {
		t.Errorf("it can't be saved: %v", err)
	}
}

func TestMergeRefusesTheUnlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec   resultstest.Spec
		change func(r *results.Result)
		want   string
	}{
		"twice":    {resultstest.Spec{Run: "a"}, nil, "merge: result redis-a-7 is given twice"},
		"store":    {resultstest.Spec{Store: "mongo"}, nil, `merge: target.store: "redis" and "mongo" can't be merged`},
		"client":   {resultstest.Spec{Client: "native"}, nil, `merge: target.client: "express" and "native" can't be merged`},
		"scenario": {resultstest.Spec{Scenario: resultstest.Scenario("tabs", 64)}, nil, `merge: scenario.name: "web" and "tabs" can't be merged`},
		"workers":  {resultstest.Spec{Scenario: resultstest.Scenario("web", 8)}, nil, `merge: scenario.load: {"workers":64} and {"workers":8} can't be merged`},
		"schema": {resultstest.Spec{}, func(r *results.Result) { r.Schema = "bench.result/v0" },
			`merge: schema: "bench.result/v1" and "bench.result/v0" can't be merged`},
		"setting": {resultstest.Spec{}, func(r *results.Result) { r.Target.Settings["appendonly"] = "yes" },
			`merge: target.settings.appendonly: "no" and "yes" can't be merged`},
		"missing scenario key": {resultstest.Spec{}, func(r *results.Result) {
			r.Scenario = json.RawMessage(strings.Replace(string(r.Scenario), `"overlap":0,`, "", 1))
		}, `merge: scenario.overlap: 0 and null can't be merged`},
		"shard": {resultstest.Spec{Shard: &results.Shard{Index: 1, Count: 2}}, nil, "merge: shard: some results are shards and some are whole"},
	} {
		if c.spec.Run == "" {
			c.spec.Run = "b"
		}
		other := resultstest.Build(c.spec)
		if c.change != nil {
			c.change(other)
		}
		_, err := results.Merge([]*results.Result{resultstest.Build(resultstest.Spec{Run: "a"}), other})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := results.Merge([]*results.Result{resultstest.Build(resultstest.Spec{})}); err == nil {
		t.Error("one result was merged")
	}
}

func TestMergeRefusesShardsThatAreNoWhole(t *testing.T) {
	t.Parallel()
	fresh := shards(t, 3)
	for want, change := range map[string]func(parts []*results.Result) []*results.Result{
		"merge: shard: shard 3 of 3 is missing": func(p []*results.Result) []*results.Result { return p[:2] },
		"merge: shard: shard 1 of 3 is missing": func(p []*results.Result) []*results.Result { return p[1:] },
		"merge: shard: two results are shard 2 of 3": func(p []*results.Result) []*results.Result {
			p[2].Shard.Index = 2
			return p
		},
		"merge: seed: 7 and 8 can't be merged": func(p []*results.Result) []*results.Result {
			p[1].Seed = 8
			return p
		},
		"merge: rounds[1].started_at: shards 1 and 2 did not run at the same time": func(p []*results.Result) []*results.Result {
			p[1].Rounds[1].StartedAt = p[1].Rounds[1].StartedAt.Add(time.Hour)
			return p
		},
		"merge: rounds: shard 3 has 1 rounds, shard 1 has 2": func(p []*results.Result) []*results.Result {
			p[2].Rounds = p[2].Rounds[:1]
			return p
		},
	} {
		if _, err := results.Merge(change(copied(t, fresh))); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestMergeNamesAGarbledHistogram(t *testing.T) {
	t.Parallel()
	a, b := resultstest.Build(resultstest.Spec{Run: "a"}), resultstest.Build(resultstest.Spec{Run: "b"})
	b.Rounds[0].Operations["read"].ServiceTime.Histogram = "HISTFAAAAA=="
	_, err := results.Merge([]*results.Result{a, b})
	if err == nil || !strings.Contains(err.Error(), "operations.read: service_time: histogram: ") {
		t.Error(err)
	}
}
