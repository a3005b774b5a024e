package cli

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// second is a second's progress with successes of these times.
func second(p load.Progress, times ...time.Duration) load.Progress {
	h := results.NewHistogram()
	for _, t := range times {
		if err := h.RecordValue(int64(t)); err != nil {
			panic(err)
		}
	}
	p.Times, p.PerSecond, p.Max = h, uint64(len(times)), slices.Max(append(times, 0))
	return p
}

func scraped(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", answer.Status, text, err)
	}
	return string(text)
}

// What Prometheus reads only rises, over all rounds of each target, and its buckets
// are the same everywhere.
func TestMetricsAddUpOverTheRounds(t *testing.T) {
	t.Parallel()
	m, err := startMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	at := func(target string, round int, errors uint64) load.Progress {
		return load.Progress{Target: target, Round: round, Phase: "steady", Errors: errors, ClientFDs: 12, ServerFDs: 14}
	}
	m.show(second(at("redis", 1, 0), 900*time.Microsecond, 15*time.Millisecond))
	m.show(second(at("redis", 1, 3), time.Minute))
	m.show(load.Progress{Target: "redis", Round: 1, Phase: "read-back", ServerFDs: -1})
	m.show(second(at("file", 1, 1)))
	m.show(second(at("redis", 2, 2), 900*time.Microsecond))
	text := scraped(t, m.url)
	for _, want := range []string{
		`bench_operations_total{target="redis"} 4`, `bench_operations_total{target="file"} 0`,
		`bench_operation_errors_total{target="redis"} 5`, `bench_operation_errors_total{target="file"} 1`,
		`bench_operation_duration_seconds_bucket{target="redis",le="0.0005"} 0`,
		`bench_operation_duration_seconds_bucket{target="redis",le="0.001"} 2`,
		`bench_operation_duration_seconds_bucket{target="redis",le="0.02"} 3`,
		`bench_operation_duration_seconds_bucket{target="redis",le="10"} 3`,
		`bench_operation_duration_seconds_bucket{target="redis",le="+Inf"} 4`,
		`bench_operation_duration_seconds_count{target="redis"} 4`,
		`bench_open_fds{side="server",target="redis"} 14`, `bench_round{phase="steady",target="redis"} 2`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it has no %s:\n%s", want, text)
		}
	}
}

// The page of a run that goes on has what is known so far, each round as it comes.
func TestTheLivePageHasWhatIsKnownSoFar(t *testing.T) {
	t.Parallel()
	m, err := startMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	page := strings.TrimSuffix(m.url, "metrics")
	if text := scraped(t, page); !strings.Contains(text, "Nothing is measured yet.") || !strings.Contains(text, `http-equiv="refresh"`) {
		t.Errorf("before there is anything:\n%s", text)
	}
	m.workers = 64
	var known *results.Result
	m.result = func(target string, rounds []results.Round) (r *results.Result, err error) {
		r = resultstest.Build(resultstest.Spec{Label: target})
		r.Rounds, known = rounds, r
		r.Summary, err = results.Summarize(rounds)
		return r, err
	}
	at := func(number int, errors uint64, times ...time.Duration) load.Progress {
		p := second(load.Progress{
			Target: "redis", Round: 1, Phase: "steady", Second: number, Elapsed: time.Duration(number+3) * time.Second,
			Errors: errors, ClientFDs: 12, ServerFDs: 14,
		}, times...)
		return p
	}
	m.show(load.Progress{Target: "redis", Round: 1, Phase: "preload", ServerFDs: -1})
	m.show(at(-1, 2, time.Second)) // warm-up
	m.show(at(0, 2, time.Millisecond, 2*time.Millisecond))
	m.show(at(1, 3, 4*time.Millisecond))
	text := scraped(t, page)
	if !strings.Contains(text, `http-equiv="refresh" content="10"`) || !strings.Contains(text, "<svg ") {
		t.Errorf("the page:\n%s", text)
	}
	if len(known.Rounds) != 1 {
		t.Fatalf("%d rounds", len(known.Rounds))
	}
	r := known.Rounds[0]
	all := r.Operations["all"]
	if all.Count != 4 || all.WithFailures.Failures != 1 || all.ServiceTime.Max != int64(4*time.Millisecond) || r.DurationSeconds != 2 || r.WarmupSecs != 2 {
		t.Errorf("%+v, %+v of %v s after %v s", all, all.ServiceTime, r.DurationSeconds, r.WarmupSecs)
	}
	if len(r.Series) != 3 || r.Series[0].Second != -1 || r.Series[0].Errors != 2 || r.Series[2].Errors != 1 || *r.Series[1].ServerFDs != 14 {
		t.Errorf("%+v", r.Series)
	}
}
