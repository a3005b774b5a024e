package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
	"github.com/sessionbench/bench/scenarios"
)

func with(t *testing.T, objectives string, s resultstest.Spec) *results.Result {
	t.Helper()
	s.Scenario = fmt.Sprintf(`{"name":"web","objectives":{%s}}`, objectives)
	return resultstest.Build(s)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	failing := map[string]float64{"timeout": .02}
	for name, c := range map[string]struct {
		objective string
		spec      resultstest.Spec
		change    func(f *results.Figures)
		measured  string
		ok        bool
		reason    string
	}{
		"kept":               {`"p99":"20ms"`, resultstest.Spec{}, nil, "726 µs", true, ""},
		"missed":             {`"p99":"0.5ms"`, resultstest.Spec{}, nil, "726 µs", false, "p99 is 726 µs, the limit is 0.5ms"},
		"unbounded":          {`"p99":"20ms"`, resultstest.Spec{Errors: failing}, nil, "", false, "the 99th percentile lies among the 2.0 % failures"},
		"below the failures": {`"p95":"20ms"`, resultstest.Spec{Errors: failing}, nil, "592 µs", true, ""},
		"max":                {`"max":"20ms"`, resultstest.Spec{}, nil, "1.45 ms", true, ""},
		"max with failures":  {`"max":"1h"`, resultstest.Spec{Errors: map[string]float64{"busy": .0001}}, nil, "", false, "the 100th percentile lies among the 0.010 % failures"},
		"overloaded": {`"p50":"1s"`, resultstest.Spec{Open: true}, func(f *results.Figures) { f.Load.Overloaded = true },
			"314 µs", false, "overloaded: the response times grow with the length of the run"},
		"response time": {`"p50":"250us"`, resultstest.Spec{Open: true}, nil, "314 µs", false, "p50 is 314 µs, the limit is 250us"},
		"throughput":    {`"throughput":"1000/s"`, resultstest.Spec{}, nil, "1.00 k/s", true, ""},
		"too slow":      {`"throughput":"1001/s"`, resultstest.Spec{}, nil, "1.00 k/s", false, "throughput is 1.00 k/s, the limit is 1001/s"},
		"share":         {`"errors":"2%"`, resultstest.Spec{Errors: failing}, nil, "2.0%", true, ""},
		"share missed":  {`"errors":"1.9%"`, resultstest.Spec{Errors: failing}, nil, "2.0%", false, "errors is 2.0%, the limit is 1.9%"},
		"unsent": {`"errors":"0"`, resultstest.Spec{}, func(f *results.Figures) { f.Operations["all"].WithFailures.Failures = 3 },
			"3", false, "errors is 3, the limit is 0"},
		"lost in the read-back": {`"lost":"0"`, resultstest.Spec{}, func(f *results.Figures) { f.Verify.Lost = 1 }, "1", false, "lost is 1, the limit is 0"},
		"violations": {`"violations":"5"`, resultstest.Spec{}, func(f *results.Figures) {
			f.Violations = results.Violations{Lost: 1, Stale: 1, Resurrected: 1, ExpiredEarly: 1, ExpiredLate: 1}
		}, "5", true, ""},
		"races":   {`"races":"0"`, resultstest.Spec{}, func(f *results.Figures) { f.Races.Revived = 2 }, "2", false, "races is 2, the limit is 0"},
		"nothing": {`"lost":"0"`, resultstest.Spec{}, func(f *results.Figures) { f.Operations = nil }, "", false, "nothing finished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := with(t, c.objective, c.spec)
			if c.change != nil {
				c.change(&r.Summary)
			}
			verdicts, err := Judge(r)
			if err != nil || len(verdicts) != 1 {
				t.Fatalf("%v, %v", verdicts, err)
			}
			v := verdicts[0]
			measured := ""
			if v.Measured != nil {
				measured = *v.Measured
			}
			if measured != c.measured || v.OK != c.ok || v.Reason != c.reason {
				t.Errorf("measured %q, ok %v, reason %q; want %q, %v, %q", measured, v.OK, v.Reason, c.measured, c.ok, c.reason)
			}
		})
	}
}

