package cli

import (
	"slices"
	"testing"
	"time"
)

func TestABudgetBuysLooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budget, unit time.Duration
		want         []int
	}{
		"a minute":                        {time.Minute, time.Second, []int{12, 18, 27, 40, 60}},
		"two minutes":                     {2 * time.Minute, time.Second, []int{24, 36, 54, 80, 120}},
		"half a minute":                   {30 * time.Second, time.Second, []int{12, 14, 20, 30}},
		"the least":                       {leastBudget, time.Second, []int{12}},
		"whole rounds that are long":      {time.Minute, 4 * time.Second, []int{12, 15}},
		"too few for anything":            {time.Minute, 6 * time.Second, nil},
		"a budget that is no whole units": {12900 * time.Millisecond, time.Second, []int{12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if looks := looksIn(c.budget, c.unit); !slices.Equal(looks, c.want) {
				t.Errorf("%v, not %v", looks, c.want)
			}
		})
	}
}
