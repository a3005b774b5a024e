package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// failuresIn gives some units that many failures each.
func failuresIn(units int, each uint64) []uint64 {
	all := make([]uint64, units)
	for i := range all {
		all[i] = each
	}
	return all
}

func eachUnit(change func(a, b *results.Round)) func(int, *results.Round, *results.Round) {
	return func(_ int, a, b *results.Round) { change(a, b) }
}

func TestGateChecksWhatIsNoTime(t *testing.T) {
	t.Parallel()
	second := func(n int, fds int) results.Second {
		return results.Second{Second: n, Seconds: 1, Count: 100, ClientFDs: &fds, ServerFDs: &fds}
	}
	for name, c := range map[string]struct {
		run     gateRun
		options GateOptions
		check   string
		verdict Verdict
		outcome GateOutcome
		text    string // in the verdict's
	}{
		"no errors": {gateRun{}, GateOptions{}, "errors", Same, GatePass, "is not worse"},
		"a few errors are within the tolerance": {
			gateRun{failuresB: failuresIn(12, 8)}, GateOptions{}, "errors", Same, GatePass, "is not worse"},
		"errors in all units": {
			gateRun{failuresB: failuresIn(12, 40)}, GateOptions{}, "errors", Worse, GateFail, "fails more often than redis:7.4"},
		"errors in one burst may be chance": {
			gateRun{failuresB: failuresIn(1, 4000)}, GateOptions{}, "errors", CantTell, GateInconclusive, "whether"},
		"as many errors as before": {
			gateRun{failuresA: failuresIn(12, 200), failuresB: failuresIn(12, 205)}, GateOptions{}, "errors", Same, GatePass, "is not worse"},
		"a broken promise": {
			gateRun{change: func(i int, a, b *results.Round) {
				if i == 3 {
					b.Violations.Lost = 1
				}
			}}, GateOptions{}, "lost", Worse, GateFail, "breaks more promises than redis:7.4"},
		"a broken promise that the read-back found": {
			gateRun{change: func(i int, a, b *results.Round) {
				if i == 11 {
					b.Verify.Stale = 1
				}
			}}, GateOptions{}, "stale", Worse, GateFail, "breaks more promises"},
		"a promise that was broken as often before": {
			gateRun{change: eachUnit(func(a, b *results.Round) { a.Violations.ExpiredLate, b.Violations.ExpiredLate = 5, 5 })},
			GateOptions{}, "expired_late", Same, GatePass, "is not worse"},
		"a promise that is broken far more often": {
			gateRun{change: eachUnit(func(a, b *results.Round) { a.Violations.ExpiredLate, b.Violations.ExpiredLate = 5, 50 })},
			GateOptions{}, "expired_late", Worse, GateFail, "breaks more promises"},
		"a promise that a fault breaks": {
			gateRun{scenario: `{"name":"outage","faults":[{"kind":"restart"}]}`, change: func(i int, a, b *results.Round) {
				if i == 3 {
					b.Violations.Lost = 1
				}
			}}, GateOptions{}, "lost", Same, GatePass, "is not worse"},
		"races as before": {
			gateRun{change: eachUnit(func(a, b *results.Round) { a.Races.LostUpdates, b.Races.LostUpdates = 100, 104 })},
			GateOptions{}, "lost updates", Same, GatePass, "is not worse"},
		"more races in all units": {
			gateRun{change: eachUnit(func(a, b *results.Round) { a.Races.LostUpdates, b.Races.LostUpdates = 100, 300 })},
			GateOptions{}, "lost updates", Worse, GateFail, "loses more to races"},
		"more races in a few units hold up no gate": {
			gateRun{change: func(i int, a, b *results.Round) {
				if i < 2 {
					b.Races.Revived = 500
				}
			}}, GateOptions{}, "revived", CantTell, GatePass, "is not worse"},
		"two descriptors more are none": {
			gateRun{change: eachUnit(func(a, b *results.Round) { b.FileDescriptors.Client.Peak = 12 })},
			GateOptions{}, "client file descriptors", Same, GatePass, "is not worse"},
		"more descriptors of the client": {
			gateRun{change: eachUnit(func(a, b *results.Round) { b.FileDescriptors.Client.Peak = 60 })},
			GateOptions{}, "client file descriptors", Worse, GateFail, "holds more file descriptors than redis:7.4"},
		"more descriptors of the server": {
			gateRun{change: eachUnit(func(a, b *results.Round) { b.FileDescriptors.Server.Peak = 17 })},
			GateOptions{}, "server file descriptors", Worse, GateFail, "holds more file descriptors"},
		"more descriptors, and that many are allowed": {
			gateRun{change: eachUnit(func(a, b *results.Round) { b.FileDescriptors.Server.Peak = 17 })},
			GateOptions{Limits: mustLimits("p50=10%,fds=30%")}, "server file descriptors", Same, GatePass, "is not worse"},
		"one unit with a spike of descriptors": {
			gateRun{change: func(i int, a, b *results.Round) {
				if i == 5 {
					b.FileDescriptors.Client.Peak = 900
				}
			}}, GateOptions{}, "client file descriptors", Same, GatePass, "is not worse"},
		"descriptors that can't be read": {
			gateRun{change: eachUnit(func(a, b *results.Round) {
				b.FileDescriptors.Server, b.Unavailable = nil, map[string]string{"file_descriptors.server": "of another user"}
			})}, GateOptions{}, "server file descriptors", CantTell, GatePass, "is not worse"},
		"fewer descriptors": {
			gateRun{change: eachUnit(func(a, b *results.Round) { a.FileDescriptors.Client.Peak = 60 })},
			GateOptions{}, "client file descriptors", Improved, GatePass, "is not worse"},
		"a leak from unit to unit": {
			gateRun{change: func(i int, a, b *results.Round) {
				b.FileDescriptors.Client.Mean = float64(10 + i)
			}}, GateOptions{}, "client descriptor leak", Worse, GateFail, "leaks file descriptors"},
		"a leak that the baseline has too": {
			gateRun{change: func(i int, a, b *results.Round) {
				a.FileDescriptors.Client.Mean, b.FileDescriptors.Client.Mean = float64(10+i), float64(10+i)
			}}, GateOptions{}, "client descriptor leak", Worse, GateFail, "leaks file descriptors"},
		"a leak between two looks, after which the server is a new one": {
			gateRun{units: 24, change: func(i int, a, b *results.Round) {
				b.FileDescriptors.Server.Mean = float64(14 + i%12)
			}}, GateOptions{Looks: []int{12, 24}}, "server descriptor leak", Worse, GateFail, "leaks file descriptors"},
		"a leak within whole rounds": {
			gateRun{change: eachUnit(func(a, b *results.Round) {
				for n := range 20 {
					b.Series = append(b.Series, second(n, 10+n))
				}
			})}, GateOptions{}, "client descriptor leak", Worse, GateFail, "leaks file descriptors"},
		"an objective that is missed": {
			gateRun{}, GateOptions{Objectives: scenarios.Objectives{{Metric: "throughput", Limit: "90000/s"}}},
			"objective throughput=90000/s", Worse, GateFail, "misses throughput=90000/s"},
		"an objective that is kept": {
			gateRun{}, GateOptions{Objectives: scenarios.Objectives{{Metric: "errors", Limit: "1%"}}},
			"objective errors=1%", Same, GatePass, "is not worse"},
		"an objective of the scenario": {
			gateRun{objectivesB: []results.Objective{{Metric: "throughput", Limit: "90000/s"}}}, GateOptions{},
			"objective throughput=90000/s", Worse, GateFail, "misses throughput=90000/s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := c.run.decide(t, c.options)
			got := checkOf(t, v, c.check)
			if got.Verdict != c.verdict || v.Outcome != c.outcome || !strings.Contains(v.Text, c.text) {
				t.Errorf("%s: %s (%s); %s: %s", c.check, got.Verdict, got.Text, v.Outcome, v.Text)
			}
		})
	}
}

