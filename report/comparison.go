// Package report draws what results say: a comparison of any number of them,
// with the findings in words, as a table, Markdown, JSON or CSV. It reads
// results only, so that a report can be made anywhere and at any later time.
package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/sessionbench/bench/results"
)

// ComparisonSchema is the value of Comparison.Schema.
const ComparisonSchema = "bench.comparison/v1"

// Comparison sets results side by side. The first row is the reference.
type Comparison struct {
	Schema string `json:"schema"`
	// Differences between the runs themselves, in the order of their weight.
	Differences []Difference `json:"differences"`
	// Comparable is false when the scenarios differ in what they do: then no
	// figure is marked as best, and none has a ratio.
	Comparable bool      `json:"comparable"`
	Columns    []Column  `json:"columns"`
	Rows       []Row     `json:"rows"`
	Findings   []Finding `json:"findings"`
	// Results are in the order of Rows, for the forms that hold more than figures.
	Results []*results.Result `json:"-"`
}

// Column describes one figure of the rows.
type Column struct {
	Key    string `json:"key"`   // p99
	Title  string `json:"title"` // in words
	Unit   Unit   `json:"unit"`
	Better Better `json:"better"`
}

// Unit is a figure's unit.
type Unit string

// The units.
const (
	PerSecond  Unit = "operations/s"
	Nanosecond Unit = "ns"
	Number     Unit = "count"
	PercentOf  Unit = "percent"
	CPUPer1000 Unit = "cpu s/1000 operations"
)

// Better says which of two figures is the better one.
type Better string

// The directions.
const (
	Higher  Better = "higher"
	Lower   Better = "lower"
	Neither Better = ""
)

// Row is one result.
type Row struct {
	Name          string              `json:"name"` // the label or the target, unlike the other rows' names
	ID            string              `json:"id"`
	RunID         string              `json:"run_id"`
	Target        string              `json:"target"`
	Scenario      string              `json:"scenario"`
	Load          string              `json:"load"` // in words
	Time          string              `json:"time"` // service time, response time
	Rounds        int                 `json:"rounds"`
	Seconds       float64             `json:"seconds"` // over all rounds
	Backend       string              `json:"backend"`
	Client        string              `json:"client"`
	Network       string              `json:"network"`
	Durability    string              `json:"durability"`
	ServerVersion string              `json:"server_version"`
	Image         string              `json:"image"`
	Settings      map[string]string   `json:"settings"`
	Options       map[string]string   `json:"options"`
	Contract      map[string]string   `json:"contract"`
	Interrupted   bool                `json:"interrupted"`
	Overloaded    bool                `json:"overloaded"`
	Objectives    []results.Objective `json:"objectives"`
	// Figures are by column.
	Figures map[string]Figure `json:"figures"`
}

// Figure is one cell. Intervals and verdicts, where there are some, belong here.
type Figure struct {
	Value *float64 `json:"value"` // null: Reason says why
	// Unbounded says that the value is null because it lies among the failures:
	// it is worse than any number.
	Unbounded bool `json:"unbounded"`
	// AtLeast says that the value is a lower bound: a failure was cut short.
	AtLeast bool   `json:"at_least"`
	Reason  string `json:"reason,omitempty"`
	// Ratio is Value over the reference's; null for the reference itself, where
	// either is missing or zero, and where the two can't be compared.
	Ratio *float64 `json:"ratio"`
	Best  bool     `json:"best"` // of its column, which has a worse one
}

// DefaultPercentiles are those of a table.
var DefaultPercentiles = []float64{50, 95, 99, 99.9}

// Compare computes the comparison of one or more results, with the given
// percentiles (DefaultPercentiles when there are none), each above 0 and below
// 100. It fails when a histogram is garbled.
func Compare(rs []*results.Result, percentiles []float64) (*Comparison, error) {
	if len(rs) == 0 {
		return nil, errors.New("compare: there is no result")
	}
	if len(percentiles) == 0 {
		percentiles = DefaultPercentiles
	}
	for _, q := range percentiles {
		if !(q > 0 && q < 100) {
			return nil, fmt.Errorf("compare: %v is no percentile above 0 and below 100", q)
		}
	}
	names := names(rs)
	c := &Comparison{
		Schema: ComparisonSchema, Columns: columns(percentiles),
		Differences: differences(rs, names), Comparable: sameTraffic(rs),
		Results: rs,
	}
	for i, r := range rs {
		row, err := row(r, names[i], percentiles)
		if err != nil {
			return nil, fmt.Errorf("compare: %s: %w", names[i], err)
		}
		c.Rows = append(c.Rows, row)
	}
	if c.Comparable {
		c.markBest()
		c.setRatios()
	}
	c.Findings = findings(rs, names)
	return c, nil
}

