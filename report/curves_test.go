package report

import (
	"math"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func curveIn(t *testing.T, r *results.Result) curve {
	t.Helper()
	c, err := curveOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCurvesAgreeWithTheTable(t *testing.T) {
	t.Parallel()
	for _, r := range three() {
		c, all := curveIn(t, r), r.Summary.Operations["all"].WithFailures
		for q, want := range map[float64]*int64{50: all.P50, 90: all.P90, 99: all.P99, 99.9: all.P999} {
			ns, ok := c.at(q)
			if ok != (want != nil) || ok && ns != float64(*want) {
				t.Errorf("%s: the curve has %v, %v at %v, the result %v", r.Target.Text, ns, ok, q, want)
			}
		}
	}
}

func TestCurvesRise(t *testing.T) {
	t.Parallel()
	for _, r := range append(three(), poor()...) {
		last := percentilePoint{-1, 0}
		for _, p := range curveIn(t, r).points {
			if p.q <= last.q || p.ns < last.ns {
				t.Errorf("%s: after %v comes %v", r.Target.Text, last, p)
			}
			last = p
		}
	}
}

func TestFailuresCutTheCurveOff(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Errors: map[string]float64{"timeout": .02}, Median: time.Millisecond})
	c := curveIn(t, r)
	if math.Abs(c.failedFrom-98) > .1 {
		t.Errorf("failures begin at %v, want 98", c.failedFrom)
	}
	if last := c.points[len(c.points)-1]; last.q > c.failedFrom || last.q < 95 {
		t.Errorf("the curve ends at %v", last)
	}
	if _, ok := c.at(99); ok || c.why(99) != "it lies among the failures" {
		t.Errorf("there is a p99 among the failures, or a wrong reason: %s", c.why(99))
	}
}

func TestCurvesEndWhereThereAreTooFewOperations(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{Seconds: 1, PerSecond: 500})
	c := curveIn(t, r)
	if last := c.points[len(c.points)-1]; last.q > 99.9 || last.q < 99 {
		t.Errorf("of 500 operations the curve ends at %v", last)
	}
	if _, ok := c.at(99.99); ok || c.why(99.99) != "there are too few operations to tell" {
		t.Errorf("500 operations tell the p99.99, or a wrong reason: %s", c.why(99.99))
	}
}

func TestNothingMakesNoCurve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    *results.Result
		want string
	}{
		"no operations":     {&results.Result{}, "nothing finished"},
		"nothing succeeded": {poor()[0], "nothing succeeded"},
		"no rounds":         {poor()[1], "nothing finished"},
	} {
		if got := curveIn(t, c.r); len(got.points) > 0 || got.reason != c.want {
			t.Errorf("%s: %d points, %q", name, len(got.points), got.reason)
		}
	}
}

func TestAGarbledHistogramIsAnError(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{})
	r.Summary.Operations["all"].ServiceTime.Histogram = "AAAA"
	if _, err := curveOf(r); err == nil {
		t.Error("no error")
	}
}