func TestGateTellsOfNoLeakWhereAPoolFillsUp(t *testing.T) {
	t.Parallel()
	for name, fds := range map[string][]int{
		"at once, and stays":            {10, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40},
		"in ever smaller steps":         {10, 16, 20, 23, 25, 26, 27, 28, 28, 29, 29, 29},
		"and closes what is idle":       {10, 20, 10, 22, 12, 24, 10, 25, 13, 26, 10, 27},
		"by one in all":                 {10, 10, 10, 10, 10, 10, 11, 11, 11, 11, 11, 11},
		"not at all":                    {10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10},
		"and is followed for too short": {1, 2, 3, 4, 5, 6, 7, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if grown, leaks := leak(fds); leaks {
				t.Errorf("%v: a leak of %d", fds, grown)
			}
		})
	}
	if _, leaks := leak([]int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}); !leaks {
		t.Error("one a second is no leak")
	}
}

func TestGateMayFailAndNeverPassWhatIsNotTheStores(t *testing.T) {
	t.Parallel()
	lag := func(r *results.Round) {
		r.Harness.SendLag = &results.Distribution{P50: *r.Operations["all"].WithFailures.P50}
	}
	for name, c := range map[string]struct {
		run     gateRun
		equal   GateOutcome
		caution string
	}{
		"a client that was the limit": {gateRun{change: eachUnit(func(a, b *results.Round) {
			b.Harness.ClientSaturated, b.Harness.SaturatedReason = true, "no processor was left"
		})}, GateInconclusive, "bench was the limit, not the store, in 12 of 12 units"},
		"the baseline's client": {gateRun{change: eachUnit(func(a, b *results.Round) { a.Harness.ClientSaturated = true })},
			GateInconclusive, "redis:7.4: bench was the limit"},
		"one unit of many": {gateRun{change: func(i int, a, b *results.Round) { b.Harness.ClientSaturated = i == 7 }}, GatePass, ""},
		"requests that were sent late": {gateRun{open: true, change: eachUnit(func(a, b *results.Round) { lag(b) })},
			GateInconclusive, "sent late"},
		"an interrupted run": {gateRun{interruptedB: true}, GateInconclusive, "redis:8 was interrupted"},
		"units without a sample": {gateRun{units: 20, change: func(i int, a, b *results.Round) {
			if i%5 == 0 {
				b.Operations["all"] = &results.Operation{}
			}
		}}, GateInconclusive, "4 of 20 units had no sample"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := c.run.decide(t, GateOptions{})
			if v.Outcome != c.equal || !strings.Contains(strings.Join(v.Cautions, "; "), c.caution) {
				t.Errorf("equal: %s, %q", v.Outcome, v.Cautions)
			}
			c.run.p50 = same(.2, 20)
			if v := c.run.decide(t, GateOptions{}); v.Outcome != GateFail {
				t.Errorf("slower: %s", v.Outcome)
			}
		})
	}
}