func TestJudgeCountsEveryMetric(t *testing.T) {
	t.Parallel()
	f := results.Figures{
		Operations: map[string]*results.Operation{"all": {WithFailures: results.WithFailures{Failures: 1}}},
		Violations: results.Violations{Lost: 10, Stale: 20, Resurrected: 30, ExpiredEarly: 40, ExpiredLate: 50, Fixation: 60, Swapped: 70},
		Verify: results.Verify{Violations: results.Violations{
			Lost: 1, Stale: 2, Resurrected: 3, ExpiredEarly: 4, ExpiredLate: 5, Fixation: 6, Swapped: 7,
		}},
		Races: results.Races{LostUpdates: 5, Revived: 6},
	}
	for metric, want := range map[string]uint64{
		"errors": 1, "violations": 308, "lost": 11, "stale": 22, "resurrected": 33, "expired_early": 44,
		"expired_late": 55, "fixation": 66, "swapped": 77, "races": 11,
	} {
		if got := bad(metric, &f); got != want {
			t.Errorf("%s is %d, want %d", metric, got, want)
		}
	}
}

func TestJudgeKnowsEveryMetricOfScenarios(t *testing.T) {
	t.Parallel()
	var all []string
	for _, metric := range scenarios.Metrics {
		limit := map[bool]string{true: "0", false: "1s"}[!strings.HasPrefix(metric, "p") && metric != "max"]
		if metric == "throughput" {
			limit = "1/s"
		}
		all = append(all, fmt.Sprintf("%q:%q", metric, limit))
	}
	r := with(t, strings.Join(all, ","), resultstest.Spec{})
	verdicts, err := Judge(r)
	if err != nil || len(verdicts) != len(all) {
		t.Fatalf("%d of %d verdicts: %v", len(verdicts), len(all), err)
	}
	for _, v := range verdicts {
		if !v.OK {
			t.Errorf("%s: %s", v.Metric, v.Reason)
		}
	}
}

func TestJudgeNamesABadScenario(t *testing.T) {
	t.Parallel()
	for objectives, want := range map[string]string{`"p77":"1s"`: "objective p77", `"p99":"0.1%"`: "objective p99", `"p99":7`: "scenario"} {
		if _, err := Judge(with(t, objectives, resultstest.Spec{})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s in it", objectives, err, want)
		}
	}
}

func TestRunFailed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec   resultstest.Spec
		change func(r *results.Result)
		want   string // empty: it did not
	}{
		"good":    {resultstest.Spec{}, nil, ""},
		"errors":  {resultstest.Spec{Errors: map[string]float64{"timeout": .5}}, nil, ""},
		"races":   {resultstest.Spec{}, func(r *results.Result) { r.Summary.Races.LostUpdates = 9 }, ""},
		"nothing": {resultstest.Spec{Errors: map[string]float64{"timeout": 1}}, nil, "nothing succeeded"},
		"no rounds": {resultstest.Spec{}, func(r *results.Result) {
			r.Rounds = nil
			resultstest.Summarize(r)
		}, "nothing succeeded"},
		"violation": {resultstest.Spec{}, func(r *results.Result) { r.Summary.Violations.Stale = 1 }, "1 session stale"},
		"read-back": {resultstest.Spec{}, func(r *results.Result) { r.Summary.Verify.Lost = 2 }, "reading back 10,000: 2 sessions lost"},
		"advice": {resultstest.Spec{}, func(r *results.Result) {
			r.Objectives = []results.Objective{{Metric: "p99", Limit: "1ms", Advisory: true}}
		}, ""},
		"objective": {resultstest.Spec{Median: time.Second}, func(r *results.Result) {
			r.Objectives, _ = Judge(r)
		}, "objective p99=20ms missed: p99 is 3.63 s, the limit is 20ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resultstest.Build(c.spec)
			if c.change != nil {
				c.change(r)
			}
			if failed, reason := RunFailed(r); failed != (c.want != "") || reason != c.want {
				t.Errorf("%v, %q, want %q", failed, reason, c.want)
			}
		})
	}
}
