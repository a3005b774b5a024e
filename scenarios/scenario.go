// Package scenarios says what traffic is: how many sessions, which operations in
// which mix, arriving how, for how long, with which objectives. A Scenario is
// read from YAML, from the built-in ones, or both, and changed by flags.
package scenarios

import (
	"math"
	"slices"
	"time"
)

// Scenario describes traffic. Its zero value is not valid; Find and Parse return
// valid ones, and Validate tells what is wrong with a changed one.
type Scenario struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"` // one line

	Sessions    int        `json:"sessions"` // alive at the start, preloaded
	Payload     Payload    `json:"payload"`
	TTL         Duration   `json:"ttl"` // 0 ("none"): session cookies, the store's default lifetime
	Popularity  Popularity `json:"popularity"`
	Mix         Mix        `json:"mix"`
	ExpireAfter Duration   `json:"expire_after"` // lifetime of the sessions that "expire" looks for
	Overlap     float64    `json:"overlap"`      // percent of the requests

	// Load is the one phase, when Phases is empty. With phases it has neither
	// workers nor rate, and in open loop the arrival and max_in_flight of all.
	Load   Load    `json:"load,omitzero"`
	Phases []Phase `json:"phases,omitempty"` // all open or all closed loop

	Middleware Middleware `json:"middleware"`

	Warmup     Duration   `json:"warmup"`   // 0 ("none"): no warm-up
	Duration   Duration   `json:"duration"` // with Phases: their sum
	Objectives Objectives `json:"objectives,omitempty"`
}

// Middleware holds express-session's settings that change its calls.
type Middleware struct {
	LoginSaves int  `json:"login_saves"` // 1 or 2: see expressjs/session#935
	Resave     bool `json:"resave"`      // a read saves instead of touching
	Touch      bool `json:"touch"`       // a read extends the lifetime
}

// Payload is the size of a session's JSON text: log-normal with this median and
// 99th percentile, or always the median when P99 is 0 or the same.
type Payload struct {
	Median Bytes `json:"median"`
	P99    Bytes `json:"p99,omitempty"`
}

// Open tells whether the scenario is open loop.
func (s *Scenario) Open() bool {
	if len(s.Phases) > 0 {
		return s.Phases[0].Rate != RateRange{}
	}
	return s.Load.Open()
}

// Timeline returns the phases that run: Phases, or the one that Load and
// Duration describe.
func (s *Scenario) Timeline() []Phase {
	if len(s.Phases) > 0 {
		return s.Phases
	}
	return []Phase{{
		Name:     "steady",
		Rate:     RateRange{s.Load.Rate, s.Load.Rate},
		Workers:  WorkersRange{s.Load.Workers, s.Load.Workers},
		Duration: s.Duration,
	}}
}

// Clone returns a copy that shares nothing with s.
func (s *Scenario) Clone() *Scenario {
	c := *s
	c.Phases = slices.Clone(s.Phases)
	c.Objectives = slices.Clone(s.Objectives)
	return &c
}

// SetRate makes the scenario an open loop at a steady rate; it keeps the arrival
// and max_in_flight of a scenario that was one, and drops phases.
func (s *Scenario) SetRate(r Rate) {
	s.Phases = nil
	s.Load.Workers, s.Load.Rate = 0, r
	s.fillOpenLoop()
}

// SetWorkers makes the scenario a closed loop of n workers, and drops phases.
func (s *Scenario) SetWorkers(n int) {
	s.Phases = nil
	s.Load = Load{Workers: n}
}

// fillOpenLoop gives an open loop what it was not told.
func (s *Scenario) fillOpenLoop() {
	if s.Load.Arrival == "" {
		s.Load.Arrival = DefaultArrival
	}
	if s.Load.MaxInFlight == 0 {
		s.Load.MaxInFlight = DefaultMaxInFlight
	}
}

// SetDuration sets how long the measured part lasts. Phases are stretched or
// squeezed in proportion, their ends rounded to whole milliseconds.
func (s *Scenario) SetDuration(d Duration) {
	whole, sum := float64(phasesDuration(s.Phases)), Duration(0)
	end := Duration(0)
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		sum += s.Phases[i].Duration
		before := end
		end = d
		if i < len(s.Phases)-1 {
			exact := math.Round(float64(d) * (float64(sum) / whole))
			end = Duration(time.Duration(exact).Round(time.Millisecond))
		}
		s.Phases[i].Duration = end - before
	}
	s.Duration = d
}
