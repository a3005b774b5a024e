package interop

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sessionbench/bench/results"
)

// times are so many times of the same length.
type times struct{ ns, count int64 }

// shape is a distribution of times by what is particular about it.
type shape struct {
	name  string
	times []times
}

// shapes are distributions of many kinds. None is empty: a result has null there.
func shapes() []shape {
	return []shape{
		{"one value", []times{{212_345, 1}}},
		{"zero", []times{{0, 1}}},
		{"1 ns", []times{{1, 1}}},
		{"zero and a few ns", []times{{0, 5}, {1, 3}, {7, 2}}},
		{"uniform", uniform()},
		{"heavy tail", logNormal(200e3, 2, 50_000)},
		{"two modes", append(logNormal(150e3, .1, 2000), logNormal(252e6, .01, 40)...)},
		{"borders of buckets", borders()},
		{"the longest", []times{{1, 1}, {results.HighestTrackable, 1}}},
		{"longer than the longest", []times{{900e3, 998}, {2 * results.HighestTrackable, 2}}},
		{"only longer ones", []times{{3 * results.HighestTrackable, 7}}},
		{"millions", []times{{80e3, 7_654_321}, {81e3, 2_000_003}, {3e6, 98_765}, {4e9, 11}}},
		{"counts beyond 32 bits", []times{{70e3, 3 << 31}, {90e3, 1 << 40}, {5e6, 1 << 33}, {6e9, 12345}}},
	}
}

func uniform() []times {
	var all []times
	for ns := int64(1e3); ns <= 5e6; ns += 1e3 {
		all = append(all, times{ns, 1})
	}
	return all
}

func logNormal(median, sigma float64, n int) []times {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	all := make([]times, n)
	for i := range all {
		all[i] = times{int64(median * math.Exp(sigma*random.NormFloat64())), 1}
	}
	return all
}

// borders are the last and the first values of buckets, where they double their
// width and in between.
func borders() []times {
	var all []times
	for border := int64(2048); border < results.HighestTrackable; border *= 2 {
		for _, b := range []int64{border, border + border/1024*357} {
			all = append(all, times{b - 1, 2}, times{b, 1}, times{b + 1, 3})
		}
	}
	return all
}

// recorded gives the shapes' histograms, and one that all of them merge into.
func recorded(t *testing.T) []histogram {
	t.Helper()
	var all []histogram
	var parts []*results.Distribution
	together := shape{name: "merged"}
	for _, s := range shapes() {
		h := s.histogram(t, s.record(t))
		all = append(all, h)
		parts = append(parts, h.stated)
		together.times = append(together.times, s.times...)
	}
	merged, err := results.MergeDistributions(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, together.histogram(t, merged))
}

// record makes the distribution as a run does: with exact extremes, in which an
// hour is no bound.
func (s shape) record(t *testing.T) *results.Distribution {
	t.Helper()
	h := results.NewHistogram()
	least, most := int64(math.MaxInt64), int64(0)
	for _, v := range s.times {
		least, most = min(least, v.ns), max(most, v.ns)
		if err := h.RecordValues(min(v.ns, results.HighestTrackable), v.count); err != nil {
			t.Fatal(err)
		}
	}
	d, err := results.NewDistribution(h, least, most)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// histogram holds a distribution of these times to what they really are.
func (s shape) histogram(t *testing.T, d *results.Distribution) histogram {
	t.Helper()
	sorted := slices.SortedFunc(slices.Values(s.times), func(a, b times) int { return cmp.Compare(a.ns, b.ns) })
	var count int64
	for _, v := range sorted {
		count += v.count
	}
	if least, most := sorted[0].ns, sorted[len(sorted)-1].ns; d.Min != least || d.Max != most {
		t.Errorf("%s: stated to go from %d to %d, want %d to %d", s.name, d.Min, d.Max, least, most)
	}
	for _, p := range percentiles {
		rank := (p.in10k*count + 9999) / 10_000
		_, last := bucket(min(atRank(sorted, rank), results.HighestTrackable))
		if got, want := p.of(d), within(d, last); got != want {
			t.Errorf("%s: p%s is stated as %d, want %d", s.name, p.text, got, want)
		}
	}
	return histogram{s.name, d, uint64(count)}
}

// atRank gives the time that so many of the times are at most as long as.
func atRank(sorted []times, rank int64) int64 {
	for _, v := range sorted {
		if rank -= v.count; rank <= 0 {
			return v.ns
		}
	}
	return sorted[len(sorted)-1].ns
}
