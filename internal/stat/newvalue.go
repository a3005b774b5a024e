package stat

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// NewValue holds one new value against earlier ones of the same normal distribution:
// Student's t of a prediction, with one degree of freedom less than values.
type NewValue struct {
	N        int
	Mean, SD float64
	Error    float64 // by which the difference of a new value from the mean varies
	T        float64
	P        float64 // the chance of a value as high or higher
}

// Predict tells how a new value lies above two or more earlier ones; of fewer it knows
// nothing and P is 1. Values measured to a resolution have at least that deviation:
// that they were once rounded to the same figure doesn't make them exact.
func Predict(values []float64, y, resolution float64) NewValue {
	v := NewValue{N: len(values), P: 1}
	if v.N < 2 {
		v.Mean, v.Error = math.NaN(), math.Inf(1)
		return v
	}
	v.Mean, v.SD = stat.MeanStdDev(values, nil)
	v.SD = max(v.SD, resolution)
	v.Error = v.SD * math.Sqrt(1+1/float64(v.N))
	v.T = (y - v.Mean) / v.Error
	v.P = v.student().Survival(v.T)
	return v
}

// Beyond is how far above the mean a value must lie for a chance of level.
func (v NewValue) Beyond(level float64) float64 {
	if v.N < 2 {
		return math.Inf(1)
	}
	return v.Error * v.student().Quantile(1-level)
}

// AtLeast is the chance that a value lies as far above the mean as x, or further.
func (v NewValue) AtLeast(x float64) float64 {
	if v.N < 2 {
		return 1
	}
	return v.student().Survival(x / v.Error)
}

func (v NewValue) student() distuv.StudentsT {
	return distuv.StudentsT{Sigma: 1, Nu: float64(v.N - 1)}
}

// Normal quantiles and Welch's test, as change points and assumed noise need them.

// Beyond is how many standard deviations above the mean a normal value must lie for a
// chance of level.
func Beyond(level float64) float64 { return distuv.UnitNormal.Quantile(1 - level) }

// Unlike is the two-sided chance of two means as far apart when the true ones are
// equal, by Welch's t, which lets each sample have its own deviation. Each has two
// values or more; where neither varies it is 0 or 1.
func Unlike(a, b []float64) float64 {
	meanA, sdA := stat.MeanStdDev(a, nil)
	meanB, sdB := stat.MeanStdDev(b, nil)
	na, nb := float64(len(a)), float64(len(b))
	va, vb := sdA*sdA/na, sdB*sdB/nb
	switch {
	case meanA == meanB:
		return 1
	case va+vb == 0:
		return 0
	}
	nu := (va + vb) * (va + vb) / (va*va/(na-1) + vb*vb/(nb-1))
	t := math.Abs(meanA-meanB) / math.Sqrt(va+vb)
	return 2 * distuv.StudentsT{Sigma: 1, Nu: nu}.Survival(t)
}

// Chance is that of a normal value so many standard deviations above the mean, or more.
func Chance(above float64) float64 { return distuv.UnitNormal.Survival(above) }
