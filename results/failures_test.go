package results

import (
	"testing"
)

func ns(v int64) *int64 { return &v }

func same(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// A hundred successes of 1 to 100 ns, each in a bucket of its own.
func hundred(t *testing.T) sample {
	t.Helper()
	values := make([]int64, 100)
	for i := range values {
		values[i] = int64(i + 1)
	}
	return sample{histogramOf(t, values...), 1, 100}
}

func TestFailuresRankAboveEverySuccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failures uint64
		want     WithFailures
	}{
		"none": {0, WithFailures{P50: ns(50), P90: ns(90), P95: ns(95), P99: ns(99), P999: ns(100)}},
		// 102 in all: ranks 51, 92, 97, 101, 102.
		"two": {2, WithFailures{P50: ns(51), P90: ns(92), P95: ns(97), Reason: "the 99th percentile lies among the 2.0 % failures"}},
		// 110 in all: ranks 55, 99, 105.
		"ten": {10, WithFailures{P50: ns(55), P90: ns(99), Reason: "the 95th percentile lies among the 9.1 % failures"}},
		// As many: rank 100 is the last success.
		"half": {100, WithFailures{P50: ns(100), Reason: "the 90th percentile lies among the 50.0 % failures"}},
		"most": {101, WithFailures{Reason: "the 50th percentile lies among the 50.2 % failures"}},
	} {
		s := hundred(t)
		got := NewWithFailures(s.h, s.min, s.max, c.failures)
		c.want.Failures = c.failures
		if !same(got.P50, c.want.P50) || !same(got.P90, c.want.P90) || !same(got.P95, c.want.P95) ||
			!same(got.P99, c.want.P99) || !same(got.P999, c.want.P999) || got.Reason != c.want.Reason || got.Failures != c.failures {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWithoutSuccessThereIsNoPercentile(t *testing.T) {
	t.Parallel()
	if w := NewWithFailures(nil, 0, 0, 3); w.P50 != nil || w.Reason != "nothing succeeded" {
		t.Errorf("%+v", w)
	}
	if w := NewWithFailures(NewHistogram(), 0, 0, 0); w.P50 != nil || w.Reason != "nothing finished" {
		t.Errorf("%+v", w)
	}
}

func TestPercentilesStayWithinTheExactExtremes(t *testing.T) {
	t.Parallel()
	s := sample{histogramOf(t, 1_000_003), 1_000_003, 1_000_003} // its bucket ends at 1,000,447
	if w := NewWithFailures(s.h, s.min, s.max, 0); *w.P50 != 1_000_003 || *w.P999 != 1_000_003 {
		t.Errorf("p50 %d, p99.9 %d", *w.P50, *w.P999)
	}
	d, err := s.distribution()
	if err != nil {
		t.Fatal(err)
	}
	if d.P50 != 1_000_003 || d.Mean != 1_000_003 {
		t.Errorf("%+v", d)
	}
}

func TestDistributionAndWithFailuresAgreeWhenNothingFailed(t *testing.T) {
	t.Parallel()
	for n := int64(1); n < 300; n++ {
		h := NewHistogram()
		for v := int64(1); v <= n; v++ {
			if err := h.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		d, err := NewDistribution(h, 1, n)
		if err != nil {
			t.Fatal(err)
		}
		w := NewWithFailures(h, 1, n, 0)
		if d.P50 != *w.P50 || d.P90 != *w.P90 || d.P95 != *w.P95 || d.P99 != *w.P99 || d.P999 != *w.P999 {
			t.Fatalf("of %d values: %+v and %+v", n, d, w)
		}
	}
}

func TestOperationPercentileTakesResponseTimeInOpenLoop(t *testing.T) {
	t.Parallel()
	o := &Operation{ServiceTime: distributionOf(t, 10, 20, 30), ResponseTime: distributionOf(t, 100, 200, 300)}
	o.WithFailures.Failures = 1
	for q, want := range map[float64]*int64{25: ns(100), 75: ns(300), 76: nil} {
		got, err := o.Percentiles(q)
		if err != nil || !same(got[0].Value, want) {
			t.Errorf("%v: %v %v", q, got, err)
		}
	}
	got, err := o.Percentiles(25, 99.99)
	if err != nil || got[0].Reason != "" || got[1].Reason != "the 99.99th percentile lies among the 25.0 % failures" {
		t.Error(got, err)
	}
}

func TestPercentKeepsSmallShares(t *testing.T) {
	t.Parallel()
	for p, want := range map[float64]string{0: "0", 50: "50.0", 1.04: "1.0", .1: "0.10", .0312: "0.031", .000012: "0.000012", -8.14: "-8.1"} {
		if got := Percent(p); got != want {
			t.Errorf("%v is %s, want %s", p, got, want)
		}
	}
}
