// Package scenarios says what traffic is: how many sessions, which operations in
// which mix, arriving how, for how long, with which objectives. A Scenario is
// read from YAML, from the built-in ones, or both, and changed by flags.
package scenarios

import "time"

// Scenario describes traffic. Its zero value is not valid; Builtin and Parse
// return valid ones, and Validate tells what is wrong with a changed one.
type Scenario struct {
	Name        string `yaml:"name" json:"name"`
	Description string `yaml:"description,omitempty" json:"description,omitempty"`

	Sessions    int        `yaml:"sessions" json:"sessions"` // alive at the start, preloaded
	Payload     Payload    `yaml:"payload" json:"payload"`
	TTL         Duration   `yaml:"ttl" json:"ttl"` // 0 ("none"): session cookies, the store's default lifetime
	Popularity  Popularity `yaml:"popularity" json:"popularity"`
	Mix         Mix        `yaml:"mix" json:"mix"`
	ExpireAfter Duration   `yaml:"expire_after" json:"expire_after"` // lifetime of the sessions that "expire" looks for
	Overlap     float64    `yaml:"overlap" json:"overlap"`           // percent of the requests

	Load   Load    `yaml:"load,omitempty" json:"load"`               // the one phase, when Phases is empty
	Phases []Phase `yaml:"phases,omitempty" json:"phases,omitempty"` // all open or all closed loop

	Middleware Middleware `yaml:"middleware,omitempty" json:"middleware"`

	Warmup     Duration   `yaml:"warmup" json:"warmup"`
	Duration   Duration   `yaml:"duration" json:"duration"` // with Phases: their sum
	Objectives Objectives `yaml:"objectives,omitempty" json:"objectives,omitempty"`
}

// Middleware holds express-session's settings that change its calls.
type Middleware struct {
	LoginSaves int  `yaml:"login_saves" json:"login_saves"` // 1 or 2: see expressjs/session#935
	Resave     bool `yaml:"resave" json:"resave"`           // a read saves instead of touching
	Touch      bool `yaml:"touch" json:"touch"`             // a read extends the lifetime
}

// Payload is the size of a session's JSON text: log-normal with this median and
// 99th percentile, or always the median when P99 is 0 or the same.
type Payload struct {
	Median Bytes `yaml:"median" json:"median"`
	P99    Bytes `yaml:"p99,omitempty" json:"p99,omitempty"`
}

// Popularity says how often each session is asked for: session i with weight
// 1/(i+1)^Zipf, or all alike when Zipf is 0 ("uniform").
type Popularity struct {
	Zipf float64 `json:"zipf"`
}

// Kind is a kind of operation.
type Kind uint8

// The operations.
const (
	Login Kind = iota
	Read
	Write
	Logout
	Expire
	Anonymous
	NumKinds int = iota
)

var kindNames = [NumKinds]string{"login", "read", "write", "logout", "expire", "anonymous"}

// String gives the operation's name as scenarios and results spell it.
func (k Kind) String() string { return kindNames[k] }

// Kinds lists every operation.
func Kinds() []Kind { return []Kind{Login, Read, Write, Logout, Expire, Anonymous} }

// Mix holds the weight of each operation, of any sum. A logout needs a login:
// users that were logged out log in on their next request, and those logins are
// part of the login weight, so that the mix that runs is the one asked for as
// long as login's weight is at least logout's.
type Mix [NumKinds]float64

// Arrival says how operations come due in open loop.
type Arrival string

// The arrivals.
const (
	Uniform Arrival = "uniform" // evenly spaced
	Poisson Arrival = "poisson" // independent users: exponential gaps
)

// Load is closed loop (Workers) or open loop (Rate).
type Load struct {
	Workers     int     `yaml:"workers,omitempty" json:"workers,omitempty"`
	Rate        Rate    `yaml:"rate,omitempty" json:"rate,omitempty"`
	Arrival     Arrival `yaml:"arrival,omitempty" json:"arrival,omitempty"`
	MaxInFlight int     `yaml:"max_in_flight,omitempty" json:"max_in_flight,omitempty"`
}

// Open tells whether the load is open loop.
func (l Load) Open() bool { return l.Rate != 0 }

// Phase is a stretch of time with a load of its own that may climb or fall
// linearly. Either the rates or the workers are set.
type Phase struct {
	Name     string
	Rate     RateRange
	Workers  WorkersRange
	Duration Duration
}

// RateRange runs from From to To; they are equal when the rate is steady.
type RateRange struct{ From, To Rate }

// WorkersRange runs from From to To.
type WorkersRange struct{ From, To int }

// Rate is in operations per second.
type Rate float64

// Bytes is a size; "600B", "4KiB", "1MiB" and "2kB" are read.
type Bytes int64

// Duration is a time.Duration that is written as "30m"; "none" is 0 where a
// field allows it.
type Duration time.Duration

// Objectives are limits by metric, in the order given.
type Objectives []Objective

// Objective is one limit: a time percentile (p50, p90, p95, p99, p99.9, max) of
// the operations at most this long, or a share or number of bad ones at most
// this large.
type Objective struct {
	Metric string `json:"metric"`
	Limit  string `json:"limit"` // as typed: "20ms", "0.1%", "0"
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
