// Package resultstest builds results for tests: a few words of what a run was
// like become a complete document with real histograms, always the same ones.
package resultstest

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/results"
)

// Spec says what a run was like. Its zero fields have the defaults named.
type Spec struct {
	Store      string // redis
	Label      string
	Client     string // express
	Durability string // commit
	Scenario   string // JSON; Scenario("web", 64)
	Seed       uint64 // 7
	Run        string // run-1
	Rounds     int    // 1
	Seconds    float64
	PerSecond  float64            // all operations, failed ones included; 1000
	Median     time.Duration      // of a read's service time; 200 µs
	Anonymous  time.Duration      // median of an anonymous request; as a read
	Errors     map[string]float64 // share of the operations that failed, by class
	Open       bool               // open loop: response times are 1.5 times the service times
	Unread     bool               // the server's side could not be read
	Shard      *results.Shard
}

// Scenario is a scenario's JSON as a result holds it.
func Scenario(name string, workers int) string {
	return fmt.Sprintf(`{"name":%q,"sessions":10000,"payload":{"median":"600B","p99":"4KiB"},"ttl":"30m",`+
		`"popularity":{"zipf":1.05},"mix":{"login":4,"read":78,"write":12,"logout":2,"expire":2,"anonymous":2},`+
		`"expire_after":"1s","overlap":0,"load":{"workers":%d},"middleware":{"login_saves":2,"resave":false,"touch":true},`+
		`"warmup":"3s","duration":"20s","objectives":{"p99":"20ms","errors":"0.1%%","lost":"0"}}`, name, workers)
}

func (s Spec) withDefaults() Spec {
	set := func(text *string, value string) {
		if *text == "" {
			*text = value
		}
	}
	set(&s.Store, "redis")
	set(&s.Client, "express")
	set(&s.Durability, "commit")
	set(&s.Scenario, Scenario("web", 64))
	set(&s.Run, "run-1")
	if s.Seed == 0 {
		s.Seed = 7
	}
	s.Rounds = max(s.Rounds, 1)
	if s.Seconds == 0 {
		s.Seconds = 20
	}
	if s.PerSecond == 0 {
		s.PerSecond = 1000
	}
	if s.Median == 0 {
		s.Median = 200 * time.Microsecond
	}
	if s.Anonymous == 0 {
		s.Anonymous = s.Median
	}
	return s
}

// Started is when every built result began.
var Started = time.Date(2026, time.November, 23, 15, 4, 5, 0, time.UTC)

// built are results as JSON by the JSON of their Spec: reading one again takes a
// tenth of the time that its histograms take.
var built sync.Map

