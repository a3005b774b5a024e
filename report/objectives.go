package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// Judge holds a result's summary to its scenario's objectives; the caller stores
// the verdicts in Result.Objectives. Times count failures as slower than any
// success, and those of an overloaded target miss every limit: they would grow
// in a longer run. The error is about the scenario.
func Judge(r *results.Result) ([]results.Objective, error) {
	var scenario struct{ Objectives scenarios.Objectives }
	if err := json.Unmarshal(r.Scenario, &scenario); err != nil {
		return nil, fmt.Errorf("judge %s: scenario: %w", r.ID, err)
	}
	verdicts := []results.Objective{}
	for _, o := range scenario.Objectives {
		bound, err := o.Bound()
		if err != nil {
			return nil, fmt.Errorf("judge %s: objective %s: %w", r.ID, o.Metric, err)
		}
		verdict, err := judge(o, bound, &r.Summary)
		if err != nil {
			return nil, fmt.Errorf("judge %s: objective %s: %w", r.ID, o.Metric, err)
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts, nil
}

func judge(o scenarios.Objective, bound scenarios.Bound, f *results.Figures) (results.Objective, error) {
	verdict := results.Objective{Metric: o.Metric, Limit: o.Limit}
	all := f.Operations["all"]
	if all == nil || all.Succeeded()+all.WithFailures.Failures == 0 {
		verdict.Reason = "nothing finished"
		return verdict, nil
	}
	measured := func(text string, ok bool) {
		verdict.Measured, verdict.OK = &text, ok
		if !ok {
			verdict.Reason = fmt.Sprintf("%s is %s, the limit is %s", o.Metric, text, o.Limit)
		}
	}
	switch bound.Kind {
	case scenarios.BoundLatency:
		at, err := all.Percentiles(bound.Percentile)
		switch {
		case err != nil:
			return verdict, err
		case at[0].Value == nil:
			verdict.Reason = at[0].Reason
			return verdict, nil
		}
		measured(duration(float64(*at[0].Value)), time.Duration(*at[0].Value) <= bound.Time)
		if f.Load.Overloaded {
			verdict.OK, verdict.Reason = false, "overloaded: the response times grow with the length of the run"
		}
	case scenarios.BoundThroughput:
		measured(rate(all.ThroughputPerSecond), all.ThroughputPerSecond >= float64(bound.Rate))
	case scenarios.BoundShare:
		share := float64(bad(o.Metric, f)) / float64(all.Succeeded()+all.WithFailures.Failures)
		measured(results.Percent(100*share)+"%", share <= bound.Share)
	case scenarios.BoundCount:
		n := bad(o.Metric, f)
		measured(strconv.FormatUint(n, 10), n <= bound.Count)
	default:
		return verdict, fmt.Errorf("%q is no kind of limit", bound.Kind)
	}
	return verdict, nil
}

// bad counts what a metric of shares and numbers is about; what the read-back
// found counts like what the run found.
func bad(metric string, f *results.Figures) uint64 {
	v := f.Violations.Plus(f.Verify.Violations)
	switch metric {
	case "errors":
		return f.Operations["all"].WithFailures.Failures
	case "violations":
		return v.Total()
	case "lost":
		return v.Lost
	case "stale":
		return v.Stale
	case "resurrected":
		return v.Resurrected
	case "expired_early":
		return v.ExpiredEarly
	case "expired_late":
		return v.ExpiredLate
	case "fixation":
		return v.Fixation
	case "swapped":
		return v.Swapped
	case "races":
		return f.Races.LostUpdates + f.Races.Revived
	}
	panic("report: the metric " + metric + " is not counted") // scenarios.Metrics has it and this switch does not
}

// RunFailed tells whether a run failed, and why: nothing succeeded, the store
// broke promises that its contract makes (races and coarse lifetimes are not
// counted as violations to begin with), or an objective of Result.Objectives that
// is not just advisory was missed.
func RunFailed(r *results.Result) (failed bool, reason string) {
	f := &r.Summary
	if all := f.Operations["all"]; all == nil || all.Succeeded() == 0 {
		return true, "nothing succeeded"
	}
	var reasons []string
	if found := violationsInWords(f); found != "" {
		reasons = append(reasons, found)
	}
	for _, o := range r.Objectives {
		if !o.OK && !o.Advisory {
			reasons = append(reasons, missedInWords(o))
		}
	}
	return len(reasons) > 0, strings.Join(reasons, "; ")
}
