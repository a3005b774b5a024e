package cli

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
)

// metrics serves the run's figures to Prometheus. Its zero value serves nothing.
type metrics struct {
	server *http.Server
	url    string // where they are served

	mu      sync.Mutex
	targets map[string]*live
	order   []string // of the targets, as they began

	open    bool // the load is an open loop
	workers int
	// result makes a result of the rounds that a target has so far; nil: nothing is
	// provided yet.
	result func(target string, rounds []results.Round) (*results.Result, error)
}

// bounds are those of the histogram's buckets in seconds: 1 µs to 10 s, in the steps
// of a logarithmic ruler, the same in all runs so that they aggregate.
var bounds = []float64{
	1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10,
}

// startMetrics listens at addr; an empty one serves nothing.
func startMetrics(addr string) (*metrics, error) {
	m := &metrics{targets: map[string]*live{}}
	if addr == "" {
		return m, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /{$}", m.page)
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

// show takes a second's figures.
func (m *metrics) show(p load.Progress) {
	if m.server == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.targets[p.Target]
	if t == nil {
		t = &live{within: map[float64]uint64{}}
		m.targets[p.Target] = t
		m.order = append(m.order, p.Target)
	}
	t.add(p)
}

var (
	operationsMetric = describe("bench_operations_total", "Operations that succeeded, warm-up included.", "target")
	errorsMetric     = describe("bench_operation_errors_total", "Operations that failed, warm-up included.", "target")
	durationMetric   = describe("bench_operation_duration_seconds", "Times of the operations that succeeded: response time in open loop, service time in closed loop.", "target")
	fdsMetric        = describe("bench_open_fds", "File descriptors that are open.", "target", "side")
	roundMetric      = describe("bench_round", "The round that runs, from 1.", "target", "phase")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{operationsMetric, errorsMetric, durationMetric, fdsMetric, roundMetric} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(c chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, t := range m.targets {
		number := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
			c <- prometheus.MustNewConstMetric(d, kind, value, append([]string{name}, labels...)...)
		}
		number(operationsMetric, prometheus.CounterValue, float64(t.succeeded))
		number(errorsMetric, prometheus.CounterValue, float64(t.failed+t.last.Errors))
		number(roundMetric, prometheus.GaugeValue, float64(t.last.Round), t.last.Phase)
		if t.last.ClientFDs > 0 { // it is known while there is load
			number(fdsMetric, prometheus.GaugeValue, float64(t.last.ClientFDs), "client")
		}
		if t.last.ServerFDs >= 0 {
			number(fdsMetric, prometheus.GaugeValue, float64(t.last.ServerFDs), "server")
		}
		within := make(map[float64]uint64, len(bounds))
		for _, bound := range bounds {
			within[bound] = t.within[bound]
		}
		c <- prometheus.MustNewConstHistogram(durationMetric, t.succeeded, t.sum, within, name)
	}
}
