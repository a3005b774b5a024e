package report

import (
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// benchmarks are the lines of Go's benchmark format, by the name in them.
func benchmarks(t *testing.T, rs ...*results.Result) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for line := range strings.Lines(drawnAs(t, compared(t, rs), "gobench", Style{})) {
		if name, figures, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			all[name] = append(all[name], figures)
		}
	}
	return all
}

func TestBenchmarkNamesSayWhatWasMeasured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*results.Result)
	}{
		{"BenchmarkSession/store=redis/client=express/op=read-8", func(*results.Result) {}},
		{"BenchmarkSession/store=redis/client=express/op=read", func(r *results.Result) { r.Host.Cores = 0 }},
		{"BenchmarkSession/store=redis/client=express/label=a_b_c/op=read-8", func(r *results.Result) { r.Label = "a/b c" }},
		{"BenchmarkSession/store=redis/client=express/target=redis:8/op=read-8", func(r *results.Result) { r.Target.Text = "redis:8" }},
		{"BenchmarkSession/store=redis/client=native/target=redis=redis:__h:1_0/label=v-2/op=read-8", func(r *results.Result) {
			r.Target.Client, r.Target.Text, r.Label = "native", "redis=redis://h:1/0", "v-2"
		}},
	} {
		r := resultstest.Build(resultstest.Spec{})
		c.change(r)
		if all := benchmarks(t, r); len(all[c.name]) != 1 {
			t.Errorf("no %s in %v", c.name, all)
		}
	}
}

func TestRepeatsAreSamplesOfOneBenchmarkAndUnlikeSetUpsAreNot(t *testing.T) {
	t.Parallel()
	one, repeat, other := resultstest.Build(resultstest.Spec{}), resultstest.Build(resultstest.Spec{Run: "run-2"}), resultstest.Build(resultstest.Spec{})
	repeat.Target.Endpoint = "redis on 127.0.0.1:40002"
	other.Target.Settings["appendonly"] = "yes"
	all := benchmarks(t, one, other, repeat)
	if n := len(all["BenchmarkSession/store=redis/client=express/op=read-8"]); n != 2 {
		t.Errorf("%d samples of the first, want its own and the repeat's", n)
	}
	if n := len(all["BenchmarkSession/store=redis/client=express/setup=2/op=read-8"]); n != 1 {
		t.Errorf("%d samples of the other set-up", n)
	}
}

func TestOnlyFiguresThatThereAreArePrinted(t *testing.T) {
	t.Parallel()
	failing := resultstest.Build(resultstest.Spec{Errors: map[string]float64{"timeout": .02}})
	const read = "BenchmarkSession/store=redis/client=express/op=read-8"
	figures := benchmarks(t, failing)[read][0]
	for _, unit := range []string{"ns/op", "p99-ns", "p99.9-ns", "null", "NaN", "Inf", "e+"} {
		if strings.Contains(figures, unit) {
			t.Errorf("%s, with two per cent of failures: %s", unit, figures)
		}
	}
	if !strings.HasPrefix(figures, "15600\t") || !strings.Contains(figures, " p95-ns\t764.4 ops/s\t0.02 errors/op") {
		t.Errorf("figures %q", figures)
	}
	dead := resultstest.Build(resultstest.Spec{Errors: map[string]float64{"refused": 1}})
	if got := benchmarks(t, dead)[read]; len(got) != 1 || got[0] != "15600\t0 ops/s\t1 errors/op" {
		t.Errorf("nothing succeeded: %q", got)
	}
	overloaded := resultstest.Build(resultstest.Spec{Open: true})
	overloaded.Summary.Load.Overloaded = true
	if got := benchmarks(t, overloaded)[read]; len(got) != 1 || got[0] != "15600\t780 ops/s\t0 errors/op" {
		t.Errorf("overloaded: %q", got)
	}
	none := resultstest.Build(resultstest.Spec{})
	for _, o := range none.Rounds[0].Operations {
		*o = results.Operation{}
	}
	if got := benchmarks(t, none); len(got) != 0 {
		t.Errorf("nothing ran: %v", got)
	}
}

func TestOtherTrafficIsAnotherConfiguration(t *testing.T) {
	t.Parallel()
	lines := func(spec resultstest.Spec) (traffic string) {
		t.Helper()
		text := drawnAs(t, compared(t, []*results.Result{resultstest.Build(spec)}), "gobench", Style{})
		_, rest, _ := strings.Cut(text, "\ntraffic: ")
		traffic, _, _ = strings.Cut(rest, "\n")
		return traffic
	}
	as := lines(resultstest.Spec{})
	for name, same := range map[string]resultstest.Spec{
		"another seed":   {Seed: 9},
		"another store":  {Store: "file"},
		"another length": {Scenario: strings.Replace(resultstest.Scenario("web", 64), `"20s"`, `"60s"`, 1)},
		"other goals":    {Scenario: strings.Replace(resultstest.Scenario("web", 64), `"20ms"`, `"1ms"`, 1)},
	} {
		if got := lines(same); got != as {
			t.Errorf("%s: traffic %s, want %s", name, got, as)
		}
	}
	for name, other := range map[string]resultstest.Spec{
		"more workers": {Scenario: resultstest.Scenario("web", 65)},
		"a shard":      {Shard: &results.Shard{Index: 1, Count: 2}},
	} {
		if got := lines(other); got == as {
			t.Errorf("%s: the same traffic %s", name, got)
		}
	}
}
