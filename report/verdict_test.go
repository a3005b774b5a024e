package report

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// measured is a result whose rounds had these operations a second.
func measured(label string, perSecond ...float64) *results.Result {
	r := resultstest.Build(resultstest.Spec{Label: label, Rounds: len(perSecond)})
	sum := 0.0
	for i, v := range perSecond {
		r.Rounds[i].Operations["all"].ThroughputPerSecond = v
		sum += v
	}
	r.Summary.Operations["all"].ThroughputPerSecond = sum / float64(len(perSecond))
	return r
}

func throughputOf(t *testing.T, a, b *results.Result) (Figure, Basis) {
	t.Helper()
	c := compared(t, []*results.Result{a, b})
	return c.Rows[1].Figures["throughput"], c.Rows[1].Basis
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6*math.Abs(b) }

func TestPairedRoundsGiveTheIntervalOfStudentsT(t *testing.T) {
	t.Parallel()
	f, b := throughputOf(t, measured("a", 1000, 500, 2000), measured("b", 2000, 1100, 3800))
	// The ratios are 2, 2.2 and 1.9, however the machine's state changed from pair to
	// pair; t(0.975) with two degrees of freedom is 4.302653 (any table).
	logs := []float64{math.Log(2), math.Log(2.2), math.Log(1.9)}
	mean := (logs[0] + logs[1] + logs[2]) / 3
	variance := 0.0
	for _, x := range logs {
		variance += (x - mean) * (x - mean) / 2
	}
	half := 4.302653 * math.Sqrt(variance/3)
	if b.Kind != Paired || b.Pairs != 3 || b.Remedy != "" {
		t.Errorf("%+v", b)
	}
	if f.Verdict != Faster || !near(*f.Ratio, math.Exp(mean)) || !near(f.Interval.Low, math.Exp(mean-half)) || !near(f.Interval.High, math.Exp(mean+half)) {
		t.Errorf("%v in %+v: %s; want %v in %v to %v", *f.Ratio, f.Interval, f.Verdict, math.Exp(mean), math.Exp(mean-half), math.Exp(mean+half))
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		b    []float64
		want Verdict
	}{
		"more operations":                     {[]float64{1500, 1510, 1490, 1500}, Faster},
		"fewer":                               {[]float64{700, 690, 710, 700}, Slower},
		"as many":                             {[]float64{1001, 999, 1002, 998}, Same},
		"a sure difference of no account":     {[]float64{1015, 1015.1, 1014.9, 1015}, Same},
		"more on average, and fewer in some":  {[]float64{1500, 800, 1600, 900}, CantTell},
		"as many on average, and all over it": {[]float64{1500, 667, 1400, 714}, CantTell},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f, _ := throughputOf(t, measured("a", 1000, 1000, 1000, 1000), measured("b", c.b...)); f.Verdict != c.want {
				t.Errorf("%s: ratio %v in %+v", f.Verdict, *f.Ratio, f.Interval)
			}
		})
	}
}

