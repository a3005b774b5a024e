package stat

import "testing"

func TestMoreOften(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, attemptsA, b, attemptsB uint64
		want                       float64
	}{
		"seven, and none before":         {0, 20000, 7, 20000, 1. / 128},
		"twelve, and three before":       {3, 5000, 12, 5000, 9. / 512},
		"of unlike many attempts":        {2, 30000, 9, 20000, .0059244544},
		"none":                           {3, 100, 0, 100, 1},
		"nothing before to hold against": {0, 0, 7, 100, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := MoreOften(c.a, c.attemptsA, c.b, c.attemptsB); !near(got, c.want) {
				t.Errorf("p %.12f, not %.12f", got, c.want)
			}
		})
	}
}

func TestSigns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d                  []float64
		positive, negative int
		p                  float64
	}{
		"all of seven":      {[]float64{1, 1, 2, 3, 1, 1, 9, 0, 0}, 7, 0, 1. / 128},
		"one ruined unit":   {[]float64{0, 0, 9, 0}, 1, 0, .5},
		"as many of either": {[]float64{1, -1}, 1, 1, .75},
		"nothing":           {[]float64{0}, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if positive, negative, p := Signs(c.d); positive != c.positive || negative != c.negative || !near(p, c.p) {
				t.Errorf("%d, %d, p %v", positive, negative, p)
			}
		})
	}
}
