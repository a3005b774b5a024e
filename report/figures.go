package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sessionbench/bench/results"
)

func percentileKey(q float64) string { return "p" + strconv.FormatFloat(q, 'f', -1, 64) }

// overall are the columns of a row.
func overall(percentiles []float64) []Column {
	cs := []Column{{Key: "throughput", Title: "successful operations a second", Unit: PerSecond, Better: Higher}}
	cs = append(cs, timeColumns(percentiles)...)
	for _, q := range percentiles {
		cs = append(cs, Column{"success_" + percentileKey(q), percentileKey(q) + " of the successes", Nanosecond, Lower, true})
	}
	cs = append(cs,
		Column{Key: "errors", Title: "operations failed or never sent", Unit: Number, Better: Lower},
		Column{Key: "error_percent", Title: "of all operations", Unit: PercentOf, Better: Lower},
		Column{Key: "violations", Title: "broken promises, read-back included", Unit: Number, Better: Lower},
	)
	for _, c := range []Column{
		{"_fds", "file descriptors of the %s, peak", Number, Lower, false},
		{"_fds_idle", "file descriptors of the %s before the round", Number, Lower, true},
		{"_fds_per_worker", "file descriptors of the %s for each worker, peak", Number, Lower, true},
		{"_cpu", "processor time of the %s", CPUPer1000, Lower, false},
		{"_cpu_percent", "processor time of the %s, of one core", PercentOf, Neither, false},
		{"_memory", "resident memory of the %s, peak", Bytes, Lower, true},
	} {
		for _, side := range sides {
			cs = append(cs, Column{side + c.Key, strings.Replace(c.Title, "%s", side, 1), c.Unit, c.Better, c.Aside})
		}
	}
	return append(cs,
		Column{"storage", "bytes that the sessions take at the end", Bytes, Lower, true},
		Column{"dead_rows", "dead rows at the end", Number, Neither, true},
		Column{"expired_present", "expired sessions still there at the end", Number, Neither, true},
	)
}

var sides = []string{"client", "server"}

func timeColumns(percentiles []float64) (cs []Column) {
	var aside []float64
	if slices.Equal(percentiles, DefaultPercentiles) {
		aside = []float64{90} // nobody asked for it, and p95 is there
	}
	for _, q := range percentiles {
		cs = append(cs, Column{percentileKey(q), percentileKey(q) + ", failures counted as slowest", Nanosecond, Lower, slices.Contains(aside, q)})
	}
	return append(cs, Column{Key: "max", Title: "the longest", Unit: Nanosecond, Better: Lower})
}

// overallFigures are those of one round, or of all.
func overallFigures(f *results.Figures, percentiles []float64) (map[string]Figure, error) {
	all := f.Operations["all"]
	if all == nil {
		all = &results.Operation{}
	}
	figures := map[string]Figure{}
	if err := setTimes(figures, all, percentiles); err != nil {
		return nil, err
	}
	alone := figures // of the successes
	if all.WithFailures.Failures > 0 {
		successes := *all
		successes.WithFailures.Failures = 0
		alone = map[string]Figure{}
		if err := setTimes(alone, &successes, percentiles); err != nil {
			return nil, err
		}
	}
	for _, q := range percentiles {
		figures["success_"+percentileKey(q)] = alone[percentileKey(q)]
	}
	setSpeed(figures, f, all)
	setCost(figures, f, all)
	setStorage(figures, f.Storage)
	return figures, nil
}

func setTimes(figures map[string]Figure, o *results.Operation, percentiles []float64) error {
	at, err := o.Percentiles(percentiles...)
	if err != nil {
		return err
	}
	for i, q := range percentiles {
		figures[percentileKey(q)] = timeFigure(at[i].Value, at[i].Reason, o.WithFailures.Failures > 0)
	}
	figures["max"] = longest(o)
	return nil
}

// setSpeed sets what tells how much was done and what went wrong.
func setSpeed(figures map[string]Figure, f *results.Figures, all *results.Operation) {
	failures := all.WithFailures.Failures
	done := all.Succeeded() + failures
	if done == 0 {
		for _, key := range []string{"throughput", "errors", "error_percent", "violations"} {
			figures[key] = missing("nothing finished")
		}
		return
	}
	figures["throughput"] = known(all.ThroughputPerSecond)
	figures["errors"] = known(float64(failures))
	figures["error_percent"] = known(100 * float64(failures) / float64(done))
	figures["violations"] = known(float64(f.Violations.Total() + f.Verify.Total()))
}

// setCost sets what the successes took of the machines.
func setCost(figures map[string]Figure, f *results.Figures, all *results.Operation) {
	for i, fds := range []*results.Descriptors{f.FileDescriptors.Client, f.FileDescriptors.Server} {
		side := sides[i]
		if fds == nil {
			continue
		}
		figures[side+"_fds"], figures[side+"_fds_idle"] = known(float64(fds.Peak)), known(float64(fds.Idle))
		if f.Load.Mode == "closed" && f.Load.Workers > 0 {
			figures[side+"_fds_per_worker"] = known(float64(fds.Peak) / float64(f.Load.Workers))
		} else {
			figures[side+"_fds_per_worker"] = missing("an open loop has no workers")
		}
	}
	for i, use := range []*results.Usage{f.Resources.Client, f.Resources.Server} {
		side := sides[i]
		if use == nil {
			continue
		}
		figures[side+"_memory"] = known(float64(use.MemoryPeakBytes))
		if f.DurationSeconds > 0 {
			figures[side+"_cpu_percent"] = known(100 * use.CPUSeconds / f.DurationSeconds)
		}
		figures[side+"_cpu"] = missing("nothing succeeded")
		if n := all.Succeeded(); n > 0 {
			figures[side+"_cpu"] = known(1000 * use.CPUSeconds / float64(n))
		}
	}
}

func setStorage(figures map[string]Figure, s *results.Storage) {
	if s == nil {
		return
	}
	for key, v := range map[string]*int64{"storage": s.BytesEnd, "dead_rows": s.DeadRows, "expired_present": s.ExpiredPresent} {
		if v != nil {
			figures[key] = known(float64(*v))
		}
	}
}

// explain says of each figure that there is none why, as the first round that says
// so has it.
func (row *Row) explain(r *results.Result) {
	reason := func(figure string) string {
		for _, round := range r.Rounds {
			if reason := round.Unavailable[figure]; reason != "" && reason != results.WithTheLastUnit {
				return reason
			}
		}
		return "not measured"
	}
	for _, side := range sides {
		for figure, keys := range map[string][]string{
			"file_descriptors." + side: {"_fds", "_fds_idle", "_fds_per_worker"},
			"resources." + side:        {"_cpu", "_cpu_percent", "_memory"},
		} {
			for _, key := range keys {
				row.explainOne(side+key, reason(figure))
			}
		}
	}
	for _, key := range []string{"storage", "dead_rows", "expired_present"} {
		row.explainOne(key, reason("storage"))
	}
}

func (row *Row) explainOne(key, reason string) {
	if _, there := row.Figures[key]; !there {
		row.Figures[key] = missing(reason)
	}
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
