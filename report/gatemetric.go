package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/sessionbench/bench/internal/stat"
)

// GateArithmetic is a line's calculation, to be checked by hand.
type GateArithmetic struct {
	// Differences are the log ratios in the order of their size, with their ranks.
	Differences []float64 `json:"differences,omitempty"`
	Ranks       []float64 `json:"ranks,omitempty"`
	W           float64   `json:"w"`       // the sum of the ranks of those above 0
	LeastW      int       `json:"least_w"` // that proves it worse; 0: none would
	// Delta is the limit as a log ratio; the turned W is of Delta less the differences.
	Delta       float64 `json:"delta"`
	TurnedW     float64 `json:"turned_w"`
	LeastTurned int     `json:"least_turned"` // that excludes the limit
	Exact       bool    `json:"exact"`        // false: by the normal approximation
	// Means is how many means of two differences there are; the estimate is their
	// median, and Low and High are the bounds as log ratios; null: there is none.
	Means int      `json:"means"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	// Of runs: the logarithms of the earlier ones, of which more is worse, with their
	// mean, and the deviation of a run; and the new one's.
	Earlier []float64 `json:"earlier,omitempty"`
	Mean    *float64  `json:"mean,omitempty"`
	SD      *float64  `json:"sd,omitempty"`
	Value   *float64  `json:"value,omitempty"`
}

// metric is the trial's line of the verdict.
func (t *trial) metric(units []gatePair) GateMetric {
	d := t.d[:t.at.units]
	means := stat.NewWalsh(d)
	low, high := t.bounds(means)
	m := t.figures(units)
	m.PWorse, m.LevelWorse = t.worseTest.P, t.levelWorse
	m.POK, m.LevelOK = t.okTest.P, t.levelOK
	m.Estimate = means.Estimate()
	m.setRatios(m.Estimate, low, high)
	m.WorseIn, _, _ = stat.Signs(d)
	m.Of = len(d)
	m.OKSince = t.okAt
	m.setVerdict(t.worse, t.okAt > 0, high)
	m.setNoise(t, means)
	m.Arithmetic = t.arithmetic(d, low, high)
	return m
}

// figures is the line before anything is judged.
func (t *trial) figures(units []gatePair) GateMetric {
	m := GateMetric{Metric: t.line.key, Unit: t.line.unit, Limit: t.limit.Share, LimitRatio: t.limit.ratio(), Waits: t.waits, Verdict: CantTell}
	var a, b []Figure
	for _, u := range units {
		a, b = append(a, t.line.of(&u.a.Figures)), append(b, t.line.of(&u.b.Figures))
	}
	if len(units) > 0 {
		m.Baseline, m.Candidate = gateFigure(median(t.line, a)), gateFigure(median(t.line, b))
	}
	return m
}

// bounds are those of the range shown, at the levels decided at. Differences of equal
// size can set them a step aside of what the tests say: the tests decide, and each
// bound is put on the side of 0, or of the limit, where its test has it.
func (t *trial) bounds(means stat.Walsh) (low, high float64) {
	levelOK, delta := gateBeta*t.at.share, t.limit.delta()
	low, high = means.Lower(t.levelWorse), means.Upper(levelOK)
	switch proven := t.worseTest.P <= t.levelWorse; {
	case proven && low <= 0:
		low = means.Least(0)
	case !proven:
		low = min(low, 0)
	}
	if t.okAt > 0 && t.okAt < t.at.units { // it passed at an earlier look
		return low, high
	}
	switch {
	case t.okAt > 0 && high >= delta:
		high = means.Most(delta)
	case t.okAt == 0:
		high = max(high, delta)
	}
	return low, high
}

func (m *GateMetric) setVerdict(worse, ok bool, high float64) {
	switch {
	case worse:
		m.Verdict = Worse
	case ok && high < 0:
		m.Verdict = Improved
	case ok:
		m.Verdict = Same
	}
}

// setRatios turns log ratios, of which more is worse, into ratios of the figures.
func (m *GateMetric) setRatios(estimate, low, high float64) {
	if m.Metric == "throughput" {
		estimate, low, high = -estimate, -high, -low
	}
	m.Ratio, m.Low, m.High = ratioOf(estimate), ratioOf(low), ratioOf(high)
}

// ratioOf is none where the log ratio is of no numbers.
func ratioOf(log float64) *float64 {
	if math.IsNaN(log) || math.Abs(log) > beyond/8 {
		return nil
	}
	ratio := math.Exp(log)
	return &ratio
}

// setNoise says what these data could have shown. The estimate's own deviation is read
// from its bounds, which outliers don't stretch.
func (m *GateMetric) setNoise(t *trial, means stat.Walsh) {
	n := float64(t.at.units)
	se := (means.Upper(.05) - means.Lower(.05)) / (2 * stat.Beyond(.05))
	if math.IsInf(se, 0) || se > 10 {
		return
	}
	noise := math.Expm1(se * math.Sqrt(n))
	reach := stat.Beyond(t.alpha) + stat.Beyond(gateBeta)
	floor := math.Expm1(reach * se)
	if m.Metric == "throughput" {
		floor = -math.Expm1(-reach * se)
	}
	m.Noise, m.NoiseFloor = &noise, &floor
	if t.worse || t.okAt > 0 {
		return
	}
	// Where the data reach as far as the limit and yet tell nothing, the truth lies
	// between nothing and the limit: half as many again may tell.
	needed := int(math.Ceil(max(n*math.Pow(reach*se/t.limit.delta(), 2), 1.5*n)))
	m.UnitsNeeded = &needed
}

func (t *trial) arithmetic(d []float64, low, high float64) *GateArithmetic {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(d[a]), math.Abs(d[b])) })
	ranks := stat.Ranks(d)
	a := &GateArithmetic{
		W: t.worseTest.W, Delta: t.limit.delta(), TurnedW: t.okTest.W, Exact: t.worseTest.Exact,
		Means: len(d) * (len(d) + 1) / 2, Low: finite(low), High: finite(high),
	}
	for _, i := range order {
		a.Differences, a.Ranks = append(a.Differences, d[i]), append(a.Ranks, ranks[i])
	}
	if w, ok := stat.LeastW(len(d), t.levelWorse); ok {
		a.LeastW = w
	}
	if w, ok := stat.LeastW(t.okTest.N, t.levelOK); ok {
		a.LeastTurned = w
	}
	return a
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}
