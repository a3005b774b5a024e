package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sessionbench/bench/results"
)

// writeGobench writes the rounds in Go's benchmark format, for benchstat: a line
// for each round and operation, under the configuration in which it ran. A figure
// that there is none of is left out: percentiles among the failures, and the mean
// (ns/op) of a round that had some, in which a failure has no place. So are all
// times of an overloaded target, which depend on how long it ran.
//
// Results of the same name, set-up and traffic are samples of one benchmark;
// those of another set-up have /setup=2 and so on in their names, and those of
// other traffic another configuration, so that benchstat never takes unlike ones
// together.
func writeGobench(w io.Writer, c *Comparison, _ Style) error {
	out := bufio.NewWriter(w)
	writeUnits(out, c)
	base := benchmarkNames(c.Results)
	before := ""
	for i, r := range c.Results {
		if now := configuration(r, &c.Rows[i]); now != before {
			fmt.Fprintf(out, "\n%s\n", now)
			before = now
		}
		b := benchmark{base[i], processors(r), percentileColumns(c), !c.Rows[i].Overloaded}
		for j := range r.Rounds {
			if err := b.writeRound(out, &r.Rounds[j]); err != nil {
				return fmt.Errorf("%s: %w", c.Rows[i].Name, err)
			}
		}
	}
	return out.Flush()
}

// writeUnits says which way each unit is better: benchstat knows ns/op only.
func writeUnits(out *bufio.Writer, c *Comparison) {
	fmt.Fprintln(out, "Unit ns/op better=lower")
	for _, column := range percentileColumns(c) {
		fmt.Fprintf(out, "Unit %s-ns better=lower\n", column.key)
	}
	fmt.Fprint(out, "Unit ops/s better=higher\nUnit errors/op better=lower\n")
}

// configuration is what all lines below it have in common. Each key is there, also
// an empty one, since it would go on as it was.
func configuration(r *results.Result, row *Row) string {
	var lines []string
	for _, pair := range [][2]string{
		{"goos", r.Host.OS}, {"goarch", r.Host.Arch}, {"pkg", "github.com/sessionbench/bench"}, {"cpu", r.Host.CPUModel},
		{"scenario", row.Scenario}, {"load", row.Load}, {"time", row.Time}, {"traffic", traffic(r)},
	} {
		lines = append(lines, strings.TrimSpace(pair[0]+": "+cut(oneLine(pair[1]), lineWidth)))
	}
	return strings.Join(lines, "\n")
}

// traffic is a digest of what the scenario does, for however long and from
// whatever seed, and of which part of it.
func traffic(r *results.Result) string {
	does := scenarioValues(r)
	delete(does, "warmup")
	delete(does, "duration")
	text := shardInWords(r)
	for _, key := range slices.Sorted(maps.Keys(does)) {
		text += fmt.Sprintf("\n%q=%q", key, does[key])
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:12]
}

// benchmarkNames are what benchstat knows the results by, without the operation. A
// target that is more than its store's name, such as redis:8, is in it, and a label.
func benchmarkNames(rs []*results.Result) []string {
	var targets, labels, names, setups []string
	for _, r := range rs {
		targets, labels = append(targets, r.Target.Text), append(labels, r.Label)
	}
	targets, labels = words(targets, "/"), words(labels, "/")
	for i, r := range rs {
		name := "BenchmarkSession/store=" + word(r.Target.Store, "/") + "/client=" + word(r.Target.Client, "/")
		if r.Target.Text != r.Target.Store && r.Target.Text != "" {
			name += "/target=" + targets[i]
		}
		if r.Label != "" {
			name += "/label=" + labels[i]
		}
		names, setups = append(names, name), append(setups, setup(r))
	}
	return distinct(names, setups, "/setup=%d")
}

// setup is all that may tell two results of one name apart. An endpoint does not: a
// provided store has another port each time.
func setup(r *results.Result) string {
	t := r.Target
	t.Endpoint, t.Contract, t.Unavailable = "", nil, nil
	text, err := json.Marshal(t)
	if err != nil { // there is nothing in it that could not be written
		panic(err)
	}
	return string(text)
}

// percentileColumn is one of the comparison's percentiles.
type percentileColumn struct {
	key string // p99.9
	q   float64
}

func percentileColumns(c *Comparison) []percentileColumn {
	var all []percentileColumn
	for _, column := range c.Columns {
		if digits, ok := strings.CutPrefix(column.Key, "p"); ok {
			if q, err := strconv.ParseFloat(digits, 64); err == nil {
				all = append(all, percentileColumn{column.Key, q})
			}
		}
	}
	return all
}

// benchmark is what the lines of a result have in common.
type benchmark struct {
	name        string
	processors  string // as Go's have it, behind the name
	percentiles []percentileColumn
	timed       bool
}

func processors(r *results.Result) string {
	if r.Host.Cores == 0 {
		return ""
	}
	return fmt.Sprintf("-%d", r.Host.Cores)
}

// writeRound writes a line an operation, "all" first. The count is of all that
// finished or was given up, failures included.
func (b *benchmark) writeRound(out *bufio.Writer, round *results.Round) error {
	for _, op := range operationNames(round.Operations) {
		o := round.Operations[op]
		failures := o.WithFailures.Failures
		n := o.Succeeded() + failures
		if n == 0 {
			continue
		}
		fmt.Fprintf(out, "%s/op=%s%s\t%d", b.name, op, b.processors, n)
		if b.timed {
			if err := b.writeTimes(out, o); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "\t%s ops/s\t%s errors/op\n", decimal(o.ThroughputPerSecond), decimal(float64(failures)/float64(n)))
	}
	return nil
}

func (b *benchmark) writeTimes(out *bufio.Writer, o *results.Operation) error {
	if d := o.Time(); d != nil && o.WithFailures.Failures == 0 {
		fmt.Fprintf(out, "\t%s ns/op", decimal(d.Mean))
	}
	var qs []float64
	for _, p := range b.percentiles {
		qs = append(qs, p.q)
	}
	at, err := o.Percentiles(qs...)
	for i, p := range at {
		if p.Value != nil {
			fmt.Fprintf(out, "\t%d %s-ns", *p.Value, b.percentiles[i].key)
		}
	}
	return err
}

func operationNames(operations map[string]*results.Operation) []string {
	names := slices.Sorted(maps.Keys(operations))
	if i := slices.Index(names, "all"); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "all")
	}
	return names
}

// decimal writes a number with six significant digits and no exponent.
func decimal(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	if err != nil {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