// Build makes the result that a run like s would leave. The caller may change it.
func Build(s Spec) *results.Result {
	key := string(must(json.Marshal(s)))
	text, ok := built.Load(key)
	if !ok {
		text, _ = built.LoadOrStore(key, must(json.Marshal(build(s.withDefaults()))))
	}
	var r results.Result
	if err := json.Unmarshal(text.([]byte), &r); err != nil {
		panic(err)
	}
	return &r
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func build(s Spec) *results.Result {
	r := &results.Result{
		Schema: results.Schema, ID: fmt.Sprintf("%s-%s-%x", s.Store, s.Run, s.Seed), RunID: s.Run,
		StartedAt: Started, Label: s.Label, Tags: map[string]string{}, Seed: s.Seed,
		TrafficDigest: fmt.Sprintf("%016x", s.Seed*0x9e3779b97f4a7c15), Shard: s.Shard,
		Tool: results.Tool{Version: "0.1.0", Commit: "0123456789ab", Go: "go1.26.0"},
		Host: results.Host{
			Name: "shop-1", OS: "linux", Arch: "amd64", Kernel: "6.8.0", CPUModel: "AMD EPYC 7713", Cores: 8,
			MemoryBytes: 16 << 30, NoFileSoft: 1024, NoFileHard: 1 << 20,
		},
		Target:     s.target(),
		Scenario:   json.RawMessage(s.Scenario),
		Objectives: []results.Objective{},
	}
	if s.Shard != nil {
		r.ID += fmt.Sprintf("-%d", s.Shard.Index)
	}
	for i := range s.Rounds {
		r.Rounds = append(r.Rounds, s.round(i))
	}
	Summarize(r)
	return r
}

// Summarize computes the summary anew, after a test has changed a round.
func Summarize(r *results.Result) {
	r.Summary = must(results.Summarize(r.Rounds))
}

func (s Spec) target() results.Target {
	return results.Target{
		Text: s.Store, Store: s.Store, Backend: "process", Client: s.Client,
		Endpoint: s.Store + " on 127.0.0.1:40001", ServerVersion: "7.0.15",
		Settings: map[string]string{"appendonly": "no"}, Options: map[string]string{"prefix": "sess:"},
		Durability: s.Durability, Network: "loopback",
		Contract: map[string]string{"purge": "the server removes expired sessions at once"},
	}
}

// mix is each operation's share and its time compared with a read's.
var mix = []struct {
	name        string
	share, slow float64
	calls       []string
}{
	{"read", .78, 1, []string{"get", "touch"}},
	{"write", .12, 1.3, []string{"get", "set"}},
	{"login", .04, 2, []string{"destroy", "set", "set"}},
	{"logout", .02, 1.1, []string{"get", "destroy"}},
	{"expire", .02, .6, []string{"get"}},
	{"anonymous", .02, 1, []string{"get"}},
}

func (s Spec) round(index int) results.Round {
	length := time.Duration((s.Seconds + 3) * float64(time.Second))
	pair := index
	r := results.Round{
		Index: index, Pair: &pair, StartedAt: Started.Add(time.Duration(index) * length), WarmupSecs: 3,
		Phases: []results.Phase{}, Events: []results.Event{}, Steady: &results.Steady{OK: true, DriftPercent: 1.5},
		Figures: results.Figures{
			DurationSeconds: s.Seconds,
			Operations:      map[string]*results.Operation{}, Calls: map[string]*results.Call{},
			Verify: results.Verify{Mode: "all", Checked: 10000},
		},
	}
	all := recording{}
	for _, m := range mix {
		median := float64(s.Median) * m.slow
		if m.name == "anonymous" {
			median = float64(s.Anonymous)
		}
		one := s.record(uint64(s.PerSecond*s.Seconds*m.share), median)
		all.add(one)
		r.Operations[m.name] = one.operation(s)
		for _, call := range m.calls {
			addCall(r.Calls, call, one)
		}
	}
	r.Operations["all"] = all.operation(s)
	s.surroundings(&r, all)
	return r
}

// surroundings fills in what is not about single operations.
func (s Spec) surroundings(r *results.Round, all recording) {
	r.Load = results.Load{Mode: "closed", Workers: 64, Due: all.count(), Sent: all.count(), Completed: all.count()}
	soft := uint64(1024)
	cpu, idle := 35.0, 90.0
	r.Harness = results.Harness{CPUPercent: &cpu, IdlePercent: &idle, GCPauseMaxNs: 250_000}
	if s.Open {
		offered := s.PerSecond
		r.Load.Mode, r.Load.OfferedPerSecond = "open", &offered
		r.Harness.SendLag = all.distribution(.1)
	}
	r.FileDescriptors.Client = &results.Descriptors{Idle: 9, Mean: 9.5, Peak: 10, Limit: &soft}
	r.Resources.Client = &results.Usage{CPUSeconds: float64(all.count()) * 20e-6, MemoryPeakBytes: 40 << 20}
	if s.Unread {
		r.Unavailable = map[string]string{"file_descriptors.server": "the server was not started by this run"}
	} else {
		connections := int64(1)
		r.FileDescriptors.Server = &results.Descriptors{Idle: 12, Mean: 13, Peak: 14}
		r.Resources.Server = &results.Usage{CPUSeconds: float64(all.count()) * 12e-6, MemoryPeakBytes: 30 << 20, Connections: &connections}
	}
	for class := range s.Errors {
		if r.ErrorTexts == nil {
			r.ErrorTexts = map[string]string{}
		}
		r.ErrorTexts[class] = "set: an example of " + class
	}
	h, _, slowest := all.histogram(1)
	for second := -3; second < int(s.Seconds); second++ {
		count := all.count() / uint64(max(1, s.Seconds))
		p50, p99, most, fds, servers := h.ValueAtPercentile(50), h.ValueAtPercentile(99), slowest, 10, 14
		r.Series = append(r.Series, results.Second{
			Second: second, Seconds: 1, Count: count, P50: &p50, P99: &p99, Max: &most, ClientFDs: &fds, ServerFDs: &servers,
		})
	}
}

// recording is the successes and failures of one kind of operation.
type recording struct {
	times  []timed // in no order
	errors map[string]uint64
}

// timed is how many successes took so long.
type timed struct{ ns, count int64 }

// steps is how many different times a recording of one operation has.
const steps = 100

// record spreads n operations over the quantiles of a log-normal distribution.
func (s Spec) record(n uint64, median float64) recording {
	one := recording{errors: map[string]uint64{}}
	all := float64(n)
	for class, share := range s.Errors {
		failed := uint64(math.Round(share * all))
		one.errors[class] = failed
		n -= failed
	}
	for i := range uint64(steps) {
		if count := n*(i+1)/steps - n*i/steps; count > 0 {
			q := (float64(i) + .5) / steps
			one.times = append(one.times, timed{int64(median * math.Exp(.5*math.Sqrt2*math.Erfinv(2*q-1))), int64(count)})
		}
	}
	return one
}

func (r *recording) add(o recording) {
	r.times = append(r.times, o.times...)
	if r.errors == nil {
		r.errors = map[string]uint64{}
	}
	for class, n := range o.errors {
		r.errors[class] += n
	}
}

func (r recording) failures() (n uint64) {
	for _, failed := range r.errors {
		n += failed
	}
	return n
}

func (r recording) successes() (n uint64) {
	for _, t := range r.times {
		n += uint64(t.count)
	}
	return n
}

func (r recording) count() uint64 { return r.successes() + r.failures() }

// histogram is of the times multiplied by a factor.
func (r recording) histogram(by float64) (h *hdr.Histogram, least, most int64) {
	h = results.NewHistogram()
	least = math.MaxInt64
	for _, t := range r.times {
		v := int64(float64(t.ns) * by)
		least, most = min(least, v), max(most, v)
		if err := h.RecordValues(v, t.count); err != nil {
			panic(err)
		}
	}
	return h, least, most
}

func (r recording) distribution(by float64) *results.Distribution {
	return must(results.NewDistribution(r.histogram(by)))
}

func (r recording) operation(s Spec) *results.Operation {
	o := &results.Operation{
		Count: r.count(), Errors: map[string]uint64{}, Outcomes: results.Outcomes{Hit: r.successes()},
		ThroughputPerSecond: float64(r.successes()) / s.Seconds,
		ServiceTime:         r.distribution(1),
	}
	h, least, most := r.histogram(1)
	if s.Open {
		h, least, most = r.histogram(1.5)
		o.ResponseTime = r.distribution(1.5)
	}
	for class, n := range r.errors {
		if n > 0 {
			o.Errors[class] = n
		}
	}
	if n := r.failures(); n > 0 {
		h := results.NewHistogram()
		h.RecordValues(int64(time.Second), int64(n))
		o.FailureTime, _ = results.NewDistribution(h, int64(time.Second), int64(time.Second))
	}
	o.WithFailures = results.NewWithFailures(h, least, most, r.failures())
	return o
}

// addCall gives a call half of its operation's time.
func addCall(calls map[string]*results.Call, name string, of recording) {
	d := of.distribution(.5)
	if d == nil {
		return
	}
	c := calls[name]
	if c == nil {
		calls[name] = &results.Call{Count: of.count(), Errors: map[string]uint64{}, ServiceTime: d}
		return
	}
	c.Count += of.count()
	c.ServiceTime = must(results.MergeDistributions(c.ServiceTime, d))
}