func TestTimesAreFasterWhenTheyAreLess(t *testing.T) {
	t.Parallel()
	slow := resultstest.Build(resultstest.Spec{Label: "slow", Rounds: 3, Median: 1e6})
	fast := resultstest.Build(resultstest.Spec{Label: "fast", Rounds: 3})
	c := compared(t, []*results.Result{slow, fast})
	for key, want := range map[string]Verdict{"p50": Faster, "p99": Faster, "success_p99": Faster, "max": Faster, "client_cpu": Same, "errors": "", "client_fds": ""} {
		if got := c.Rows[1].Figures[key].Verdict; got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for _, p := range c.Parts {
		if p.Name == "read" || p.Name == "get" {
			if f := p.Figures[1]["p50"]; f.Verdict != Faster || p.Figures[0]["p50"].Verdict != "" {
				t.Errorf("%s %s: %+v", p.Kind, p.Name, f)
			}
		}
	}
}

func TestFewRoundsAndOtherRunsTellOnlyWhatIsBeyondAllNoise(t *testing.T) {
	t.Parallel()
	otherRun := measured("b", 1500, 1500, 1500)
	otherRun.RunID = "run-2"
	muchFaster := measured("b", 3000, 3000, 3000)
	muchFaster.RunID = "run-2"
	otherHost := measured("b", 3000, 3000, 3000)
	otherHost.Host.Name = "shop-2"
	for name, c := range map[string]struct {
		b    *results.Result
		want Verdict
		kind BasisKind
		why  string
	}{
		"one round":                 {measured("b", 1500), CantTell, Assumed, "too few rounds"},
		"one round, three times":    {measured("b", 3000), Faster, Assumed, "too few rounds"},
		"another run":               {otherRun, CantTell, Assumed, "another run"},
		"another run, three times":  {muchFaster, Faster, Assumed, "another run"},
		"another host, three times": {otherHost, CantTell, Elsewhere, "another machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, b := throughputOf(t, measured("a", 1000, 1000, 1000), c.b)
			if f.Verdict != c.want || b.Kind != c.kind || !strings.HasPrefix(b.Text, c.why) {
				t.Errorf("%s, ratio %v in %+v; %+v", f.Verdict, *f.Ratio, f.Interval, b)
			}
			if b.Remedy != "bench --store=redis,redis --scenario=web --rounds=6" {
				t.Errorf("the remedy is %q", b.Remedy)
			}
		})
	}
}

func TestComparisonsRemedyHasTheTrafficThatRan(t *testing.T) {
	t.Parallel()
	a, b := measured("a", 1000), measured("b", 1500)
	for _, r := range []*results.Result{a, b} {
		r.Scenario, r.Target.Client = webAt(t, 1500, 20), "native"
	}
	b.Target.Text = "redis=redis://one&two/"
	_, basis := throughputOf(t, a, b)
	if want := "bench '--store=redis,redis=redis://one&two/' --scenario=web --rounds=6 --rate=1500/s --sessions=20 --client=native"; basis.Remedy != want {
		t.Errorf("the remedy is %q", basis.Remedy)
	}
}

// Of equal targets, whose pairs have much in common and some noise of their own, one
// in twenty may be called different.
func TestEqualTargetsAreSeldomCalledDifferent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const trials = 4000
	column := Column{Key: "throughput", Unit: PerSecond, Better: Higher}
	for _, pairs := range []int{3, 6, 12} {
		wrong, missed := 0, 0
		for range trials {
			var equal, half []float64
			for range pairs {
				noise := 0.15 * random.NormFloat64()
				equal, half = append(equal, noise), append(half, noise-math.Ln2)
			}
			var f Figure
			f.compare(column, 1, Basis{Kind: Paired, Pairs: pairs}, equal)
			if f.Verdict == Faster || f.Verdict == Slower {
				wrong++
			}
			f.compare(column, .5, Basis{Kind: Paired, Pairs: pairs}, half)
			if f.Verdict != Slower {
				missed++
			}
		}
		if share := float64(wrong) / trials; share > .06 {
			t.Errorf("%d pairs: %.3f of the equal ones are called different", pairs, share)
		}
		if share := float64(missed) / trials; pairs >= 6 && share > .01 {
			t.Errorf("%d pairs: of those that are half as fast %.3f are missed", pairs, share)
		}
	}
}

func TestFailuresBeyondAPercentileLeaveNothingToCompare(t *testing.T) {
	t.Parallel()
	a := resultstest.Build(resultstest.Spec{Label: "a", Rounds: 3})
	b := resultstest.Build(resultstest.Spec{Label: "b", Rounds: 3, Errors: map[string]float64{"timeout": .02}})
	c := compared(t, []*results.Result{a, b})
	if f := c.Rows[1].Figures["p99"]; f.Ratio != nil || f.Verdict != "" || !f.Unbounded {
		t.Errorf("%+v", f)
	}
	if f := c.Rows[1].Figures["success_p99"]; f.Verdict != Same {
		t.Errorf("the successes' own: %+v", f)
	}
}