func percentileKey(q float64) string { return "p" + strconv.FormatFloat(q, 'f', -1, 64) }

func columns(percentiles []float64) []Column {
	cs := []Column{{"throughput", "successful operations a second", PerSecond, Higher}}
	for _, q := range percentiles {
		cs = append(cs, Column{percentileKey(q), percentileKey(q) + ", failures counted as slowest", Nanosecond, Lower})
	}
	return append(cs,
		Column{"max", "the longest", Nanosecond, Lower},
		Column{"errors", "operations failed or never sent", Number, Lower},
		Column{"error_percent", "of all operations", PercentOf, Lower},
		Column{"violations", "broken promises, read-back included", Number, Lower},
		Column{"client_fds", "file descriptors of the client, peak", Number, Lower},
		Column{"server_fds", "file descriptors of the server, peak", Number, Lower},
		Column{"client_cpu", "processor time of the client", CPUPer1000, Lower},
		Column{"server_cpu", "processor time of the server", CPUPer1000, Lower},
		Column{"client_cpu_percent", "processor time of the client, of one core", PercentOf, Neither},
		Column{"server_cpu_percent", "processor time of the server, of one core", PercentOf, Neither},
	)
}

// names are the labels, or else the targets as typed; equal ones are numbered.
func names(rs []*results.Result) []string {
	var all []string
	times := map[string]int{}
	for _, r := range rs {
		name := r.Label
		if name == "" {
			name = r.Target.Text
		}
		if name == "" {
			name = r.Target.Store
		}
		times[name]++
		all = append(all, name)
	}
	taken := map[string]bool{}
	for i, name := range all {
		unique := name
		for n := 1; times[name] > 1 || taken[unique]; n++ {
			if unique = fmt.Sprintf("%s #%d", name, n); !taken[unique] && times[unique] == 0 {
				break
			}
		}
		taken[unique] = true
		all[i] = unique
	}
	return all
}

func row(r *results.Result, name string, percentiles []float64) (Row, error) {
	f := &r.Summary
	row := Row{
		Name: name, ID: r.ID, RunID: r.RunID, Target: r.Target.Text, Scenario: r.ScenarioName(),
		Load: loadInWords(f.Load), Time: timeOf(f), Rounds: len(r.Rounds), Seconds: f.DurationSeconds,
		Backend: r.Target.Backend, Client: r.Target.Client, Network: r.Target.Network,
		Durability: r.Target.Durability, ServerVersion: r.Target.ServerVersion, Image: r.Target.Image,
		Settings: r.Target.Settings, Options: r.Target.Options, Contract: r.Target.Contract,
		Interrupted: r.Interrupted, Overloaded: f.Load.Overloaded, Objectives: r.Objectives,
		Figures: map[string]Figure{},
	}
	all := f.Operations["all"]
	if all == nil {
		all = &results.Operation{}
	}
	for _, q := range percentiles {
		v, reason, err := all.Percentile(q)
		if err != nil {
			return Row{}, err
		}
		row.Figures[percentileKey(q)] = timeFigure(v, reason, all.WithFailures.Failures > 0)
	}
	row.Figures["max"] = longest(all)
	row.speed(f, all)
	row.cost(r, all)
	return row, nil
}

// speed sets what tells how much was done and what went wrong.
func (row *Row) speed(f *results.Figures, all *results.Operation) {
	failures := all.WithFailures.Failures
	done := all.Succeeded() + failures
	if done == 0 {
		for _, key := range []string{"throughput", "errors", "error_percent", "violations"} {
			row.Figures[key] = missing("nothing finished")
		}
		return
	}
	row.Figures["throughput"] = known(all.ThroughputPerSecond)
	row.Figures["errors"] = known(float64(failures))
	row.Figures["error_percent"] = known(100 * float64(failures) / float64(done))
	row.Figures["violations"] = known(float64(f.Violations.Total() + f.Verify.Total()))
}

