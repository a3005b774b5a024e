package report

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// gateRun says what two targets of one run were like, unit by unit. The differences
// are log ratios, positive where the second was worse; nil: none.
type gateRun struct {
	units                        int
	throughput, p50, p90, p95    []float64
	p99, clientCPU, serverCPU    []float64
	open                         bool
	finer                        float64  // times that are so many times as long, so that rounding is no noise
	failuresA, failuresB         []uint64 // of 20000 operations
	change                       func(unit int, a, b *results.Round)
	textA, textB, labelA, labelB string
	scenario                     string
	interruptedA, interruptedB   bool
	runA, runB                   string
	changeResults                func(a, b *results.Result)
	objectivesB                  []results.Objective
}

// build makes the two results.
func (g gateRun) build() (a, b *results.Result) {
	def := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	def(&g.textA, "redis:7.4")
	def(&g.textB, "redis:8")
	def(&g.runA, "run-1")
	def(&g.runB, g.runA)
	def(&g.scenario, resultstest.Scenario("web", 64))
	if g.units == 0 {
		g.units = max(len(g.throughput), len(g.p50), len(g.p99), fewestUnits)
	}
	a, b = g.side(g.textA, g.labelA, g.runA), g.side(g.textB, g.labelB, g.runB)
	a.ID, b.ID = "a-"+g.runA, "b-"+g.runB
	a.Interrupted, b.Interrupted = g.interruptedA, g.interruptedB
	b.Objectives = append(b.Objectives, g.objectivesB...)
	for i := range g.units {
		ra, rb := g.rounds(i)
		if g.change != nil {
			g.change(i, &ra, &rb)
		}
		a.Rounds, b.Rounds = append(a.Rounds, ra), append(b.Rounds, rb)
	}
	for _, r := range []*results.Result{a, b} {
		if len(r.Rounds) > 0 {
			r.Summary.Load = r.Rounds[0].Load
			r.Summary.DurationSeconds = float64(len(r.Rounds)) * .48
			r.Summary.Operations = map[string]*results.Operation{"all": r.Rounds[0].Operations["all"]}
		}
	}
	if g.changeResults != nil {
		g.changeResults(a, b)
	}
	return a, b
}

func (g gateRun) side(text, label, run string) *results.Result {
	return &results.Result{
		Schema: results.Schema, RunID: run, StartedAt: resultstest.Started, Label: label, Seed: 7,
		Scenario: json.RawMessage(g.scenario), Objectives: []results.Objective{},
		Tool: results.Tool{Version: "0.1.0", Commit: "0123456789ab", Go: "go1.26.0"},
		Host: results.Host{Name: "ci-1", OS: "linux", Arch: "amd64", Kernel: "6.8.0", CPUModel: "AMD EPYC 7713", Cores: 2, NoFileSoft: 1024, NoFileHard: 1 << 20},
		Target: results.Target{
			Text: text, Store: "redis", Backend: "process", Client: "express", Image: text, Network: "loopback",
			Settings: map[string]string{"appendonly": "no"}, Options: map[string]string{"prefix": "sess:"},
		},
	}
}

func at(d []float64, i int) float64 {
	if i < len(d) {
		return d[i]
	}
	return 0
}

func (g gateRun) rounds(i int) (a, b results.Round) {
	number := i
	make1 := func(sign float64, failures uint64) results.Round {
		apart := func(d []float64) float64 { return math.Exp(sign * at(d, i) / 2) }
		ns := func(base float64, d []float64) *int64 {
			v := int64(math.Round(base * max(1, g.finer) * apart(d)))
			return &v
		}
		const attempted = 20000
		o := &results.Operation{
			Count: attempted, Errors: map[string]uint64{}, ThroughputPerSecond: 30400 / apart(g.throughput),
			WithFailures: results.WithFailures{
				P50: ns(212e3, g.p50), P90: ns(310e3, g.p90), P95: ns(420e3, g.p95), P99: ns(780e3, g.p99), P999: ns(2e6, nil), Failures: failures,
			},
		}
		if failures > 0 {
			o.Errors["timeout"] = failures
		}
		r := results.Round{Index: i, Pair: &number, StartedAt: resultstest.Started.Add(time.Duration(i) * time.Second)}
		r.DurationSeconds = .48
		r.Load = results.Load{Mode: "closed", Workers: 64}
		if g.open {
			r.Load.Mode = "open"
		}
		r.Operations = map[string]*results.Operation{"all": o}
		r.Resources.Client = &results.Usage{CPUSeconds: .4 * apart(g.clientCPU)}
		r.Resources.Server = &results.Usage{CPUSeconds: .24 * apart(g.serverCPU)}
		r.FileDescriptors.Client = &results.Descriptors{Idle: 9, Mean: 10, Peak: 10}
		r.FileDescriptors.Server = &results.Descriptors{Idle: 12, Mean: 14, Peak: 14}
		return r
	}
	var failedA, failedB uint64
	if i < len(g.failuresA) {
		failedA = g.failuresA[i]
	}
	if i < len(g.failuresB) {
		failedB = g.failuresB[i]
	}
	return make1(-1, failedA), make1(1, failedB)
}

// decide judges a run of one pair of results.
func (g gateRun) decide(t testing.TB, o GateOptions) *GateVerdict {
	t.Helper()
	a, b := g.build()
	v, err := Gate([]*results.Result{a}, []*results.Result{b}, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// metricOf is a metric's line of a verdict.
func metricOf(t testing.TB, v *GateVerdict, metric string) GateMetric {
	t.Helper()
	for _, m := range v.Metrics {
		if m.Metric == metric {
			return m
		}
	}
	t.Fatalf("no line for %s", metric)
	return GateMetric{}
}

// checkOf is a check of a verdict.
func checkOf(t testing.TB, v *GateVerdict, name string) GateCheck {
	t.Helper()
	var all []string
	for _, c := range v.Checks {
		if c.Check == name {
			return c
		}
		all = append(all, c.Check)
	}
	t.Fatalf("no check %s among %v", name, all)
	return GateCheck{}
}

// same is n equal differences.
func same(d float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = d
	}
	return all
}

func mustLimits(texts ...string) []GateLimit {
	limits, err := ParseGateLimits(texts)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return limits
}
