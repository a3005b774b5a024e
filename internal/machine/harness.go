package machine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// Lateness is how much later than due an open loop sends its requests while
// nothing keeps it: what the machine takes to wake a thread and hand a request to
// it.
type Lateness struct {
	RatePerSecond float64 `json:"rate_per_second"`
	P50Ns         int64   `json:"p50_ns"`
	P99Ns         int64   `json:"p99_ns"`
	MaxNs         int64   `json:"max_ns"`
}

// calmRate leaves any machine idle most of the time, so that each request finds
// it asleep.
const calmRate = 3000

func (m *Machine) wakeUp(ctx context.Context) (Fact, error) {
	f, err := m.replay(ctx, &empty{}, func(s *scenarios.Scenario) { s.SetRate(calmRate) })
	if err != nil {
		return nil, err
	}
	lag := f.Harness.SendLag
	return Lateness{RatePerSecond: calmRate, P50Ns: lag.P50, P99Ns: lag.P99, MaxNs: lag.Max}, nil
}

// Figure implements Fact.
func (l Lateness) Figure() string {
	return fmt.Sprintf("p50 %s, p99 %s, max %s", short(float64(l.P50Ns)), short(float64(l.P99Ns)), short(float64(l.MaxNs)))
}

// A quick store on a network answers in some hundreds of microseconds. Of a run
// that is later than 2 ms the result says that bench was the limit.
const fineLateness, muchLateness = 200e3, 1e6 // nanoseconds, at the 99th percentile

// Troubles implements Fact.
func (l Lateness) Troubles() []Trouble {
	return gradedAbove(float64(l.P99Ns), fineLateness, muchLateness, fmt.Sprintf(
		"at %.0f/s, with nothing to wait for, one request in a hundred leaves %s late or more: response times have that in them, service times have not; what else runs here, and what the host runs, is the usual cause", l.RatePerSecond, short(float64(l.P99Ns))))
}

// Ceiling is what bench itself can do at most: a closed loop on a store that
// answers at once.
type Ceiling struct {
	OperationsPerSecond float64  `json:"operations_per_second"` // reads, of two calls each
	CallsPerSecond      float64  `json:"calls_per_second"`
	CPUPerCallNs        *float64 `json:"cpu_per_call_ns"` // null: unknown
}

func (m *Machine) ceiling(ctx context.Context) (Fact, error) {
	f, err := m.replay(ctx, &empty{}, nil)
	if err != nil {
		return nil, err
	}
	calls := uint64(0)
	for _, c := range f.Calls {
		calls += c.Count
	}
	found := Ceiling{
		OperationsPerSecond: f.Operations["all"].ThroughputPerSecond,
		CallsPerSecond:      float64(calls) / f.DurationSeconds,
	}
	if cpu := f.Harness.CPUPercent; cpu != nil {
		found.CPUPerCallNs = new(*cpu / 100 * 1e9 / found.CallsPerSecond)
	}
	return found, nil
}

// Figure implements Fact.
func (c Ceiling) Figure() string {
	text := fmt.Sprintf("%s ops/s, %s calls/s", count(c.OperationsPerSecond), count(c.CallsPerSecond))
	if c.CPUPerCallNs != nil {
		text += fmt.Sprintf(", %s of CPU a call", short(*c.CPUPerCallNs))
	}
	return text
}

// A Redis with a pipelining client answers 200,000 operations a second; a store
// at a third of the ceiling takes a third of its time from bench.
const lowCeiling, highCeiling = 100e3, 600e3 // operations per second

// Troubles implements Fact.
func (c Ceiling) Troubles() []Trouble {
	return graded(c.OperationsPerSecond, lowCeiling, highCeiling, fmt.Sprintf(
		"bench itself manages %s operations/s here: a store that nears a third of that is measured with bench's limits; more processors, or shards on several machines (--shard), raise it", count(c.OperationsPerSecond)))
}

// errNothing: other programs left bench no time to send a request.
var errNothing = errors.New("no request was sent in time")

// replay has the scenario "web", its reads alone, on a store in this process.
func (m *Machine) replay(ctx context.Context, store drivers.Driver, change func(*scenarios.Scenario)) (*results.Figures, error) {
	s, err := scenarios.Find("web")
	if err != nil {
		return nil, err
	}
	s.Mix = scenarios.Mix{scenarios.Read: 100}
	s.Warmup, s.Duration = scenarios.Duration(m.Replay/8), scenarios.Duration(m.Replay)
	if change != nil {
		change(s)
	}
	target := &load.Target{Name: "empty store", Driver: store, InProcess: true, Disposable: true}
	outcomes, _ := load.Run(ctx, s, []*load.Target{target}, load.Options{
		RunID: "doctor", Seed: 1, Rounds: 1, Verify: load.VerifyOff, Drain: time.Second, Client: m.Process,
	})
	if err := outcomes[0].Err; err != nil {
		return nil, fmt.Errorf("the empty store failed: %w", err)
	}
	if len(outcomes[0].Rounds) == 0 {
		return nil, errNothing
	}
	f := &outcomes[0].Rounds[0].Figures
	switch all := f.Operations["all"]; {
	case len(all.Errors) > 0 || f.Violations.Total() > 0:
		return nil, fmt.Errorf("the empty store failed: errors %v, violations %+v", all.Errors, f.Violations)
	case all.Count == 0:
		return nil, errNothing
	}
	return f, nil
}
