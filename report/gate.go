package report

import (
	"errors"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// GateSchema is the value of GateVerdict.Schema.
const GateSchema = "bench.gate/v1"

// GateOptions say how strict a gate is, and what is known of how its results came to
// be. The zero value judges what was saved by the defaults.
type GateOptions struct {
	// Limits are what may become worse and by how much. When none is of throughput or a
	// percentile, DefaultGateLimits of the kind of load are in force too; CPU time and
	// descriptors have limits of their own unless these name them.
	Limits []GateLimit
	// Objectives are absolute limits for the candidate, besides those in its result
	// that are not just advisory.
	Objectives scenarios.Objectives
	// Looks are at how many units a live gate looks, rising, the last being all that
	// its budget buys. Nil: one look at all there is.
	Looks []int
	// Final says that a live gate's budget is spent: no look comes after this one.
	Final bool
	// Whole says that the units are whole rounds, not slices in turns: limits are
	// WholeFactor times as wide.
	Whole bool
	// First lets a result without any baseline pass, unless it breaks promises or misses
	// objectives: it is to be the first one.
	First bool
	// AllowDifferentHost judges results of two machines by what survives it.
	AllowDifferentHost bool
	// AssumeDrift is by what share a figure is taken to differ from run to run (as a
	// standard deviation, twice as much for p99 and beyond) where that can't be
	// measured; nil: as seen on shared machines.
	AssumeDrift *float64
	// Instances is how many pairs of servers a live gate had, and Took how long it
	// lasted; 0: not known, and not told.
	Instances int
	Took      time.Duration
	// Redone is how many units were run again, as a side had no sample in them.
	Redone int
}

// GateVerdict is what a gate decided, and on what.
type GateVerdict struct {
	Schema     string      `json:"schema"`
	Grade      GateGrade   `json:"grade"`
	Outcome    GateOutcome `json:"outcome"`
	ExitStatus int         `json:"exit_status"`
	// Decided is false while a live gate should go on to its next look.
	Decided bool   `json:"decided"`
	Text    string `json:"text"` // the outcome in words, with its reasons
	// Basis says what can be said on such data, and what can't.
	Basis     string   `json:"basis"`
	Baseline  GateSide `json:"baseline"`
	Candidate GateSide `json:"candidate"`
	Scenario  string   `json:"scenario"`
	Load      string   `json:"load"` // in words
	Time      string   `json:"time"` // service time, response time
	// Settings differ on purpose: they are the experiment.
	Settings []GateSetting `json:"settings"`
	Units    GateUnits     `json:"units"`
	Metrics  []GateMetric  `json:"metrics"`
	Checks   []GateCheck   `json:"checks"`
	// Cautions are why this gate may fail but can't pass.
	Cautions []string `json:"cautions"`
	Notes    []string `json:"notes"`
	// Remedy is the command that would decide; empty: it is decided.
	Remedy string `json:"remedy,omitempty"`
	// FalseAlarm is the chance, at most, that two equal targets fail.
	FalseAlarm float64 `json:"false_alarm"`
}

// GateGrade is how good the data are. Grades are never mixed.
type GateGrade string

// The grades, the best first.
const (
	GradePaired  GateGrade = "paired"  // both took turns in one run: what they have in common falls out
	GradeHistory GateGrade = "history" // several earlier runs tell how runs differ
	GradeLone    GateGrade = "lone"    // how much runs differ is not in the data
	GradeFirst   GateGrade = "first"   // there is no baseline yet
)

// GateOutcome is a gate's answer.
type GateOutcome string

// The outcomes.
const (
	GatePass         GateOutcome = "pass"
	GateFail         GateOutcome = "fail"
	GateInconclusive GateOutcome = "inconclusive"
)

// exitStatus is that of the command.
func (o GateOutcome) exitStatus() int {
	return map[GateOutcome]int{GatePass: 0, GateFail: 1, GateInconclusive: 4}[o]
}

// The verdicts of a gate's lines, besides Same and CantTell.
const (
	Improved Verdict = "better"
	Worse    Verdict = "worse"
)

// GateSide is one of the two that are compared.
type GateSide struct {
	Name      string    `json:"name"`
	Target    string    `json:"target"`
	ID        string    `json:"id"` // of a history: of the last result
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Results   int       `json:"results"`
	Seed      uint64    `json:"seed"`
}

// GateSetting is one thing that differs between the two.
type GateSetting struct {
	Field     string `json:"field"` // image, settings.appendfsync
	Baseline  string `json:"baseline"`
	Candidate string `json:"candidate"`
}

// GateUnits are the sample: the units of a paired gate, the runs of the others.
type GateUnits struct {
	Count   int     `json:"count"`
	Dropped int     `json:"dropped"` // pairs without a sample on a side
	Seconds float64 `json:"seconds"` // of one, both sides together
	Whole   bool    `json:"whole"`   // rounds that took turns, not slices
	// Look is the last look, from 1, of so many; Share is its part of what the gate may
	// err.
	Look      int     `json:"look"`
	Looks     int     `json:"looks"`
	Share     float64 `json:"share"`
	Instances int     `json:"instances,omitempty"`
	Took      float64 `json:"took_seconds,omitempty"`
}

// GateMetric is one line of the verdict. Ratios are of the candidate to the baseline;
// estimates and their like are logarithms of ratios, positive where worse.
type GateMetric struct {
	Metric    string     `json:"metric"`
	Unit      Unit       `json:"unit"`
	Baseline  GateFigure `json:"baseline"`
	Candidate GateFigure `json:"candidate"`
	// Ratio has no value where a failure lies on one side only.
	Ratio *float64 `json:"ratio"`
	// Low and High are the ends of the range in which the ratio is for sure, at the
	// levels decided at: it is worse when all of it is, and same when none of it
	// reaches the limit. An end without a value is open.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// Limit is as a share; LimitRatio is the ratio that it stands for.
	Limit      float64 `json:"limit"`
	LimitRatio float64 `json:"limit_ratio"`
	// WorseIn counts the units in which the candidate was worse, Of those compared.
	WorseIn int `json:"worse_in"`
	Of      int `json:"of"`
	// PWorse is the chance of such data from equal targets, and POK from a target that
	// is worse by the limit; each is held to its level.
	PWorse     float64 `json:"p_worse"`
	LevelWorse float64 `json:"level_worse"`
	POK        float64 `json:"p_ok"`
	LevelOK    float64 `json:"level_ok"`
	Estimate   float64 `json:"estimate"`
	Verdict    Verdict `json:"verdict"`
	// OKSince is the number of units at which a regression of the limit was excluded.
	OKSince int `json:"ok_since,omitempty"`
	// Waits tells whether the gate passes only when this line is decided.
	Waits bool `json:"waits"`
	// Noise is the deviation from unit to unit (run to run) as a share, and NoiseFloor
	// the smallest change that these data could have shown.
	Noise      *float64 `json:"noise"`
	NoiseFloor *float64 `json:"noise_floor"`
	// UnitsNeeded would decide; null: it is decided, or nobody knows.
	UnitsNeeded *int `json:"units_needed"`
	// Reason says why it was not judged.
	Reason string `json:"reason,omitempty"`
	// Arithmetic is what --explain prints.
	Arithmetic *GateArithmetic `json:"arithmetic,omitempty"`
}

// GateFigure is a side's figure: of paired units the middle one.
type GateFigure struct {
	Value     *float64 `json:"value"`
	Unbounded bool     `json:"unbounded"` // it lies among the failures
	Reason    string   `json:"reason,omitempty"`
}

func gateFigure(f Figure) GateFigure { return GateFigure{f.Value, f.Unbounded, f.Reason} }

// GateCheck is about what needs no limit in per cent: errors, broken promises, races,
// descriptors, objectives.
type GateCheck struct {
	Check     string   `json:"check"`
	Unit      Unit     `json:"unit,omitempty"`
	Baseline  *float64 `json:"baseline"`
	Candidate *float64 `json:"candidate"`
	Verdict   Verdict  `json:"verdict"`
	Text      string   `json:"text"` // in words
	// Unmeasured says why there is nothing to judge; empty: there is.
	Unmeasured string `json:"unmeasured,omitempty"`
	// PBinomial and PSigns are the tests of a rate; null: there were none.
	PBinomial *float64 `json:"p_binomial,omitempty"`
	PSigns    *float64 `json:"p_signs,omitempty"`
	// Waits tells whether the gate passes only when this is decided.
	Waits bool `json:"waits"`
}

// The chances of a gate to err: by failing equal targets, all its metrics together,
// and by passing a metric that is worse by its limit.
const (
	gateAlpha = 0.01
	gateBeta  = 0.05
)

// Gate judges a candidate's result against one or more of a baseline. It is a pure
// function: a live gate calls it after each look with all units so far, and the
// summaries of those, and it goes through the looks anew. The error refuses what can't be compared, and names the
// field; where the data merely don't suffice, the outcome is GateInconclusive.
func Gate(baseline, candidate []*results.Result, o GateOptions) (*GateVerdict, error) {
	if len(candidate) != 1 {
		return nil, errors.New("gate: one result is judged at a time")
	}
	if len(baseline) == 0 {
		if !o.First {
			return nil, errors.New("gate: there is no baseline")
		}
		return first(candidate[0], o)
	}
	g, err := newGate(baseline, candidate[0], o)
	if err != nil {
		return nil, err
	}
	if err := g.judge(); err != nil {
		return nil, err
	}
	return g.verdict()
}
