package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// v1 are twelve differences whose figures were found by going through all 4096 signs.
var v1 = []float64{.021, -.008, .034, .012, .045, -.015, .027, .005, .039, .018, -.003, .030}

func less(from float64, d []float64) []float64 {
	var all []float64
	for _, x := range d {
		all = append(all, from-x)
	}
	return all
}

func TestSignedRanksAreThoseOfAllSigns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d []float64
		w float64
		p float64
	}{
		"twelve":                      {v1, 69, 33. / 4096},
		"twelve, other signs":         {less(0, v1), 9, 4071. / 4096},
		"twelve against .04":          {less(.04, v1), 76, 3. / 4096},
		"twelve against 10 %":         {less(.09531, v1), 78, 1. / 4096},
		"equal sizes share ranks":     {[]float64{1, 1, 1, -1, 2}, 12.5, 5. / 32},
		"a zero keeps its rank":       {[]float64{0, 1, 2, -3, 4}, 10, 5. / 16},
		"only zeros":                  {[]float64{0, 0, 0}, 0, 1},
		"one":                         {[]float64{.2}, 1, .5},
		"none":                        {nil, 0, 1},
		"all worse beyond any number": {[]float64{1e6, 1e6, 1e6, 1e6}, 10, 1. / 16},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := SignedRanks(c.d)
			if got.W != c.w || !near(got.P, c.p) || !got.Exact || got.N != len(c.d) {
				t.Errorf("%+v, not W %v, p %v", got, c.w, c.p)
			}
		})
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Max(1, math.Abs(b)) }

// bySigns goes through all signs.
func bySigns(d []float64) float64 {
	ranks := Ranks(d)
	observed := 0.0
	for i, x := range d {
		if x > 0 {
			observed += ranks[i]
		}
	}
	reached := 0
	for signs := range 1 << len(d) {
		sum := 0.0
		for i := range d {
			if signs>>i&1 == 1 {
				sum += ranks[i]
			}
		}
		if sum >= observed {
			reached++
		}
	}
	return float64(reached) / float64(int(1)<<len(d))
}

func TestSignedRanksAgreeWithGoingThroughAllSigns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		d := make([]float64, 1+r.IntN(10))
		for i := range d {
			d[i] = float64(r.IntN(9) - 3) // many equal, and zeros
		}
		if got, want := SignedRanks(d).P, bySigns(d); !near(got, want) {
			t.Fatalf("%v: p %v, not %v", d, got, want)
		}
	}
}

func TestBeyondTheExactTheNormalApproximationIsSaidAndNear(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	d := make([]float64, mostExact)
	for i := range d {
		d[i] = r.NormFloat64() + .12
	}
	exact := SignedRanks(d)
	doubled := doubledRanks(d)
	all := mostExact * (mostExact + 1)
	if approximate := normalAtLeast(doubled, int(2*exact.W), all); math.Abs(math.Log(approximate/exact.P)) > .05 {
		t.Errorf("p %v, and exactly %v", approximate, exact.P)
	}
	if more := SignedRanks(append(d, .3)); more.Exact || more.N != mostExact+1 {
		t.Errorf("%+v is told as exact", more)
	}
	near, ok := LeastW(mostExact+1, .01)
	at, _ := LeastW(mostExact, .01)
	if !ok || near <= at || near > at+400 {
		t.Errorf("the least W goes from %d to %d", at, near)
	}
}

func TestTheLeastWAtTheLevelsOfALook(t *testing.T) {
	t.Parallel()
	looks := []int{12, 18, 27, 40, 60}
	before := 0
	for i, n := range looks {
		share := float64(n-before) / 60
		before = n
		for m, want := range map[int][]int{
			2: {76, 157, 317, 633, 1309},
			3: {77, 159, 321, 641, 1325},
			4: {77, 160, 323, 647, 1336},
			5: {78, 161, 325, 651, 1344},
		} {
			if got, ok := LeastW(n, .01/float64(m)*share); !ok || got != want[i] {
				t.Errorf("%d metrics fail at %d units from %d on, not %d", m, n, got, want[i])
			}
		}
		if got, ok := LeastW(n, .05*share); !ok || got != []int{69, 144, 290, 580, 1204}[i] {
			t.Errorf("at %d units a metric passes from %d on", n, got)
		}
	}
	if w, ok := LeastW(3, .01); ok {
		t.Errorf("of three, %d is below one in a hundred", w)
	}
	if w, ok := LeastW(12, 1./4096); !ok || w != 78 {
		t.Errorf("all twelve: %d, %v", w, ok)
	}
}
