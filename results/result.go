// Package results is the result file: everything measured about one target, as
// one JSON document with the schema bench.result/v1, which results/schema.json
// describes and every loaded file is held to.
//
// Times are in nanoseconds unless a field's name says otherwise. A figure that
// could not be read is null, and Round.Unavailable or Target.Unavailable has
// the reason under the figure's name; it is never zero.
package results

import (
	"encoding/json"
	"time"
)

// Schema is the value of Result.Schema that this package writes and reads.
const Schema = "bench.result/v1"

// Result is one target's result.
type Result struct {
	Schema        string            `json:"schema"`
	ID            string            `json:"id"`     // unique to this document
	RunID         string            `json:"run_id"` // shared by the targets of one run
	StartedAt     time.Time         `json:"started_at"`
	Label         string            `json:"label"`
	Tags          map[string]string `json:"tags"`
	Seed          uint64            `json:"seed"`
	TrafficDigest string            `json:"traffic_digest"` // the same for the same operations on the same sessions
	Shard         *Shard            `json:"shard"`          // null: the whole traffic
	Interrupted   bool              `json:"interrupted"`
	Tool          Tool              `json:"tool"`
	Host          Host              `json:"host"`
	Target        Target            `json:"target"`
	Scenario      json.RawMessage   `json:"scenario"` // as it ran
	Rounds        []Round           `json:"rounds"`
	Summary       Figures           `json:"summary"` // over all rounds
	Objectives    []Objective       `json:"objectives"`
}

