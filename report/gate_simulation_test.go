package report

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sessionbench/bench/results"
)

// simulated is a metric of simulated gates: its limit, its noise from unit to unit as
// measured on a shared machine (a standard deviation of the log ratio), and by how much
// it is truly worse.
type simulated struct {
	limit string
	sd    float64
	truly float64
}

// equalTargets are the metrics of a closed loop.
func equalTargets() []simulated {
	return []simulated{{"throughput=5%", .05, 0}, {"p50=10%", .08, 0}, {"p95=10%", .10, 0}, {"p99=25%", .20, 0}}
}

// noise makes n values with a deviation of 1.
type noise func(r *rand.Rand, n int) []float64

func normal(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// heavyTails are Student's t with three degrees of freedom.
func heavyTails(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		chi := 0.0
		for range 3 {
			z := r.NormFloat64()
			chi += z * z
		}
		x[i] = r.NormFloat64() / math.Sqrt(chi/3) / math.Sqrt(3)
	}
	return x
}

// autocorrelated is what may be left of the machine's state between neighbouring units
// after pairing: a share phi of a unit's deviation goes on into the next.
func autocorrelated(phi float64) noise {
	return func(r *rand.Rand, n int) []float64 {
		x := normal(r, n)
		for i := 1; i < n; i++ {
			x[i] = phi*x[i-1] + math.Sqrt(1-phi*phi)*x[i]
		}
		return x
	}
}

// bimodal is a host with a neighbour that comes and goes, and takes calm away.
func bimodal(r *rand.Rand, n int) []float64 {
	x := normal(r, n)
	busy := r.IntN(2) == 0
	for i := range x {
		if r.Float64() < .2 {
			busy = !busy
		}
		if busy {
			x[i] *= 2
		}
		x[i] /= math.Sqrt(2.5)
	}
	return x
}

// oneRuined has one unit in which the candidate stood still.
func oneRuined(r *rand.Rand, n int) []float64 {
	x := normal(r, n)
	x[r.IntN(12)] = 40
	return x
}

// drifting is common to both sides but for a remainder that wanders from one to the
// other and back.
func drifting(r *rand.Rand, n int) []float64 {
	x := normal(r, n)
	phase := 2 * math.Pi * r.Float64()
	for i := range x {
		x[i] = .95*x[i] + .4*math.Sin(phase+2*math.Pi*float64(i)/20)
	}
	return x
}

// outcomes counts what simulated gates came to.
type outcomes struct {
	pass, fail, open int
	blamed           map[string]int // failures by metric
	units            int
}

// simulate decides gates by the rule of live ones, on simulated differences.
func simulate(seed uint64, gates int, of noise, metrics []simulated) (o outcomes) {
	o.blamed = map[string]int{}
	r := rand.New(rand.NewPCG(seed, 99))
	looks := looksAt(60, GateOptions{Looks: gateLooks})
	for range gates {
		var trials []*trial
		for _, m := range metrics {
			l := mustLimits(m.limit)[0]
			t := &trial{limit: l, line: gateLine{key: l.Metric}, alpha: gateAlpha / float64(len(metrics)), waits: true}
			for _, x := range of(r, 60) {
				t.d = append(t.d, m.truly+m.sd*x)
			}
			trials = append(trials, t)
		}
		o.add(trials, looks)
	}
	return o
}

func (o *outcomes) add(trials []*trial, looks []look) {
	for _, l := range looks {
		switch lookAtAll(trials, l) {
		case anyWorse:
			o.fail++
			o.units += l.units
			for _, t := range trials {
				if t.worse {
					o.blamed[t.limit.Metric]++
				}
			}
			return
		case allOK:
			o.pass++
			o.units += l.units
			return
		}
	}
	o.open++
	o.units += 60
}

// mostOf is how many of n gates may do what each does with a chance of at most p: three
// deviations above what is to be expected.
func mostOf(n int, p float64) int {
	return int(float64(n)*p + 3*math.Sqrt(float64(n)*p*(1-p)))
}

const simulatedGates = 4000

func TestGateOfEqualTargetsFailsAtMostOnceInAHundred(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   noise
		open float64 // the share that may stay undecided
	}{
		"normal":         {normal, .01},
		"heavy tails":    {heavyTails, .01},
		"drift":          {drifting, .01},
		"autocorrelated": {autocorrelated(.1), .01},
		"bimodal host":   {bimodal, .01},
		"one ruined":     {oneRuined, .01},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := simulate(1, simulatedGates, c.of, equalTargets())
			t.Logf("of %d: %d fail, %d stay open; %.1f units on average", simulatedGates, o.fail, o.open, float64(o.units)/simulatedGates)
			if o.fail > mostOf(simulatedGates, gateAlpha) {
				t.Errorf("%d of %d equal gates fail: %v", o.fail, simulatedGates, o.blamed)
			}
			if o.open > mostOf(simulatedGates, c.open) {
				t.Errorf("%d of %d equal gates can't tell", o.open, simulatedGates)
			}
		})
	}
}

func TestGateFindsARegressionOfTheLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of    noise
		least float64 // the share found
	}{
		"normal": {normal, .985}, "heavy tails": {heavyTails, .985}, "bimodal host": {bimodal, .985}, "one ruined": {oneRuined, .985},
		"drift": {drifting, .97}, "autocorrelated": {autocorrelated(.1), .97},
	} {
		for i, truly := range map[int]float64{0: -math.Log(.95), 1: math.Log(1.10), 3: math.Log(1.25)} {
			metrics := equalTargets()
			metrics[i].truly = truly
			metric := mustLimits(metrics[i].limit)[0].Metric
			t.Run(metric+", "+name, func(t *testing.T) {
				t.Parallel()
				const gates = 500
				o := simulate(2, gates, c.of, metrics)
				t.Logf("%d of %d found, %d stay open; %.1f units on average", o.blamed[metric], gates, o.open, float64(o.units)/gates)
				if least := gates - mostOf(gates, 1-c.least); o.blamed[metric] < least {
					t.Errorf("%d of %d found, not %d", o.blamed[metric], gates, least)
				}
			})
		}
	}
}

// hostOf is the state of a machine, which both targets have in common: a neighbour
// comes and goes, and the clock rate drifts.
func hostOf(r *rand.Rand, n int) []float64 {
	state := make([]float64, n)
	busy, phase := 0.0, 2*math.Pi*r.Float64()
	for i := range state {
		if r.Float64() < .15 {
			busy = .6 - busy
		}
		state[i] = busy + .2*math.Sin(phase+float64(i)/15)
	}
	return state
}

// TestGateOfSimulatedRuns goes the way of a live gate, look by look, on whole results:
// with all that is judged, on a host that changes, with errors that come in bursts.
func TestGateOfSimulatedRuns(t *testing.T) {
	t.Parallel()
	const gates = 300
	r := rand.New(rand.NewPCG(3, 3))
	scaled := func(sd float64) []float64 {
		x := heavyTails(r, 60)
		for i := range x {
			x[i] *= sd
		}
		return x
	}
	failed, open := 0, 0
	for range gates {
		state := hostOf(r, 60)
		burst := make([][]uint64, 2)
		for i := range burst {
			burst[i] = make([]uint64, 60)
			if r.IntN(10) == 0 { // in every tenth run of a side, one outage of a second
				burst[i][r.IntN(60)] = 50
			}
		}
		a, b := gateRun{
			units: 60, throughput: scaled(.05), p50: scaled(.08), p95: scaled(.10), p99: scaled(.20),
			clientCPU: scaled(.10), serverCPU: scaled(.10), failuresA: burst[0], failuresB: burst[1],
			change: func(i int, a, b *results.Round) {
				for _, side := range []*results.Round{a, b} {
					o := side.Operations["all"]
					o.ThroughputPerSecond *= math.Exp(-state[i])
					for _, p := range []*int64{o.WithFailures.P50, o.WithFailures.P95, o.WithFailures.P99} {
						*p = int64(float64(*p) * math.Exp(state[i]))
					}
				}
			},
		}.build()
		switch v := liveGate(t, a, b); v.Outcome {
		case GateFail:
			failed++
		case GateInconclusive:
			open++
		}
	}
	t.Logf("of %d: %d fail, %d stay open", gates, failed, open)
	if failed > mostOf(gates, gateAlpha*(1+costShare)) || open > mostOf(gates, .01) {
		t.Errorf("of %d equal gates %d fail and %d can't tell", gates, failed, open)
	}
}

// liveGate judges a run as far as it has come, at each look, until it is decided.
func liveGate(t *testing.T, a, b *results.Result) *GateVerdict {
	t.Helper()
	for _, n := range gateLooks {
		soFarA, soFarB := *a, *b
		soFarA.Rounds, soFarB.Rounds = a.Rounds[:n], b.Rounds[:n]
		v, err := Gate([]*results.Result{&soFarA}, []*results.Result{&soFarB}, GateOptions{Looks: gateLooks, Final: n == 60})
		if err != nil {
			t.Fatal(err)
		}
		if v.Decided {
			return v
		}
	}
	t.Fatal("never decided")
	return nil
}
