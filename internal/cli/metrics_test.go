package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
)

// second is a second's progress with successes of these times.
func second(p load.Progress, times ...time.Duration) load.Progress {
	h := results.NewHistogram()
	for _, t := range times {
		if err := h.RecordValue(int64(t)); err != nil {
			panic(err)
		}
	}
	p.Times, p.PerSecond = h, uint64(len(times))
	return p
}

func scraped(t *testing.T, m *metrics) string {
	t.Helper()
	answer, err := http.Get(m.url)
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
	text := scraped(t, m)
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
