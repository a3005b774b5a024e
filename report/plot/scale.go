package plot

import "math"

// Scale places values along an axis.
type Scale interface {
	// Place gives where a value lies: 0 at the low end, 1 at the high one, and NaN
	// for NaN. What lies beyond an end is placed at it.
	Place(v float64) float64
	// Ticks are round values from end to end, rising, about as many as asked for at
	// most, and never none.
	Ticks(most int) []float64
}

// Linear is a scale of equal distances.
type Linear struct{ Low, High float64 }

// Log is a scale of equal ratios; both ends are above 0.
type Log struct{ Low, High float64 }

// Percentiles is the scale of HdrHistogram's plots, from 0 to Most (below 100): a
// percentile q lies at log(1/(1-q)), so that each further nine takes as much room as
// the one before.
type Percentiles struct{ Most float64 }

var (
	_ Scale = Linear{}
	_ Scale = Log{}
	_ Scale = Percentiles{}
)

// Place is linear between the ends.
func (s Linear) Place(v float64) float64 { return within((v - s.Low) / (s.High - s.Low)) }

// Place is linear in the logarithm; 0 and less lie at the low end.
func (s Log) Place(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return within(math.Log(v/s.Low) / math.Log(s.High/s.Low))
}

// Place is linear in the number of nines.
func (s Percentiles) Place(q float64) float64 { return within(nines(q) / nines(s.Most)) }

func nines(q float64) float64 { return -math.Log10(max(1e-12, 1-q/100)) }

func within(x float64) float64 {
	if math.IsNaN(x) {
		return x
	}
	return max(0, min(1, x))
}

// Ticks are multiples of 1, 2 or 5 times a power of ten.
func (s Linear) Ticks(most int) []float64 {
	step := roundUp((s.High - s.Low) / float64(max(1, most)))
	if !(step > 0) || math.IsInf(step, 0) {
		return []float64{s.Low}
	}
	var ticks []float64
	for i := math.Ceil(s.Low/step-1e-9) + 0; i*step <= s.High+step*1e-9; i++ {
		ticks = append(ticks, i*step)
	}
	if ticks == nil {
		return []float64{s.Low}
	}
	return ticks
}

// Ticks are 1, 2 and 5 times powers of ten where there is room, else powers alone,
// else every second, third or further one.
func (s Log) Ticks(most int) []float64 {
	low, high := int(math.Floor(math.Log10(s.Low))), int(math.Ceil(math.Log10(s.High)))
	for _, steps := range []struct {
		of    []float64
		every int
	}{{[]float64{1, 2, 5}, 1}, {[]float64{1}, 1}, {[]float64{1}, 2}, {[]float64{1}, 3}, {[]float64{1}, 6}} {
		var ticks []float64
		for power := low; power <= high; power++ {
			for _, m := range steps.of {
				v := m * math.Pow10(power)
				if power%steps.every == 0 && v >= s.Low*(1-1e-9) && v <= s.High*(1+1e-9) {
					ticks = append(ticks, v)
				}
			}
		}
		if len(ticks) > 0 && len(ticks) <= max(2, most) {
			return ticks
		}
	}
	return []float64{s.Low}
}

// Ticks are 0, 50, 90, 99 and so on, without 0 where there is little room.
func (s Percentiles) Ticks(most int) []float64 {
	all := []float64{0, 50}
	for missing := 10.0; 100-missing <= s.Most+1e-9; missing /= 10 {
		all = append(all, math.Round((100-missing)*1e9)/1e9)
	}
	if len(all) > most {
		return all[1:]
	}
	return all
}

// RoundOut is the narrowest logarithmic scale with round ends (1, 2 or 5 times a
// power of ten) that has both values in it.
func RoundOut(low, high float64) Log {
	s := Log{roundDown(low), roundUp(high)}
	if s.High <= s.Low*1.0001 {
		s.Low, s.High = roundDown(s.Low*.9), roundUp(s.High*1.1)
	}
	return s
}

// roundUp gives the least of 1, 2 and 5 times a power of ten that is not less.
func roundUp(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return x
	}
	power := math.Pow10(int(math.Floor(math.Log10(x))))
	for _, m := range []float64{1, 2, 5} {
		if x <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// roundDown gives the greatest of 1, 2 and 5 times a power of ten that is not more.
func roundDown(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return x
	}
	power := math.Pow10(int(math.Floor(math.Log10(x))))
	for _, m := range []float64{5, 2, 1} {
		if x >= m*power*(1-1e-9) {
			return m * power
		}
	}
	return power
}

// FromZero is a linear scale from 0 with a round end that has the value in it.
func FromZero(most float64) Linear {
	if !(most > 0) || math.IsInf(most, 0) {
		return Linear{0, 1}
	}
	step := roundUp(most / 5)
	return Linear{0, step * math.Ceil(most/step*(1-1e-9))}
}