// Shard says which part of the traffic ran: one of Count, counted from 1.
type Shard struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// Tool is the program that measured.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// Host is the machine that the client ran on. Zero is unknown.
type Host struct {
	Name        string `json:"name"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPUModel    string `json:"cpu_model"`
	Cores       int    `json:"cores"`
	MemoryBytes uint64 `json:"memory_bytes"`
	NoFileSoft  uint64 `json:"nofile_soft"`
	NoFileHard  uint64 `json:"nofile_hard"`
}

// Target is the store and how it was provided.
type Target struct {
	Text          string            `json:"text"` // as typed, passwords redacted
	Store         string            `json:"store"`
	Backend       string            `json:"backend"` // embedded, process, container, external
	Client        string            `json:"client"`  // express, native
	Endpoint      string            `json:"endpoint"`
	Image         string            `json:"image,omitempty"`
	ImageDigest   string            `json:"image_digest,omitempty"`
	ServerVersion string            `json:"server_version"`
	Settings      map[string]string `json:"settings"`   // the server's, those that decide
	Options       map[string]string `json:"options"`    // the driver's
	Durability    string            `json:"durability"` // none, seconds, commit; empty: unknown
	TLS           bool              `json:"tls"`
	Network       string            `json:"network"` // in process, loopback, host network, bridge, remote
	// Contract is the store's own behaviour that explains its figures, in words.
	Contract    map[string]string `json:"contract"`
	Unavailable map[string]string `json:"unavailable,omitempty"`
}

// Round is one measured execution of the scenario.
type Round struct {
	Index       int               `json:"index"` // from 0
	Pair        *int              `json:"pair"`  // the same for the rounds of several targets that belong together
	StartedAt   time.Time         `json:"started_at"`
	WarmupSecs  float64           `json:"warmup_seconds"`
	Unavailable map[string]string `json:"unavailable,omitempty"`
	Figures
	Phases []Phase  `json:"phases"`
	Events []Event  `json:"events"`
	Steady *Steady  `json:"steady"` // null: too short to tell
	Series []Second `json:"series"`
}

// Figures are what is known of one round, or of all rounds together.
type Figures struct {
	DurationSeconds float64               `json:"duration_seconds"`
	Load            Load                  `json:"load"`
	Operations      map[string]*Operation `json:"operations"` // by name, and "all"
	Calls           map[string]*Call      `json:"calls"`      // get, set, touch, destroy
	Violations      Violations            `json:"violations"`
	Races           Races                 `json:"races"`
	Verify          Verify                `json:"verify"`
	FileDescriptors FileDescriptors       `json:"file_descriptors"`
	Resources       Resources             `json:"resources"`
	Storage         *Storage              `json:"storage"`
	ServerCalls     *ServerCalls          `json:"server_calls"`
	Harness         Harness               `json:"harness"`
	// ErrorTexts has one example of each class of failure that occurred.
	ErrorTexts map[string]string `json:"error_texts,omitempty"`
}

// Load says what was offered and what the store took.
type Load struct {
	Mode             string   `json:"mode"`    // closed, open
	Workers          int      `json:"workers"` // closed: workers; open: the most in flight allowed
	OfferedPerSecond *float64 `json:"offered_per_second"`
	Due              uint64   `json:"due"`
	Sent             uint64   `json:"sent"`
	Completed        uint64   `json:"completed"`
	BacklogMax       uint64   `json:"backlog_max"`
	Overloaded       bool     `json:"overloaded"`
	OverloadedReason string   `json:"overloaded_reason,omitempty"`
}

// Operation is what was measured of one kind of operation.
type Operation struct {
	Count               uint64            `json:"count"` // finished ones, failed ones included
	Errors              map[string]uint64 `json:"errors"`
	Outcomes            Outcomes          `json:"outcomes"`
	ThroughputPerSecond float64           `json:"throughput_per_second"` // successes
	ServiceTime         *Distribution     `json:"service_time"`          // of successes; null: there were none
	ResponseTime        *Distribution     `json:"response_time"`         // of successes; null in closed loop
	FailureTime         *Distribution     `json:"failure_time"`          // of failures, a lower bound for the cancelled
	WithFailures        WithFailures      `json:"with_failures"`
}

// Outcomes counts what the first get of the operations found.
type Outcomes struct {
	Hit            uint64 `json:"hit"`
	MissExpected   uint64 `json:"miss_expected"`
	MissUnexpected uint64 `json:"miss_unexpected"`
}

// WithFailures are percentiles of response time (service time in closed loop)
// in which each failed, cancelled or unsent operation counts as worse than any
// success. A null one lies among the failures, or there was nothing; Reason says.
type WithFailures struct {
	P50  *int64 `json:"p50"`
	P90  *int64 `json:"p90"`
	P95  *int64 `json:"p95"`
	P99  *int64 `json:"p99"`
	P999 *int64 `json:"p99_9"`
	// Failures is how many failed, cancelled and unsent operations were counted.
	Failures uint64 `json:"failures"`
	Reason   string `json:"reason,omitempty"`
}

// Call is what was measured of one kind of driver call.
type Call struct {
	Count       uint64            `json:"count"`
	Errors      map[string]uint64 `json:"errors"`
	ServiceTime *Distribution     `json:"service_time"`
	PoolWait    *Distribution     `json:"pool_wait"` // null: the driver has no pool
}

// Violations count broken promises.
type Violations struct {
	Lost         uint64 `json:"lost"`
	Stale        uint64 `json:"stale"`
	Resurrected  uint64 `json:"resurrected"`
	ExpiredEarly uint64 `json:"expired_early"`
	ExpiredLate  uint64 `json:"expired_late"`
	Fixation     uint64 `json:"fixation"`
	Swapped      uint64 `json:"swapped"`
}

// Total is the sum of all violations.
func (v Violations) Total() uint64 {
	return v.Lost + v.Stale + v.Resurrected + v.ExpiredEarly + v.ExpiredLate + v.Fixation + v.Swapped
}

// Plus adds two counts.
func (v Violations) Plus(o Violations) Violations {
	return Violations{
		Lost: v.Lost + o.Lost, Stale: v.Stale + o.Stale, Resurrected: v.Resurrected + o.Resurrected,
		ExpiredEarly: v.ExpiredEarly + o.ExpiredEarly, ExpiredLate: v.ExpiredLate + o.ExpiredLate,
		Fixation: v.Fixation + o.Fixation, Swapped: v.Swapped + o.Swapped,
	}
}

// Races count what overlapping requests of one session did, as the middleware's
// whole-session overwrite predicts.
type Races struct {
	LostUpdates uint64 `json:"lost_updates"`
	Revived     uint64 `json:"revived"`
}

// Verify is the read-back after a round: what it found broken that no request had
// come upon.
type Verify struct {
	Mode    string `json:"mode"` // all, sample, off
	Checked uint64 `json:"checked"`
	Violations
}

// FileDescriptors of both sides; a nil side could not be read.
type FileDescriptors struct {
	Client *Descriptors `json:"client"`
	Server *Descriptors `json:"server"`
}

// Descriptors are file descriptors of one side: before the round, on average and
// at most during it, and the limit (nil: none, or unknown). Those that the client
// holds for other targets of the run are not counted.
type Descriptors struct {
	Idle  int     `json:"idle"`
	Mean  float64 `json:"mean"`
	Peak  int     `json:"peak"`
	Limit *uint64 `json:"limit"`
}

// Resources of both sides over a round; a nil side could not be read.
type Resources struct {
	Client *Usage `json:"client"`
	Server *Usage `json:"server"`
}

// Usage is processor time and memory of one side.
type Usage struct {
	CPUSeconds      float64 `json:"cpu_seconds"`
	MemoryPeakBytes uint64  `json:"memory_peak_bytes"` // resident
	Connections     *int64  `json:"connections,omitempty"`
}

// Storage is what the sessions take; a nil figure could not be read.
type Storage struct {
	BytesStart     *int64 `json:"bytes_start"`
	BytesEnd       *int64 `json:"bytes_end"`
	DeadRows       *int64 `json:"dead_rows"`
	ExpiredPresent *int64 `json:"expired_present"`
}

// ServerCalls is how many calls the server counted during a whole replay, its
// warm-up included; nil where it can't tell.
type ServerCalls struct {
	Get          *int64 `json:"get"`
	Set          *int64 `json:"set"`
	Touch        *int64 `json:"touch"`
	Destroy      *int64 `json:"destroy"`
	All          *int64 `json:"all"`
	ForeignCalls *int64 `json:"foreign_calls"` // more than ours: somebody else's
	// Ours is how many calls of each kind bench sent meanwhile.
	Ours map[string]int64 `json:"ours"`
}

// Harness is what bench knows of its own part in the figures.
type Harness struct {
	SendLag         *Distribution `json:"send_lag"` // due to sent; null in closed loop
	NotSent         uint64        `json:"not_sent"`
	CPUPercent      *float64      `json:"cpu_percent"`  // of one core
	IdlePercent     *float64      `json:"idle_percent"` // of all the machine's cores
	GCPauseMaxNs    int64         `json:"gc_pause_max_ns"`
	ClientSaturated bool          `json:"client_saturated"`
	SaturatedReason string        `json:"saturated_reason,omitempty"`
}

// Phase is one phase of the scenario in a round.
type Phase struct {
	Name        string                `json:"name"`
	StartSecond float64               `json:"start_second"`
	Seconds     float64               `json:"seconds"`
	Operations  map[string]*Operation `json:"operations"`
}

// Event is something that happened during a round.
type Event struct {
	Second float64 `json:"second"` // since the measured part began; negative in warm-up
	Kind   string  `json:"kind"`   // phase, purge, outage, recovery, overload, clock, warning
	Text   string  `json:"text"`
}

// Steady says whether the figures drifted: the last third against the first.
type Steady struct {
	OK           bool    `json:"ok"`
	DriftPercent float64 `json:"drift_percent"` // of throughput
}

// Second is one second of a round, or some of a long one; those before 0 are
// warm-up.
type Second struct {
	Second    int    `json:"second"`  // the first
	Seconds   int    `json:"seconds"` // how many; 0, in older results: one
	Count     uint64 `json:"count"`
	Errors    uint64 `json:"errors"`
	P50       *int64 `json:"p50"` // null: nothing succeeded
	P99       *int64 `json:"p99"`
	Max       *int64 `json:"max"`
	ClientFDs *int   `json:"client_fds"`
	ServerFDs *int   `json:"server_fds"`
	// What the sessions took when it was last read in that time; nil, and absent: it
	// was not, or the store can't say.
	StoredBytes    *int64 `json:"stored_bytes,omitempty"`
	DeadRows       *int64 `json:"dead_rows,omitempty"`
	ExpiredPresent *int64 `json:"expired_present,omitempty"`
}

// Objective is one objective's verdict over the summary.
type Objective struct {
	Metric   string  `json:"metric"` // p99, errors, lost, …
	Limit    string  `json:"limit"`  // as typed: 20ms, 0.1%, 0
	Measured *string `json:"measured"`
	OK       bool    `json:"ok"`
	Reason   string  `json:"reason,omitempty"`
	// Advisory is one that a built-in scenario brings, and nobody asked for: it is
	// shown, and missing it fails no run.
	Advisory bool `json:"advisory,omitempty"`
}
