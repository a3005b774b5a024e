package load

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// witnessed is a run that is seen from beside the harness: when it began, and when
// its store answered. Its sessions are only ever read.
type witnessed struct {
	scenario *scenarios.Scenario
	options  Options
	target   *Target
	round    results.Round

	drivers.Driver
	mu       sync.Mutex
	began    time.Time              // when the schedule did
	answered map[string][]time.Time // each session's gets
}

func newWitnessed(t testing.TB, target *Target, change func(*scenarios.Scenario)) *witnessed {
	w := &witnessed{scenario: web(t, change), options: options(), target: target, Driver: target.Driver, answered: map[string][]time.Time{}}
	w.options.Verify, w.options.Keep = VerifyOff, true
	w.options.Observe = w.observe
	target.Driver = w
	return w
}

func (w *witnessed) observe(p Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Phase != "preload" && w.began.IsZero() {
		w.began = time.Now()
	}
}

func (w *witnessed) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := w.Driver.Get(ctx, id)
	if err == nil {
		now := time.Now()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answered[id] = append(w.answered[id], now)
	}
	return r, err
}

// run is the run's one round; an error is not the end of the test.
func (w *witnessed) run(t testing.TB) {
	outcomes, _ := Run(t.Context(), w.scenario, []*Target{w.target}, w.options)
	if len(outcomes[0].Rounds) != 1 {
		t.Errorf("no round: %v", outcomes[0].Err)
		return
	}
	w.round = outcomes[0].Rounds[0]
}

// unanswered is the wait of a request without an answer.
const unanswered = time.Duration(math.MaxInt64)

// waits gives the moments at which the requests came due, and how long each waited
// for its answer from then on: those of one session are answered in their order.
func (w *witnessed) waits() (due []time.Time, waits []time.Duration) {
	schedule := newPlan(w.scenario, w.options.Seed, 0, w.options.Shard).schedule()
	identity := newIdentity(w.options.RunID, 0, w.scenario.Payload)
	var g ids
	next := map[string]int{}
	for {
		second, group, ok := schedule.nextGroup()
		if !ok {
			return due, waits
		}
		at, wait := w.began.Add(time.Duration(second*1e9)), unanswered
		id := g.id(identity, uint64(group.session), 1)
		if k := next[id]; k < len(w.answered[id]) {
			wait = w.answered[id][k].Sub(at)
			next[id]++
		}
		due, waits = append(due, at), append(waits, wait)
	}
}

// gets is an open loop of reads that only get, so that no server's disk has a say.
// Its phases last for a number of seconds each; a single one is the whole run.
func gets(arrival scenarios.Arrival, inFlight int, phases ...scenarios.Phase) func(*scenarios.Scenario) {
	return func(s *scenarios.Scenario) {
		s.Mix, s.Middleware.Touch = scenarios.Mix{scenarios.Read: 1}, false
		s.Load = scenarios.Load{Arrival: arrival, MaxInFlight: inFlight}
		s.Warmup, s.Duration = 0, 0
		for _, p := range phases {
			s.Duration += p.Duration
		}
		if len(phases) == 1 {
			s.Load.Rate = phases[0].Rate.From
			return
		}
		s.Phases = phases
	}
}

// phase goes from one rate to another, in so many seconds.
func phase(name string, from, to scenarios.Rate, seconds int) scenarios.Phase {
	return scenarios.Phase{
		Name: name, Rate: scenarios.RateRange{From: from, To: to},
		Duration: scenarios.Duration(time.Duration(seconds) * time.Second),
	}
}

// manyInFlight is more than there are requests.
const manyInFlight = 20_000
