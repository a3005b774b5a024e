// Package report draws what results say: a comparison of any number of them,
// with the findings in words, as a table, Markdown, JSON, CSV or a page of HTML. It reads
// results only, so that a report can be made anywhere and at any later time.
package report

import (
	"errors"
	"fmt"

	"github.com/sessionbench/bench/results"
)

// ComparisonSchema is the value of Comparison.Schema.
const ComparisonSchema = "bench.comparison/v1"

// Comparison sets results side by side. The first row is the reference.
type Comparison struct {
	Schema string `json:"schema"`
	// Answer says in words what the figures come to, the weightiest first.
	Answer []string `json:"answer"`
	// Differences between the runs themselves, in the order of their weight.
	Differences []Difference `json:"differences"`
	// Comparable is false when the scenarios differ in what they do: then no
	// figure is marked as best, and none has a ratio.
	Comparable bool      `json:"comparable"`
	Columns    []Column  `json:"columns"`
	Rows       []Row     `json:"rows"`
	Parts      []Part    `json:"parts"`
	Findings   []Finding `json:"findings"`
	// Results are those of the rows, for the forms that hold more than figures.
	Results []*results.Result `json:"-"`
}

// Part is one kind of operation, or of driver call.
type Part struct {
	Kind    string   `json:"kind"` // operation, call
	Name    string   `json:"name"` // read, get
	Columns []Column `json:"columns"`
	// Figures are by row, and then by column; a row that had none has nil.
	Figures []map[string]Figure `json:"figures"`
}

// Column describes one figure of the rows.
type Column struct {
	Key    string `json:"key"`   // p99
	Title  string `json:"title"` // in words
	Unit   Unit   `json:"unit"`
	Better Better `json:"better"`
	// Aside says that the figure stands beside another one, and has no place where
	// there is little.
	Aside bool `json:"aside"`
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
	Bytes      Unit = "bytes"
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
	// Basis is on what the row is compared with the reference.
	Basis Basis `json:"basis"`
	// Figures are by column.
	Figures map[string]Figure `json:"figures"`
}

// Figure is one cell.
type Figure struct {
	Value *float64 `json:"value"` // null: Reason says why
	// Unbounded says that the value is null because it lies among the failures:
	// it is worse than any number.
	Unbounded bool `json:"unbounded"`
	// AtLeast says that the value is a lower bound: a failure was cut short.
	AtLeast bool   `json:"at_least"`
	Reason  string `json:"reason,omitempty"`
	// Ratio is Value over the reference's, of paired rounds the geometric mean of
	// their ratios; null for the reference itself, where either is missing or zero,
	// and where the two can't be compared.
	Ratio    *float64  `json:"ratio"`
	Interval *Interval `json:"interval"` // of Ratio; null: there is none
	Verdict  Verdict   `json:"verdict"`  // empty: there is no ratio
	Best     bool      `json:"best"`     // of its column, which has a worse one
}

// DefaultPercentiles are those of a table.
var DefaultPercentiles = []float64{50, 90, 95, 99, 99.9}

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
		Schema: ComparisonSchema, Columns: overall(percentiles), Results: rs,
		Differences: differences(rs, names), Comparable: sameTraffic(rs),
	}
	for i, r := range rs {
		c.Rows = append(c.Rows, row(r, names[i], basis(rs[0], r)))
	}
	whole, err := c.grid(c.Columns, func(f *results.Figures) (map[string]Figure, error) { return overallFigures(f, percentiles) })
	if err != nil {
		return nil, err
	}
	for i := range c.Rows {
		c.Rows[i].Figures = whole.lines[i].figures
		c.Rows[i].explain(rs[i])
	}
	if c.Parts, err = c.parts(percentiles); err != nil {
		return nil, err
	}
	c.Findings = findings(rs, names)
	c.Answer = answer(c)
	return c, nil
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

func row(r *results.Result, name string, b Basis) Row {
	f := &r.Summary
	return Row{
		Name: name, ID: r.ID, RunID: r.RunID, Target: r.Target.Text, Scenario: r.ScenarioName(),
		Load: loadInWords(f.Load), Time: timeOf(f), Rounds: len(r.Rounds), Seconds: f.DurationSeconds,
		Backend: r.Target.Backend, Client: r.Target.Client, Network: r.Target.Network,
		Durability: r.Target.Durability, ServerVersion: r.Target.ServerVersion, Image: r.Target.Image,
		Settings: r.Target.Settings, Options: r.Target.Options, Contract: r.Target.Contract,
		Interrupted: r.Interrupted, Overloaded: f.Load.Overloaded, Objectives: r.Objectives, Basis: b,
	}
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
