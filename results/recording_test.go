package results_test

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/results"
)

// request is one operation that came due in an open loop, and the call it made.
type request struct {
	kind, call             string
	failure                string // its class; empty: it succeeded
	lag, service, poolWait int64
	second                 bool // of the two phases
	hit, lost, revived     bool
}

// draw makes requests of which this share failed. Kinds are rare and frequent,
// times go from zero to more than an hour.
func draw(random *rand.Rand, n int, failing float64) []request {
	all := make([]request, n)
	for i := range all {
		all[i] = request{
			kind: pick(random, "read", "read", "read", "read", "login"), call: pick(random, "get", "set"),
			lag: spread(random, 2e3), service: spread(random, 300e3), poolWait: spread(random, 50),
			second: chance(random, .3), hit: chance(random, .5), lost: chance(random, .01), revived: chance(random, .02),
		}
		if chance(random, failing) {
			all[i].failure = pick(random, "timeout", "refused")
		}
	}
	return all
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

func chance(random *rand.Rand, share float64) bool { return random.Float64() < share }

func spread(random *rand.Rand, median float64) int64 {
	return int64(median * math.Exp(5*random.NormFloat64()))
}

// deal gives each request to one of so many parts. The last one gets nothing.
func deal(random *rand.Rand, all []request, parts int) [][]request {
	dealt := make([][]request, parts)
	for _, r := range all {
		i := random.IntN(max(1, parts-1))
		dealt[i] = append(dealt[i], r)
	}
	return dealt
}

// course is what a round's load was like.
type course struct {
	workers       int
	rate, seconds float64
}

// figures records requests in one round.
func (c course) figures(t *testing.T, requests []request) results.Figures {
	t.Helper()
	n := uint64(len(requests))
	f := results.Figures{
		DurationSeconds: c.seconds, Operations: c.operations(t, requests), Calls: map[string]*results.Call{},
		Load:   results.Load{Mode: "open", Workers: c.workers, OfferedPerSecond: &c.rate, Due: n, Sent: n},
		Verify: results.Verify{Mode: "all", Checked: n},
	}
	var lag timing
	byCall := map[string][]request{}
	for _, r := range requests {
		byCall[r.call] = append(byCall[r.call], r)
		lag.record(r.lag)
		f.Load.Completed += one(r.failure == "")
		f.Harness.NotSent += one(r.failure == "refused")
		f.Violations.Lost += one(r.lost)
		f.Races.Revived += one(r.revived)
	}
	for name, requests := range byCall {
		f.Calls[name] = call(t, requests)
	}
	f.Harness.SendLag = lag.distribution(t)
	return f
}

// phases records requests by their phase; each lasts half of the round.
func (c course) phases(t *testing.T, requests []request) []results.Phase {
	t.Helper()
	half := c.seconds / 2
	first := slices.DeleteFunc(slices.Clone(requests), func(r request) bool { return r.second })
	second := slices.DeleteFunc(slices.Clone(requests), func(r request) bool { return !r.second })
	halved := course{c.workers, c.rate, half}
	return []results.Phase{
		{Name: "calm", StartSecond: 0, Seconds: half, Operations: halved.operations(t, first)},
		{Name: "storm", StartSecond: half, Seconds: half, Operations: halved.operations(t, second)},
	}
}

func (c course) operations(t *testing.T, requests []request) map[string]*results.Operation {
	t.Helper()
	byKind := map[string][]request{"all": requests}
	for _, r := range requests {
		byKind[r.kind] = append(byKind[r.kind], r)
	}
	operations := map[string]*results.Operation{}
	for kind, requests := range byKind {
		operations[kind] = c.operation(t, requests)
	}
	return operations
}

func (c course) operation(t *testing.T, requests []request) *results.Operation {
	t.Helper()
	o := &results.Operation{Count: uint64(len(requests)), Errors: map[string]uint64{}}
	var service, response, failure timing
	for _, r := range requests {
		o.Outcomes.Hit += one(r.hit)
		o.Outcomes.MissExpected += one(!r.hit)
		if r.failure != "" {
			o.Errors[r.failure]++
			failure.record(r.lag + r.service)
			continue
		}
		service.record(r.service)
		response.record(r.lag + r.service)
	}
	o.ThroughputPerSecond = float64(o.Succeeded()) / c.seconds
	o.ServiceTime, o.ResponseTime, o.FailureTime = service.distribution(t), response.distribution(t), failure.distribution(t)
	o.WithFailures = results.NewWithFailures(response.h, response.min, response.max, o.Count-o.Succeeded())
	return o
}

func call(t *testing.T, requests []request) *results.Call {
	t.Helper()
	c := &results.Call{Count: uint64(len(requests)), Errors: map[string]uint64{}}
	var service, wait timing
	for _, r := range requests {
		wait.record(r.poolWait)
		if r.failure != "" {
			c.Errors[r.failure]++
			continue
		}
		service.record(r.service)
	}
	c.ServiceTime, c.PoolWait = service.distribution(t), wait.distribution(t)
	return c
}

func one(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

// timing records as a run does: more than an hour is an hour in the histogram,
// and the extremes are exact.
type timing struct {
	h        *hdr.Histogram
	min, max int64
}

func (s *timing) record(v int64) {
	if s.h == nil {
		s.h, s.min = results.NewHistogram(), v
	}
	s.min, s.max = min(s.min, v), max(s.max, v)
	if err := s.h.RecordValue(min(v, results.HighestTrackable)); err != nil {
		panic(err) // it is within
	}
}

func (s *timing) distribution(t *testing.T) *results.Distribution {
	t.Helper()
	d, err := results.NewDistribution(s.h, s.min, s.max)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// isAsRecorded compares two values of the result file, figure by figure, as they
// stand in it: nothing is approximate, and histograms are equal byte by byte.
func isAsRecorded(t *testing.T, what string, got, want any) {
	t.Helper()
	a, b := figuresIn(t, got), figuresIn(t, want)
	for name := range a {
		if _, wanted := b[name]; !wanted {
			t.Errorf("%s: %s is there, and was not recorded", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if a[name] != b[name] {
			t.Errorf("%s: %s is %v, recorded all in one %v", what, name, a[name], b[name])
		}
	}
}

// figuresIn lists every figure of a value by its place in the JSON.
func figuresIn(t *testing.T, v any) map[string]any {
	t.Helper()
	var tree any
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]any{}
	var list func(where string, v any)
	list = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, below := range v {
				list(where+"."+name, below)
			}
		case []any:
			for i, below := range v {
				list(where+"["+strconv.Itoa(i)+"]", below)
			}
		default:
			figures[where] = v
		}
	}
	list("", tree)
	return figures
}