// cost sets what the successes took of the machines.
func (row *Row) cost(r *results.Result, all *results.Operation) {
	f := &r.Summary
	for side, s := range map[string]struct {
		fds *results.Descriptors
		use *results.Usage
	}{
		"client": {f.FileDescriptors.Client, f.Resources.Client},
		"server": {f.FileDescriptors.Server, f.Resources.Server},
	} {
		row.Figures[side+"_fds"] = missing(unavailable(r, "file_descriptors."+side))
		if s.fds != nil {
			row.Figures[side+"_fds"] = known(float64(s.fds.Peak))
		}
		noCPU := missing(unavailable(r, "resources."+side))
		row.Figures[side+"_cpu"], row.Figures[side+"_cpu_percent"] = noCPU, noCPU
		if s.use == nil {
			continue
		}
		if f.DurationSeconds > 0 {
			row.Figures[side+"_cpu_percent"] = known(100 * s.use.CPUSeconds / f.DurationSeconds)
		}
		row.Figures[side+"_cpu"] = missing("nothing succeeded")
		if n := all.Succeeded(); n > 0 {
			row.Figures[side+"_cpu"] = known(1000 * s.use.CPUSeconds / float64(n))
		}
	}
}

// unavailable is why a figure is null, as the first round that says so has it.
func unavailable(r *results.Result, figure string) string {
	for _, round := range r.Rounds {
		if reason := round.Unavailable[figure]; reason != "" {
			return reason
		}
	}
	return "not measured"
}

func known(v float64) Figure { return Figure{Value: &v} }

func missing(reason string) Figure { return Figure{Reason: reason} }

func timeFigure(ns *int64, reason string, failed bool) Figure {
	if ns == nil {
		return Figure{Unbounded: failed, Reason: reason}
	}
	return known(float64(*ns))
}

// longest is the longest success or failure. Failures were cut short or never
// sent, so that with them it is a lower bound.
func longest(all *results.Operation) Figure {
	failed := all.WithFailures.Failures > 0
	var most *int64
	for _, d := range []*results.Distribution{all.Time(), all.FailureTime} {
		if d != nil && (most == nil || d.Max > *most) {
			most = &d.Max
		}
	}
	f := timeFigure(most, "nothing finished", failed)
	f.AtLeast = failed && most != nil
	return f
}

func timeOf(f *results.Figures) string {
	if f.Load.Mode == "open" {
		return "response time"
	}
	return "service time"
}

func loadInWords(l results.Load) string {
	switch {
	case l.Mode == "open" && l.OfferedPerSecond != nil:
		return fmt.Sprintf("open loop, %s offered", rate(*l.OfferedPerSecond))
	case l.Mode == "open":
		return "open loop"
	case l.Mode == "closed":
		return fmt.Sprintf("closed loop, %s", plural(uint64(max(0, l.Workers)), "worker"))
	}
	return "nothing ran"
}

// competes tells whether a figure may be the best one or have a ratio. A target
// where nothing succeeded is cheap for no merit of its own, an overloaded one's
// times depend on how long it ran, and a lower bound is no figure.
func (row *Row) competes(c Column) bool {
	f := row.Figures[c.Key]
	if f.Value == nil || f.AtLeast || row.Overloaded && c.Unit == Nanosecond {
		return false
	}
	done := row.Figures["throughput"]
	if c.Key == "throughput" {
		return true
	}
	return done.Value != nil && *done.Value > 0
}

// markBest marks the best figure of each column, and those that equal it in the
// three digits that are measured.
func (c *Comparison) markBest() {
	for _, column := range c.Columns {
		least, most := math.Inf(1), math.Inf(-1)
		for i := range c.Rows {
			if c.Rows[i].competes(column) {
				v := significant(*c.Rows[i].Figures[column.Key].Value)
				least, most = min(least, v), max(most, v)
			}
		}
		if column.Better == Neither || !c.hasWorse(column, least, most) {
			continue
		}
		best := least
		if column.Better == Higher {
			best = most
		}
		for i := range c.Rows {
			if f := c.Rows[i].Figures[column.Key]; c.Rows[i].competes(column) && significant(*f.Value) == best {
				f.Best = true
				c.Rows[i].Figures[column.Key] = f
			}
		}
	}
}

// hasWorse tells whether some row of the column is worse than the best: another
// value, or one that failures have put beyond all numbers.
func (c *Comparison) hasWorse(column Column, least, most float64) bool {
	if math.IsInf(least, 1) {
		return false
	}
	return least != most || slices.ContainsFunc(c.Rows, func(r Row) bool {
		f := r.Figures[column.Key]
		return f.Unbounded || f.AtLeast
	})
}

func (c *Comparison) setRatios() {
	reference := &c.Rows[0]
	for i := 1; i < len(c.Rows); i++ {
		for _, column := range c.Columns {
			if !reference.competes(column) || !c.Rows[i].competes(column) {
				continue
			}
			f := c.Rows[i].Figures[column.Key]
			if base := *reference.Figures[column.Key].Value; base != 0 && *f.Value != 0 {
				ratio := *f.Value / base
				f.Ratio = &ratio
				c.Rows[i].Figures[column.Key] = f
			}
		}
	}
}
