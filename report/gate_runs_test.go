package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// runAt is one run of a target on its own: with what throughput, and how much slower
// than others its times were, as a log ratio.
func runAt(hours int, perSecond, slower float64) *results.Result {
	a, _ := gateRun{units: 1, runA: "run-" + time.Duration(hours).String(), throughput: []float64{0}}.build()
	a.StartedAt = a.StartedAt.Add(time.Duration(hours) * time.Hour)
	o := a.Rounds[0].Operations["all"]
	o.ThroughputPerSecond = perSecond
	for _, p := range []*int64{o.WithFailures.P50, o.WithFailures.P90, o.WithFailures.P95, o.WithFailures.P99} {
		*p = int64(float64(*p) * math.Exp(slower))
	}
	a.Target.Text = "redis"
	a.Rounds[0].Pair = nil
	a.Summary = a.Rounds[0].Figures
	return a
}

// throughputs are those of the known answer.
var throughputs = []float64{24100, 25300, 23800, 26000, 24900, 25500, 24400, 25100}

func history(perSecond ...float64) (runs []*results.Result) {
	for i, v := range perSecond {
		runs = append(runs, runAt(i, v, 0))
	}
	return runs
}

func gateOf(t *testing.T, baselines []*results.Result, b *results.Result, o GateOptions) *GateVerdict {
	t.Helper()
	v, err := Gate(baselines, []*results.Result{b}, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGateHoldsARunAgainstAHistory(t *testing.T) {
	t.Parallel()
	limits := mustLimits("throughput=5%,p50=10%,p99=25%")
	v := gateOf(t, history(throughputs...), runAt(9, 22000, 0), GateOptions{Limits: limits})
	m := metricOf(t, v, "throughput")
	if v.Grade != GradeHistory || v.Outcome != GateFail || m.Verdict != Worse || m.Of != 8 || m.WorseIn != 8 {
		t.Errorf("%s, %s: %+v", v.Grade, v.Outcome, m)
	}
	if math.Abs(m.PWorse-.00305134) > 5e-9 || !equals(m.LevelWorse, 1./300) || math.Abs(1-*m.Ratio-.1157) > 5e-5 {
		t.Errorf("p %.8f at %v, a drop of %v", m.PWorse, m.LevelWorse, 1-*m.Ratio)
	}
	v = gateOf(t, history(throughputs...), runAt(9, 24900, 0), GateOptions{Limits: limits})
	if m := metricOf(t, v, "throughput"); v.Outcome != GateInconclusive || m.Verdict != CantTell || *m.NoiseFloor < .1 {
		t.Errorf("a deviation of 3 %% excludes no 5 %%: %s, %+v", v.Outcome, m)
	}
	v = gateOf(t, history(throughputs...), runAt(9, 24900, 0), GateOptions{Limits: mustLimits("throughput=10%")})
	if v.Outcome != GatePass {
		t.Errorf("and it does exclude 10 %%: %s", v.Outcome)
	}
}

func TestGateNamesTheSmallestChangeOfAHistory(t *testing.T) {
	t.Parallel()
	for sd, want := range map[float64][2]float64{.02: {.115, .125}, .22: {2.3, 2.5}} {
		r := []float64{1, -1, 1, -1, 1, -1, 1, -1, 1, -1}
		for i := range r {
			r[i] *= sd * math.Sqrt(.9)
		}
		s := measuredSpread(r)
		if floor := math.Expm1(s.beyond(.01/3) + s.beyond(.05)); floor < want[0] || floor > want[1] {
			t.Errorf("of a deviation of %v it is %v", sd, floor)
		}
	}
}

func TestGateTakesAHistoryFromItsLastChange(t *testing.T) {
	t.Parallel()
	var before, after []float64
	for i, v := range throughputs {
		before, after = append(before, v), append(after, 1.3*v+float64(i))
	}
	runs := history(append(before, after...)...)
	v := gateOf(t, runs, runAt(20, 1.3*22000, 0), GateOptions{Limits: mustLimits("throughput=5%,p50=10%,p99=25%")})
	if m := metricOf(t, v, "throughput"); m.Of != 8 || m.Verdict != Worse {
		t.Errorf("%+v", m)
	}
	if notes := strings.Join(v.Notes, "; "); !strings.Contains(notes, "throughput changed with the run of 2026-11-23 23:04: the 8 runs from then on count") {
		t.Errorf("the notes are %q", v.Notes)
	}
	if got := sinceChange([]float64{0, .01, 0, .01, 0, .01, 0, .01, 0, .01, .5}, .05); got != 0 {
		t.Errorf("one run that is off is a change at %d", got)
	}
}

// webAt is scenario web as a run at a rate with so many sessions keeps it.
func webAt(t *testing.T, rate scenarios.Rate, sessions int) json.RawMessage {
	t.Helper()
	s, err := scenarios.Find("web")
	if err != nil {
		t.Fatal(err)
	}
	s.SetRate(rate)
	s.Sessions = sessions
	ran, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return ran
}

func TestGatesRemedyHasTheTrafficThatRan(t *testing.T) {
	t.Parallel()
	ran := webAt(t, 1500, 20)
	before, after := history(30000), runAt(3, 30000, 0)
	before[0].Scenario, after.Scenario = ran, ran
	v := gateOf(t, before, after, GateOptions{Limits: mustLimits("p50=10%")})
	if want := "bench gate --baseline=redis redis --scenario=web --rate=1500/s --sessions=20"; v.Remedy != want {
		t.Errorf("the remedy is %q", v.Remedy)
	}
}

func TestGateOfTwoLoneFilesDecidesOnlyBeyondAnyNoise(t *testing.T) {
	t.Parallel()
	drift := .02
	for name, c := range map[string]struct {
		perSecond, slower float64
		drift             *float64
		want              GateOutcome
	}{
		"equal":                        {30000, 0, nil, GateInconclusive},
		"half as fast":                 {15000, .7, nil, GateInconclusive},
		"a third as fast":              {10000, 1.1, nil, GateFail},
		"equal on a quiet machine":     {30000, 0, &drift, GatePass},
		"4 % off on a quiet machine":   {28800, .04, &drift, GateInconclusive},
		"20 % off on a quiet machine":  {24000, .2, &drift, GateFail},
		"twice as fast, on whichever":  {90000, -1.1, nil, GatePass},
		"faster, within what may vary": {36000, -.2, nil, GateInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := gateOf(t, history(30000), runAt(3, c.perSecond, c.slower), GateOptions{AssumeDrift: c.drift, Limits: mustLimits("throughput=5%,p50=10%")})
			if v.Grade != GradeLone || v.Outcome != c.want {
				t.Errorf("%s, %s", v.Grade, v.Outcome)
			}
			if want := "bench gate --baseline=redis redis --scenario=web"; c.want == GateInconclusive && v.Remedy != want {
				t.Errorf("the remedy is %q", v.Remedy)
			}
		})
	}
}

func TestGateOfTwoLoneFilesJudgesErrorsAllTheSame(t *testing.T) {
	t.Parallel()
	failing := func(seconds int, each uint64) *results.Result {
		b := runAt(3, 30000, 0)
		o := b.Rounds[0].Operations["all"]
		for n := range 20 {
			s := results.Second{Second: n, Seconds: 1, Count: 1000}
			if n < seconds {
				s.Errors = each
				o.WithFailures.Failures += each
			}
			b.Rounds[0].Series = append(b.Rounds[0].Series, s)
		}
		o.Errors["timeout"] = o.WithFailures.Failures
		b.Summary = b.Rounds[0].Figures
		return b
	}
	for name, c := range map[string]struct {
		b    *results.Result
		want Verdict
	}{
		"all along":    {failing(20, 20), Worse},
		"in one burst": {failing(1, 400), CantTell},
		"none":         {failing(0, 0), Same},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := gateOf(t, []*results.Result{failing(0, 0)}, withID(c.b, "candidate"), GateOptions{})
			if got := checkOf(t, v, "errors"); got.Verdict != c.want || (v.Outcome == GateFail) != (c.want == Worse) {
				t.Errorf("%s: %+v", v.Outcome, got)
			}
		})
	}
}

