package plot

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestScalesPlaceTheirEndsAndWhatIsBetween(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		scale Scale
		v     float64
		want  float64
	}{
		{"linear low", Linear{10, 20}, 10, 0},
		{"linear middle", Linear{10, 20}, 15, .5},
		{"linear beyond", Linear{10, 20}, 99, 1},
		{"linear below", Linear{10, 20}, -99, 0},
		{"log low", Log{1, 10000}, 1, 0},
		{"log middle", Log{1, 10000}, 100, .5},
		{"log of nothing", Log{1, 10000}, 0, 0},
		{"log of less than nothing", Log{1, 10000}, -1, 0},
		{"percentile 0", Percentiles{99.99}, 0, 0},
		{"percentile 90", Percentiles{99.99}, 90, .25},
		{"percentile 99", Percentiles{99.99}, 99, .5},
		{"percentile 99.9", Percentiles{99.99}, 99.9, .75},
		{"percentile 99.99", Percentiles{99.99}, 99.99, 1},
		{"percentile 100", Percentiles{99.99}, 100, 1},
	} {
		if got := c.scale.Place(c.v); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v lies at %v, want %v", c.name, c.v, got, c.want)
		}
	}
	for _, s := range []Scale{Linear{0, 1}, Log{1, 10}, Percentiles{99}} {
		if !math.IsNaN(s.Place(math.NaN())) {
			t.Errorf("%T: NaN has a place", s)
		}
	}
}

func TestTicksAreRoundAndFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		scale Scale
		most  int
		want  []float64
	}{
		{"tens", Linear{0, 60}, 6, []float64{0, 10, 20, 30, 40, 50, 60}},
		{"few", Linear{0, 60}, 2, []float64{0, 50}},
		{"across zero", Linear{-3, 20}, 5, []float64{0, 5, 10, 15, 20}},
		{"no room", Linear{0, 60}, 0, []float64{0}},
		{"no width", Linear{7, 7}, 5, []float64{7}},
		{"not a number", Linear{math.NaN(), 7}, 5, []float64{math.NaN()}},
		{"within a decade", Log{1, 10}, 5, []float64{1, 2, 5, 10}},
		{"decades", Log{1e3, 1e6}, 5, []float64{1e3, 1e4, 1e5, 1e6}},
		{"every second decade", Log{1, 1e8}, 5, []float64{1, 1e2, 1e4, 1e6, 1e8}},
		{"a sliver", Log{1.1, 1.2}, 5, []float64{1.1}},
		{"percentiles", Percentiles{99.99}, 9, []float64{0, 50, 90, 99, 99.9, 99.99}},
		{"percentiles with little room", Percentiles{99.99}, 4, []float64{50, 90, 99, 99.9, 99.99}},
	} {
		got := c.scale.Ticks(c.most)
		if len(got) == 1 && math.IsNaN(got[0]) && math.IsNaN(c.want[0]) {
			continue
		}
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if first := (Linear{0, 60}).Ticks(6)[0]; math.Signbit(first) {
		t.Error("the first tick is -0")
	}
}

func TestScalesHaveRoundEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want Scale }{
		{RoundOut(1234, 98765), Log{1000, 100000}},
		{RoundOut(230, 450), Log{200, 500}},
		{RoundOut(100, 100), Log{50, 200}},
		{FromZero(5980), Linear{0, 6000}},
		{FromZero(100), Linear{0, 100}},
		{FromZero(1), Linear{0, 1}},
		{FromZero(0), Linear{0, 1}},
		{FromZero(math.Inf(1)), Linear{0, 1}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
}

func TestLabelsAreMovedApartAndStayInOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		wanted, want []float64
	}{
		{"none", nil, []float64{}},
		{"far apart", []float64{80, 20}, []float64{80, 20}},
		{"on one another", []float64{50, 50, 50}, []float64{50, 60, 70}},
		{"at the low end", []float64{-5, 2}, []float64{0, 10}},
		{"at the high end", []float64{99, 100, 100}, []float64{80, 90, 100}},
		{"more than there is room for", []float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5},
			[]float64{0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100}},
	} {
		if got := Spread(c.wanted, 10, 0, 100); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
