package stat

import (
	"math"
	"testing"
)

func TestPredictANewValue(t *testing.T) {
	t.Parallel()
	var logs []float64
	for _, throughput := range []float64{24100, 25300, 23800, 26000, 24900, 25500, 24400, 25100} {
		logs = append(logs, -math.Log(throughput)) // a fall is worse
	}
	v := Predict(logs, -math.Log(22000), 0)
	within := func(what string, got, want, by float64) {
		t.Helper()
		if math.Abs(got-want) > by {
			t.Errorf("%s is %.8f, not %.8f", what, got, want)
		}
	}
	within("the deviation", v.SD, .0299203, 5e-8)
	within("t", v.T, 3.873670, 5e-7)
	within("p", v.P, .00305134, 5e-9)
	within("what t must reach", v.Beyond(1./300)/v.Error, 3.805521, 5e-7)
	within("the drop", 1-math.Exp(-(-math.Log(22000)-v.Mean)), .1157, 5e-5)
	within("the chance of as much again", v.AtLeast(v.T*v.Error), v.P, 1e-12)
}

func TestAFewValuesPredictNothing(t *testing.T) {
	t.Parallel()
	if v := Predict([]float64{1}, 9, 0); v.P != 1 || !math.IsInf(v.Beyond(.05), 1) || v.AtLeast(3) != 1 {
		t.Errorf("%+v", v)
	}
	if v := Predict([]float64{1, 1, 1}, 1.001, .001); v.P < .1 {
		t.Errorf("values that were rounded to one are taken for exact: %+v", v)
	}
}

func TestUnlikeMeans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b        []float64
		least, most float64
	}{
		"far apart":         {[]float64{1, 1.1, .9, 1, 1.05}, []float64{2, 2.1, 1.9, 2, 2.05}, 0, 1e-6},
		"alike":             {[]float64{1, 2, 3}, []float64{1.1, 2.1, 2.9}, .9, 1},
		"constant, apart":   {[]float64{1, 1}, []float64{2, 2}, 0, 0},
		"constant, as ever": {[]float64{1, 1}, []float64{1, 1}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := Unlike(c.a, c.b); p < c.least || p > c.most {
				t.Errorf("p %v", p)
			}
		})
	}
}