func withID(r *results.Result, id string) *results.Result {
	r.ID, r.RunID = id, "of "+id
	return r
}

func TestGateSaysWhatItCantCompare(t *testing.T) {
	t.Parallel()
	alone := gateRun{units: 1, runB: "run-2"}
	for name, c := range map[string]struct {
		run  gateRun
		want string
	}{
		"the same result": {gateRun{changeResults: func(a, b *results.Result) { b.ID = a.ID }}, "gate: id: the baseline and the candidate are the same result, a-run-1"},
		"another schema":  {gateRun{changeResults: func(a, b *results.Result) { a.Schema = "bench.result/v0" }}, "gate: schema: the baseline redis:7.4 of 2026-11-23 15:04 has bench.result/v0 and "},
		"another scenario": {gateRun{changeResults: func(a, b *results.Result) {
			b.Scenario = []byte(strings.Replace(string(b.Scenario), "10000", "500", 1))
		}}, "gate: scenario.sessions: the baseline redis:7.4 of 2026-11-23 15:04 has 10000 and redis:8 of 2026-11-23 15:04 has 500"},
		"another client":  {unlike(alone, func(a, b *results.Result) { b.Target.Client = "native" }), "gate: target.client: "},
		"another network": {unlike(alone, func(a, b *results.Result) { b.Target.Network = "bridge" }), "gate: target.network: "},
		"another load":    {unlike(alone, func(a, b *results.Result) { b.Rounds[0].Load.Mode = "open" }), "gate: load.mode: "},
		"another shard":   {unlike(alone, func(a, b *results.Result) { b.Shard = &results.Shard{Index: 1, Count: 2} }), "gate: shard: "},
		"a limit of what neither has": {
			unlike(alone, func(a, b *results.Result) {
				for _, r := range []*results.Result{a, b} {
					r.Rounds[0].Resources = results.Resources{}
					r.Rounds[0].Unavailable = map[string]string{"resources.client": "no such file"}
				}
				a.Summary, b.Summary = a.Rounds[0].Figures, b.Rounds[0].Figures
			}), "gate: the limit cpu=10%: redis:7.4 has no such figure: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := c.run.build()
			var o GateOptions
			if strings.HasPrefix(name, "a limit") {
				o.Limits = mustLimits("cpu=10%")
			}
			_, err := Gate([]*results.Result{a}, []*results.Result{b}, o)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func unlike(g gateRun, change func(a, b *results.Result)) gateRun {
	g.changeResults = change
	return g
}

func TestGateTakesWhatTargetsOfOneRunHaveUnlikeForTheExperiment(t *testing.T) {
	t.Parallel()
	v := unlike(gateRun{}, func(a, b *results.Result) {
		b.Target.Client, b.Target.Network = "native", "bridge"
		b.Target.Settings = map[string]string{"appendonly": "yes"}
	}).decide(t, GateOptions{})
	if got, want := v.settingsInWords(), "client express → native, network loopback → bridge, image redis:7.4 → redis:8, appendonly no → yes"; got != want || v.Outcome != GatePass {
		t.Errorf("%s: they differ in %s", v.Outcome, got)
	}
}

func TestGateOfAnotherHostJudgesOnlyWhatSurvivesIt(t *testing.T) {
	t.Parallel()
	elsewhere := func(change func(a, b *results.Result)) gateRun {
		return unlike(gateRun{units: 1, runB: "run-2"}, change)
	}
	for field, change := range map[string]func(a, b *results.Result){
		"host.name":        func(a, b *results.Result) { b.Host.Name = "ci-2" },
		"host.kernel":      func(a, b *results.Result) { b.Host.Kernel = "6.9.0" },
		"host.cores":       func(a, b *results.Result) { b.Host.Cores = 64 },
		"host.nofile_soft": func(a, b *results.Result) { b.Host.NoFileSoft = 256 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			v := elsewhere(change).decide(t, GateOptions{})
			if v.Outcome != GateInconclusive || !strings.Contains(strings.Join(v.Cautions, ""), field) || v.Remedy == "" {
				t.Errorf("%s: %q", v.Outcome, v.Cautions)
			}
			v = elsewhere(change).decide(t, GateOptions{AllowDifferentHost: true})
			if v.Outcome != GatePass || metricOf(t, v, "p50").Reason != "another host" {
				t.Errorf("allowed: %s: %q", v.Outcome, v.Cautions)
			}
			lost := func(a, b *results.Result) { change(a, b); b.Rounds[0].Violations.Lost = 2 }
			if v = elsewhere(lost).decide(t, GateOptions{AllowDifferentHost: true}); v.Outcome != GateFail {
				t.Errorf("with lost sessions: %s", v.Outcome)
			}
			drift := .02
			if v = elsewhere(change).decide(t, GateOptions{AllowDifferentHost: true, AssumeDrift: &drift}); v.Outcome != GatePass || metricOf(t, v, "p50").Verdict != Same {
				t.Errorf("with an assumed drift: %s, %+v", v.Outcome, metricOf(t, v, "p50"))
			}
		})
	}
}

func TestGateNeverMixesGrades(t *testing.T) {
	t.Parallel()
	a, b := gateRun{units: 12}.build()
	earlier := history(throughputs...)
	v := gateOf(t, append(earlier, a), b, GateOptions{})
	if v.Grade != GradePaired || v.Baseline.ID != a.ID || v.Baseline.Results != 1 || !strings.Contains(strings.Join(v.Notes, ""), "8 baselines left out: took no turns") {
		t.Errorf("%s against %s: %q", v.Grade, v.Baseline.ID, v.Notes)
	}
	mixed := history(throughputs...)
	mixed[7].Host.Name, mixed[6].Scenario = "ci-9", []byte(`{"name":"other"}`)
	b = runAt(9, 24900, 0)
	v = gateOf(t, append(mixed, mixed[0], b), b, GateOptions{})
	if v.Grade != GradeHistory || v.Baseline.Results != 6 || len(v.Notes) != 3 {
		t.Errorf("%s of %d: %q", v.Grade, v.Baseline.Results, v.Notes)
	}
	v = gateOf(t, mixed[:3], b, GateOptions{})
	if v.Grade != GradeLone || !strings.Contains(strings.Join(v.Notes, ""), "3 earlier results are no history yet") {
		t.Errorf("%s: %q", v.Grade, v.Notes)
	}
}

func TestGateOfNothingMeasuredCantTell(t *testing.T) {
	t.Parallel()
	v := unlike(gateRun{units: 1, runB: "run-2"}, func(a, b *results.Result) {
		a.Rounds, a.Summary, a.Interrupted = nil, results.Figures{}, true
	}).decide(t, GateOptions{})
	if v.Outcome != GateInconclusive || !strings.Contains(strings.Join(v.Cautions, "; "), "redis:7.4 has no rounds: nothing was measured; redis:7.4 was interrupted") {
		t.Errorf("%s: %q", v.Outcome, v.Cautions)
	}
}

func TestGateWithoutABaselineLetsTheFirstPass(t *testing.T) {
	t.Parallel()
	b := runAt(1, 24000, 0)
	if _, err := Gate(nil, []*results.Result{b}, GateOptions{}); err == nil {
		t.Error("no baseline is none")
	}
	v := gateOf(t, nil, b, GateOptions{First: true})
	if v.Outcome != GatePass || v.Grade != GradeFirst || v.Text != "there is no baseline yet, and redis may be the first" {
		t.Errorf("%s, %s", v.Outcome, v.Text)
	}
	b.Interrupted = true
	if v = gateOf(t, nil, b, GateOptions{First: true}); v.Outcome != GateInconclusive {
		t.Errorf("interrupted: %s", v.Outcome)
	}
	b.Rounds[0].Violations.Lost = 1
	if v = gateOf(t, nil, b, GateOptions{First: true}); v.Outcome != GateFail || v.Text != "redis breaks promises" {
		t.Errorf("with a lost session: %s, %s", v.Outcome, v.Text)
	}
}

func TestGateAgainstAHistoryOfEqualRunsFailsAtMostOnceInAHundred(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	const gates, sd = 1000, .05
	failed := 0
	for range gates {
		var runs []*results.Result
		for i := range 11 {
			runs = append(runs, runAt(i, 24000*math.Exp(sd*r.NormFloat64()), sd*r.NormFloat64()))
		}
		if gateOf(t, runs[:10], runs[10], GateOptions{}).Outcome == GateFail {
			failed++
		}
	}
	t.Logf("%d of %d fail", failed, gates)
	if failed > mostOf(gates, gateAlpha) {
		t.Errorf("%d of %d equal runs fail", failed, gates)
	}
}

func TestGateOfTwoLoneFilesOfOneBuildDecidesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	const sd = .2 // from run to run, as a shared machine has it
	for range 50 {
		a, b := runAt(1, 24000*math.Exp(sd*r.NormFloat64()), sd*r.NormFloat64()), runAt(2, 24000*math.Exp(sd*r.NormFloat64()), sd*r.NormFloat64())
		if v := gateOf(t, []*results.Result{a}, b, GateOptions{}); v.Outcome != GateInconclusive || v.Remedy == "" {
			t.Fatalf("%s: %s", v.Outcome, v.Remedy)
		}
	}
}
