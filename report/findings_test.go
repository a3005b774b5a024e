package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func found(t *testing.T, kind string, rs ...*results.Result) []string {
	t.Helper()
	var texts []string
	for _, f := range compared(t, rs).Findings {
		if f.Kind == kind {
			texts = append(texts, findingLine(f))
		}
	}
	return texts
}

func TestFindings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec   resultstest.Spec
		change func(r *results.Result)
		kind   string
		want   string // empty: none
	}{
		"dead cookie": {resultstest.Spec{Store: "file", Anonymous: 252 * time.Millisecond},
			func(r *results.Result) {
				r.Target.Contract["miss_delay"] = "250ms"
				r.Target.Contract["missing sessions"] = "its file is opened 6 times, 50ms apart"
			},
			"dead_cookie", "file: a dead cookie costs 250 ms, 1260 times a read (its file is opened 6 times, 50ms apart)"},
		"dead cookie by accident": {resultstest.Spec{Store: "mongo", Anonymous: 252 * time.Millisecond},
			func(r *results.Result) {
				r.Target.Contract["miss_delay"] = "0s"
				r.Target.Contract["missing sessions"] = "a get of one is as quick as any"
			},
			"dead_cookie", "mongo: a dead cookie costs 250 ms, 1260 times a read"},
		"cheap cookie": {resultstest.Spec{}, nil, "dead_cookie", ""},
		"violations": {resultstest.Spec{}, func(r *results.Result) {
			r.Summary.Violations = results.Violations{Lost: 1, Resurrected: 2, Fixation: 1}
			r.Summary.Verify = results.Verify{Checked: 10_000, Violations: results.Violations{Lost: 7}}
		}, "violations", "redis: 1 session lost, 2 sessions resurrected, 1 session readable under the old id after login; reading back 10,000: 7 sessions lost"},
		"no violations": {resultstest.Spec{}, nil, "violations", ""},
		"races": {resultstest.Spec{}, func(r *results.Result) { r.Summary.Races = results.Races{Revived: 1} },
			"races", "redis: 1 session revived after logout by overlapping requests, as whole-session overwrite predicts"},
		"errors": {resultstest.Spec{Errors: map[string]float64{"too_many_open_files": .005}}, func(r *results.Result) {
			r.Summary.Operations["all"].WithFailures.Failures += 4
		}, "errors", "redis: 104 of 20,004 operations failed (0.52 %): 100 too many open files (such as: set: an example of too_many_open_files), 4 never sent"},
		"overloaded": {resultstest.Spec{}, func(r *results.Result) {
			r.Summary.Load.Overloaded, r.Summary.Load.OverloadedReason = true, "900 waited"
		}, "overloaded", "redis: overloaded: it took less than was offered, and the response times grow with the length of the run (900 waited)"},
		"overloaded phase": {resultstest.Spec{Rounds: 2}, func(r *results.Result) {
			r.Rounds[1].Events = []results.Event{{Kind: "overload", Text: "in phase spike the store took 500 of 900 operations/s offered, and caught up later"}}
		}, "overloaded_phase", "redis: in phase spike the store took 500 of 900 operations/s offered, and caught up later (round 2): the response times grow with the length of the phase"},
		"saturated": {resultstest.Spec{}, func(r *results.Result) { r.Summary.Harness.ClientSaturated = true },
			"client_saturated", "redis: bench itself was the limit, not the store"},
		"unsteady": {resultstest.Spec{Rounds: 3}, func(r *results.Result) {
			r.Rounds[0].Steady = nil
			r.Rounds[2].Steady = &results.Steady{DriftPercent: 30}
		}, "unsteady", "redis: not steady: the throughput drifted within 1 of 3 rounds, at most by +30.0 %"},
		"steady": {resultstest.Spec{Rounds: 3}, nil, "unsteady", ""},
		"foreign": {resultstest.Spec{}, func(r *results.Result) {
			n := int64(120)
			r.Summary.ServerCalls = &results.ServerCalls{ForeignCalls: &n}
		}, "foreign_calls", "redis: somebody else used the server: it counted 120 calls more than bench sent"},
		"few left": {resultstest.Spec{}, func(r *results.Result) { r.Summary.FileDescriptors.Client.Peak = 820 },
			"file_descriptors", "redis: the client had 820 of 1,024 file descriptors open"},
		"enough left": {resultstest.Spec{}, func(r *results.Result) { r.Summary.FileDescriptors.Client.Peak = 819 }, "file_descriptors", ""},
		"login":       {resultstest.Spec{}, nil, "login", "redis: a login is 3 calls (destroy, set, set)"},
		"one connection": {resultstest.Spec{}, func(r *results.Result) {
			r.Target.Contract["max_connections"] = "1"
			r.Target.Contract["connections"] = "one; whatever the concurrency"
		}, "connections", "redis: one connection carries all calls (whatever the concurrency)"},
		"ten connections": {resultstest.Spec{}, func(r *results.Result) { r.Target.Contract["max_connections"] = "10" }, "connections", ""},
		"advice": {resultstest.Spec{}, func(r *results.Result) {
			r.Objectives = []results.Objective{
				{Metric: "p99", Limit: "1ms", Reason: "p99 is 2.00 ms, the limit is 1ms", Advisory: true},
				{Metric: "lost", Limit: "0", OK: true, Advisory: true},
			}
		}, "advice", "redis: the scenario's own objective p99=1ms is missed: p99 is 2.00 ms, the limit is 1ms"},
		"objective": {resultstest.Spec{}, func(r *results.Result) {
			r.Objectives = []results.Objective{
				{Metric: "p99", Limit: "1ms", Reason: "p99 is 2.00 ms, the limit is 1ms"},
				{Metric: "p50", Limit: "1ms", Reason: "p50 is 2.00 ms, the limit is 1ms", Advisory: true},
			}
		}, "objectives", "redis: objective p99=1ms missed: p99 is 2.00 ms, the limit is 1ms"},
		"busy machine": {resultstest.Spec{}, func(r *results.Result) {
			idle := 5.0
			r.Summary.Harness.IdlePercent = &idle
			r.Summary.Resources.Client.CPUSeconds = .1 * r.Summary.DurationSeconds * float64(r.Host.Cores)
			r.Summary.Resources.Server.CPUSeconds = .2 * r.Summary.DurationSeconds * float64(r.Host.Cores)
		}, "busy_machine", "redis: other programs took about 65 % of this machine's processors meanwhile"},
		"quiet machine": {resultstest.Spec{}, nil, "busy_machine", ""},
		"expired": {resultstest.Spec{}, func(r *results.Result) {
			n := int64(5000)
			r.Summary.Storage = &results.Storage{ExpiredPresent: &n}
		}, "expired_present", "redis: 5,000 expired sessions still take storage at the end (purge: the server removes expired sessions at once)"},
		"few expired": {resultstest.Spec{}, func(r *results.Result) {
			n := int64(5)
			r.Summary.Storage = &results.Storage{ExpiredPresent: &n}
		}, "expired_present", ""},
		"not measured": {resultstest.Spec{Unread: true}, func(r *results.Result) {
			r.Rounds[0].Unavailable["server_calls"] = "the store keeps no counters"
			r.Target.Unavailable = map[string]string{"durability": "not allowed to ask"}
		}, "unavailable", "redis: not measured: durability (not allowed to ask); server's file descriptors (the server was not started by this run); server calls (the store keeps no counters)"},
		"interrupted": {resultstest.Spec{}, func(r *results.Result) { r.Interrupted = true },
			"interrupted", "redis: interrupted: the figures are of 20 s"},
		"nothing":       {resultstest.Spec{Errors: map[string]float64{"refused": 1}}, nil, "nothing", "redis: nothing succeeded"},
		"safe":          {resultstest.Spec{Durability: "commit"}, nil, "durability", ""},
		"loses seconds": {resultstest.Spec{Durability: "seconds"}, nil, "durability", "in a crash, as configured: redis loses the last seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resultstest.Build(c.spec)
			if c.change != nil {
				c.change(r)
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := found(t, c.kind, r); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestRowsShareTheSameFinding(t *testing.T) {
	t.Parallel()
	var rs []*results.Result
	for _, label := range []string{"a", "b", "c", "d", "e", "f"} {
		rs = append(rs, resultstest.Build(resultstest.Spec{Label: label}))
	}
	got := found(t, "login", rs...)
	if len(got) != 1 || !strings.HasPrefix(got[0], "a, b, c, 3 more: a login is 3 calls") {
		t.Errorf("%q", got)
	}
}

func TestFindingsComeGravestFirst(t *testing.T) {
	t.Parallel()
	levels := []Level{}
	for _, f := range compared(t, three()).Findings {
		levels = append(levels, f.Level)
	}
	order := map[Level]int{Problem: 0, Warning: 1, Note: 2}
	if !slices.IsSortedFunc(levels, func(a, b Level) int { return order[a] - order[b] }) || len(levels) < 5 {
		t.Errorf("%v", levels)
	}
}