func TestGateComparesNoTimesOfAnOverload(t *testing.T) {
	t.Parallel()
	run := gateRun{open: true, p50: same(3, 12), change: eachUnit(func(a, b *results.Round) {
		b.Load.Overloaded, b.Load.OverloadedReason = true, "1000/s offered, 600/s taken"
	})}
	v := run.decide(t, GateOptions{Looks: gateLooks})
	if v.Outcome != GateInconclusive || v.ExitStatus != 4 || !v.Decided || !strings.Contains(strings.Join(v.Cautions, ""), "600/s taken") {
		t.Errorf("%s, decided %v: %q", v.Outcome, v.Decided, v.Cautions)
	}
	if m := metricOf(t, v, "p50"); m.Verdict != CantTell || m.Reason != "overloaded" {
		t.Errorf("%+v", m)
	}
	lost := run.change
	run.change = func(i int, a, b *results.Round) { lost(i, a, b); b.Violations.Lost = 1 }
	if v := run.decide(t, GateOptions{}); v.Outcome != GateFail {
		t.Errorf("with lost sessions: %s", v.Outcome)
	}
}

func TestGateTakesAFigureAmongTheFailuresForWorseThanAny(t *testing.T) {
	t.Parallel()
	among := func(r *results.Round) {
		w := &r.Operations["all"].WithFailures
		w.P99, w.Reason, w.Failures = nil, "lies among the failures", 2000
	}
	for name, c := range map[string]struct {
		change  func(a, b *results.Round)
		verdict Verdict
		ratio   bool
	}{
		"of the candidate": {func(a, b *results.Round) { among(b) }, Worse, false},
		"of the baseline":  {func(a, b *results.Round) { among(a) }, Improved, false},
		"of both":          {func(a, b *results.Round) { among(a); among(b) }, Same, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := gateRun{change: eachUnit(c.change)}.decide(t, GateOptions{Limits: mustLimits("p99=25%")})
			if m := metricOf(t, v, "p99"); m.Verdict != c.verdict || (m.Ratio != nil) != c.ratio {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestGateHoldsProcessorTimeToItsOwnLimit(t *testing.T) {
	t.Parallel()
	v := gateRun{serverCPU: same(.3, 12)}.decide(t, GateOptions{Looks: gateLooks})
	if v.Outcome != GateFail || v.Text != "redis:8 takes more processor time than redis:7.4" {
		t.Errorf("a third more: %s, %s", v.Outcome, v.Text)
	}
	coarse := []float64{.4, -.4, .3, -.3, .4, -.2, .3, -.4, .2, -.3, .4, -.4}
	v = gateRun{serverCPU: coarse, clientCPU: coarse}.decide(t, GateOptions{})
	if m := metricOf(t, v, "server_cpu"); m.Verdict != CantTell || m.Waits || v.Outcome != GatePass {
		t.Errorf("undecided: %s, %+v", v.Outcome, m)
	}
	if !equals(v.FalseAlarm, .0125) || !equals(metricOf(t, v, "p50").LevelWorse, .0025) || !equals(metricOf(t, v, "server_cpu").LevelWorse, .00125) {
		t.Errorf("false alarms: %v", v.FalseAlarm)
	}
	v = gateRun{serverCPU: coarse}.decide(t, GateOptions{Limits: mustLimits("cpu=10%,p50=10%")})
	if m := metricOf(t, v, "server_cpu"); !m.Waits || v.Outcome != GateInconclusive || !equals(v.FalseAlarm, .01) {
		t.Errorf("asked for: %s, %+v", v.Outcome, m)
	}
}

func TestGateLimitsAreOfTheLoadAndWiderForWholeRounds(t *testing.T) {
	t.Parallel()
	names := func(v *GateVerdict) string {
		var all []string
		for _, m := range v.Metrics {
			if m.Waits {
				all = append(all, GateLimit{m.Metric, m.Limit}.String())
			}
		}
		return strings.Join(all, " ")
	}
	whole := gateRun{change: func(i int, a, b *results.Round) { b.StartedAt = b.StartedAt.Add(20 * time.Second) }}
	for name, c := range map[string]struct {
		run  gateRun
		o    GateOptions
		want string
	}{
		"closed loop":      {gateRun{}, GateOptions{}, "throughput=5% p50=10% p95=10% p99=25%"},
		"open loop":        {gateRun{open: true}, GateOptions{}, "p50=10% p90=10% p99=50%"},
		"descriptors only": {gateRun{}, GateOptions{Limits: mustLimits("fds=300%")}, "throughput=5% p50=10% p95=10% p99=25%"},
		"asked for":        {gateRun{}, GateOptions{Limits: mustLimits("p99.9=50%", "p50=5%")}, "p50=5% p99_9=50%"},
		"whole rounds":     {whole, GateOptions{}, "throughput=15% p50=30% p95=30% p99=75%"},
		"told as whole":    {gateRun{}, GateOptions{Whole: true}, "throughput=15% p50=30% p95=30% p99=75%"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := names(c.run.decide(t, c.o)); got != c.want {
				t.Errorf("the limits are %s", got)
			}
		})
	}
}

func TestGateOfTooFewPairsCantTell(t *testing.T) {
	t.Parallel()
	v := gateRun{units: 5, p50: same(2, 5)}.decide(t, GateOptions{})
	if v.Outcome != GateInconclusive || v.Grade != GradePaired || !strings.Contains(strings.Join(v.Cautions, ""), "5 units took turns, and 12 are the fewest") {
		t.Errorf("%s: %q", v.Outcome, v.Cautions)
	}
	if v.Remedy != "bench gate --baseline=redis:7.4 redis:8 --scenario=web" {
		t.Errorf("the remedy is %q", v.Remedy)
	}
}

func TestGateEndedBetweenTwoLooksTakesALastOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		units int
		final bool
		looks string
	}{
		{11, false, "[]"}, {11, true, "[]"}, {12, false, "[{12 0.2}]"}, {15, false, "[{12 0.2}]"},
		{15, true, "[{12 0.2} {15 0.05}]"}, {60, true, "[{12 0.2} {18 0.1} {27 0.15} {40 0.21666666666666667} {60 0.3333333333333333}]"},
	} {
		if got := fmt.Sprint(looksAt(c.units, GateOptions{Looks: gateLooks, Final: c.final})); got != c.looks {
			t.Errorf("%d units, final %v: %s", c.units, c.final, got)
		}
	}
}

func TestGateOfManyUnitsSaysThatItsChancesAreApproximate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	d := normal(r, 600)
	for i := range d {
		d[i] *= .05
	}
	v := gateRun{p50: d}.decide(t, GateOptions{Limits: mustLimits("p50=10%")})
	if m := metricOf(t, v, "p50"); m.Arithmetic.Exact || m.Verdict != Same || m.Of != 600 {
		t.Errorf("%s of %d, exact: %v", m.Verdict, m.Of, m.Arithmetic.Exact)
	}
	if text := gateDrawn(t, v, "table", GateStyle{Explain: true}); !strings.Contains(text, "signed rank test by the normal approximation") {
		t.Error("the explanation doesn't say so")
	}
}

func TestGateOfALaterViolationIsThatOfItsLook(t *testing.T) {
	t.Parallel()
	run := gateRun{units: 18, p99: []float64{.5, -.5, .6, -.6, .7, -.7, .5, -.5, .6, -.6, .7, -.7}, change: func(i int, a, b *results.Round) {
		if i == 15 {
			b.Violations.Lost = 1
		}
	}}
	v := run.decide(t, GateOptions{Looks: gateLooks})
	if v.Outcome != GateFail || v.Units.Count != 18 || metricOf(t, v, "p50").Of != 18 {
		t.Errorf("%s after %d units", v.Outcome, v.Units.Count)
	}
}
