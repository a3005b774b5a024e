package cli

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sessionbench/bench/internal/load"
)

// metrics serves the run's figures in Prometheus's text format. Its zero value
// serves nothing.
type metrics struct {
	server   *http.Server
	url      string // where they are served
	mu       sync.Mutex
	last     load.Progress
	finished uint64 // operations that succeeded, over all rounds and targets
}

// startMetrics listens at addr; an empty one serves nothing.
func startMetrics(addr string) (*metrics, error) {
	m := &metrics{}
	if addr == "" {
		return m, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serve)
	m.url = "http://" + l.Addr().String() + "/metrics"
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go m.server.Serve(l) // ends with close
	return m, nil
}

func (m *metrics) close() {
	if m.server != nil {
		m.server.Close()
	}
}

func (m *metrics) show(p load.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = p
	m.finished += p.PerSecond
}

func (m *metrics) serve(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	p, finished := m.last, m.finished
	m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	labels := fmt.Sprintf("{target=%q,phase=%q}", p.Target, p.Phase)
	metric := func(name, kind, help string, value float64) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s%s %g\n", name, help, name, kind, name, labels, value)
	}
	fmt.Fprintf(w, "# HELP bench_operations_total Operations that succeeded in this run.\n# TYPE bench_operations_total counter\nbench_operations_total %d\n", finished)
	metric("bench_operations_per_second", "gauge", "Operations that succeeded in the last second.", float64(p.PerSecond))
	metric("bench_operation_p50_seconds", "gauge", "Median time of the last second's operations.", p.P50.Seconds())
	metric("bench_operation_p99_seconds", "gauge", "99th percentile of the last second's operations.", p.P99.Seconds())
	metric("bench_round_errors", "gauge", "Operations that failed since the round began.", float64(p.Errors))
	metric("bench_client_file_descriptors", "gauge", "File descriptors of bench.", float64(p.ClientFDs))
	if p.ServerFDs >= 0 {
		metric("bench_server_file_descriptors", "gauge", "File descriptors of the store's server.", float64(p.ServerFDs))
	}
}
