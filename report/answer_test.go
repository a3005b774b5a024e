package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func TestTheAnswerSaysHowFastAndAtWhatRisk(t *testing.T) {
	t.Parallel()
	build := func(s resultstest.Spec) *results.Result {
		if s.Rounds == 0 {
			s.Rounds = 3
		}
		return resultstest.Build(s)
	}
	redis := resultstest.Spec{Label: "redis", PerSecond: 3000, Durability: "none"}
	postgres := resultstest.Spec{Label: "postgres", Median: time.Millisecond}
	for name, c := range map[string]struct {
		of   []*results.Result
		want []string
	}{
		"a faster one": {[]*results.Result{build(postgres), build(redis)}, []string{
			"redis carries 3.00 times the operations of postgres (3.00 k/s and 1.00 k/s); the other's p99 is 5.00 times as long (3.63 ms and 726 µs).",
			"No promise was broken and nothing failed, in 240,000 operations.",
			"In a crash, as configured: redis loses everything; postgres loses nothing that was acknowledged.",
			"Processor time of an operation, client + server: postgres 20.0 µs + 12.0 µs, redis 20.0 µs + 12.0 µs.",
		}},
		"a slower one": {[]*results.Result{build(redis), build(postgres)}, []string{
			"redis carries 3.00 times the operations of postgres (3.00 k/s and 1.00 k/s); the other's p99 is 5.00 times as long (3.63 ms and 726 µs).",
		}},
		"equal ones": {[]*results.Result{build(resultstest.Spec{Label: "a"}), build(resultstest.Spec{Label: "b"})}, []string{
			"a and b carry the same (1.00 k/s and 1.00 k/s); the p99 are the same (726 µs and 726 µs).",
		}},
		"too few rounds": {[]*results.Result{build(resultstest.Spec{Label: "a", Rounds: 1}), build(resultstest.Spec{Label: "b", Rounds: 1, PerSecond: 1100})}, []string{
			"Whether a or b carries more can't be told (1.00 k/s and 1.10 k/s; too few rounds to measure the noise between them; less than a factor of 1.86 (p99 and above: 3.08) may be noise); of the p99 (726 µs and 726 µs) it can't be told.",
		}},
		"one that is dead": {[]*results.Result{build(resultstest.Spec{Label: "a"}), build(resultstest.Spec{Label: "b", Errors: map[string]float64{"refused": 1}})}, []string{
			"b: nothing succeeded.", "Broken: b: 100.0 % of its operations failed.",
		}},
		"one alone": {[]*results.Result{build(resultstest.Spec{Label: "a", Errors: map[string]float64{"timeout": .02}})}, []string{
			"a carries 980/s with a p99 of ∞, as the 99th percentile lies among the 2.0 % failures.", "Broken: a: 2.0 % of its operations failed.",
		}},
		"other traffic": {[]*results.Result{build(resultstest.Spec{Label: "a"}), build(resultstest.Spec{Label: "b", Scenario: resultstest.Scenario("web", 10)})}, []string{
			"These runs did different things, so that no figure of one can be held against another's.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := compared(t, c.of).Answer
			for _, want := range c.want {
				if !slices.Contains(said, want) {
					t.Errorf("it does not say %q, but\n%s", want, strings.Join(said, "\n"))
				}
			}
		})
	}
}
