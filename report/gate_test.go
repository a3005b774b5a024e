package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

// twelveUnits are those of the known answers: all 4096 signs were gone through.
var twelveUnits = []float64{.021, -.008, .034, .012, .045, -.015, .027, .005, .039, .018, -.003, .030}

var gateLooks = []int{12, 18, 27, 40, 60}

func TestGateAtTheFirstLookIsOKAndNotWorse(t *testing.T) {
	t.Parallel()
	v := gateRun{p50: twelveUnits, finer: 1e6}.decide(t, GateOptions{Limits: mustLimits("p50=10%,p95=10%,p99=25%"), Looks: gateLooks})
	m := metricOf(t, v, "p50")
	if m.Verdict != Same || m.OKSince != 12 || m.Arithmetic.TurnedW != 78 || m.Arithmetic.LeastTurned != 69 {
		t.Errorf("not ok: %+v, %+v", m, m.Arithmetic)
	}
	if m.Arithmetic.W != 69 || m.Arithmetic.LeastW != 77 || !equals(m.PWorse, 33./4096) || !equals(m.LevelWorse, 1./1500) {
		t.Errorf("worse: %+v, %+v", m, m.Arithmetic)
	}
	if !equals(m.Estimate, .01775) || !equals(*m.Arithmetic.Low, -.0115) {
		t.Errorf("the estimate is %v, and its lower end %v", m.Estimate, *m.Arithmetic.Low)
	}
	if v.Outcome != GatePass || v.ExitStatus != 0 || !v.Decided || v.Grade != GradePaired || v.Units.Count != 12 {
		t.Errorf("%+v", v)
	}
}

func equals(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestGateFailsAtTheFirstLookWhenAllUnitsAreWorse(t *testing.T) {
	t.Parallel()
	v := gateRun{throughput: same(.08, 60)}.decide(t, GateOptions{Looks: gateLooks})
	if v.Outcome != GateFail || v.ExitStatus != 1 || v.Units.Count != 12 || v.Units.Look != 1 {
		t.Errorf("%s after %d units", v.Outcome, v.Units.Count)
	}
	if m := metricOf(t, v, "throughput"); m.Verdict != Worse || m.WorseIn != 12 || *m.Ratio > .93 || *m.Low > *m.Ratio || *m.High >= 1 {
		t.Errorf("%+v", m)
	}
}

func TestGateGoesOnUntilItIsDecided(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	noise := make([]float64, 60)
	for i := range noise {
		noise[i] = .4 * r.NormFloat64() // far too much for the limit
	}
	for units, decided := range map[int]bool{5: false, 12: false, 30: false, 60: false} {
		v := gateRun{throughput: noise, units: units}.decide(t, GateOptions{Looks: gateLooks})
		if v.Decided != decided || v.Outcome != GateInconclusive {
			t.Errorf("after %d units: %s, decided %v", units, v.Outcome, v.Decided)
		}
	}
	v := gateRun{throughput: noise, units: 60}.decide(t, GateOptions{Looks: gateLooks, Final: true})
	if !v.Decided || v.Outcome != GateInconclusive || v.ExitStatus != 4 || *metricOf(t, v, "throughput").UnitsNeeded < 61 {
		t.Errorf("%s after all units: %+v", v.Outcome, metricOf(t, v, "throughput"))
	}
}
