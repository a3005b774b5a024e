package load

import (
	"slices"
	"testing"
)

func TestSlicesReadTheSameForwardsAndBackwards(t *testing.T) {
	t.Parallel()
	for targets := 2; targets <= 4; targets++ {
		s := slicing{targets: targets, length: 20, groups: 50, seed: 9}
		first, pairs := map[int]int{}, map[int]int{}
		for group := range s.groups {
			var owners []int
			for at := range 2 * targets {
				owners = append(owners, s.owner(group*2*targets+at))
			}
			back := slices.Clone(owners)
			slices.Reverse(back)
			if !slices.Equal(owners, back) {
				t.Fatalf("group %d of %d targets: %v", group, targets, owners)
			}
			first[owners[0]]++
			if group%2 == 0 {
				pairs[owners[0]]++
			}
			slices.Sort(owners)
			for i, owner := range owners {
				if owner != i/2 {
					t.Fatalf("group %d of %d targets: slices of %v, not two each", group, targets, owners)
				}
			}
		}
		if half := s.groups / 2; first[0] != half || first[targets-1] != half {
			t.Errorf("%d targets: who begins: %v, not each end as often", targets, first)
		}
		if pairs[0] < 5 || pairs[targets-1] < 5 {
			t.Errorf("%d targets: who begins two groups: %v, not by chance", targets, pairs)
		}
	}
}

func TestAMomentOfATargetIsInASliceOfItsOwn(t *testing.T) {
	t.Parallel()
	s := slicing{targets: 3, length: 20e6, groups: 4, seed: 2}
	for target := range s.targets {
		turn := newTurn(s, target, counted, true)
		turn.begin = 1e9
		last := int64(-1)
		for ns := int64(0); ns < s.own(); ns += 1e6 {
			at := turn.moment(float64(ns) / 1e9)
			if owner := s.owner(int((at - turn.begin) / s.length)); owner != target {
				t.Fatalf("target %d: %d ns of its own are in a slice of target %d", target, ns, owner)
			}
			if at <= last {
				t.Fatalf("target %d: %d ns of its own are at %d, after %d", target, ns, at, last)
			}
			last = at
		}
		if end := turn.moment(float64(s.own()) / 1e9); end < last || end > turn.begin+s.whole() {
			t.Errorf("target %d ends at %d, the unit at %d", target, end, turn.begin+s.whole())
		}
	}
}
