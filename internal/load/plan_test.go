package load

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/sessionbench/bench/scenarios"
)

func TestTheSameSeedGivesTheSameTraffic(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scenarios.Scenario){
		"closed": nil,
		"open": func(s *scenarios.Scenario) {
			s.Load = scenarios.Load{Rate: 500, Arrival: scenarios.Poisson, MaxInFlight: 8}
		},
	} {
		s := web(t, change)
		first, again := Digest(s, 1), Digest(s.Clone(), 1)
		if first != again {
			t.Errorf("%s: the same seed gives different digests", name)
		}
		if Digest(s, 1) == Digest(s, 2) {
			t.Errorf("%s: different seeds give the same digest", name)
		}
		more := s.Clone()
		more.Mix[scenarios.Read]++
		if Digest(s, 1) == Digest(more, 1) {
			t.Errorf("%s: different mixes give the same digest", name)
		}
	}
}

// events of an open loop's schedule, as shard of count sees it.
func scheduled(t *testing.T, s *scenarios.Scenario, shard Shard) []string {
	t.Helper()
	p := newPlan(s, 3, 0, shard)
	r := newReplay(t.Context(), p, &Target{}, 0, options())
	r.start()
	r.zero = 0
	var all []string
	for {
		j, ok := r.next()
		if !ok {
			slices.Sort(all)
			return all
		}
		text := fmt.Sprintf("%012d %v %d", j.due, j.group.classes[:j.group.n], j.group.session)
		if j.short != nil {
			text = fmt.Sprintf("%012d %v %d", j.due, j.kind, j.short.number)
		}
		all = append(all, text)
	}
}

func TestTheUnionOfTheShardsIsTheWholeTraffic(t *testing.T) {
	t.Parallel()
	s := web(t, func(s *scenarios.Scenario) {
		s.Load = scenarios.Load{Rate: 5000, Arrival: scenarios.Poisson, MaxInFlight: 8}
		s.Overlap = 10
	})
	whole := scheduled(t, s, Shard{})
	for _, count := range []int{2, 3, 7} {
		var union []string
		for i := range count {
			part := scheduled(t, s, Shard{i + 1, count})
			if share := float64(len(part)) / float64(len(whole)) * float64(count); share < 0.7 || share > 1.3 {
				t.Errorf("shard %d/%d has %.2f times its share", i+1, count, share)
			}
			union = append(union, part...)
		}
		slices.Sort(union)
		if !slices.Equal(union, whole) {
			t.Errorf("%d shards: %d operations, the whole has %d", count, len(union), len(whole))
		}
	}
}

func TestClosedLoopShardsShareTheLanesAndSessions(t *testing.T) {
	t.Parallel()
	s := web(t, nil)
	for session := range uint32(s.Sessions) {
		owners := 0
		for i := range 3 {
			if newPlanCached(t, s, Shard{i + 1, 3}).mine(session) {
				owners++
			}
		}
		if owners != 1 {
			t.Fatalf("session %d has %d owners", session, owners)
		}
	}
}

var plans = map[Shard]*plan{}

func newPlanCached(t *testing.T, s *scenarios.Scenario, shard Shard) *plan {
	t.Helper()
	if plans[shard] == nil {
		plans[shard] = newPlan(s, 1, 0, shard)
	}
	return plans[shard]
}

// The mix that runs is the one asked for, although logouts and expiries need
// logins.
func TestTheMixThatRunsIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	s := web(t, func(s *scenarios.Scenario) {
		s.Mix = scenarios.Mix{scenarios.Read: 60, scenarios.Write: 10, scenarios.Login: 14, scenarios.Logout: 5, scenarios.Expire: 5, scenarios.Anonymous: 6}
	})
	r := one(t, s, memoryTarget(t), options())
	all := float64(r.Operations["all"].Count)
	for _, k := range scenarios.Kinds() {
		// Expires need ripe sessions, of which a short run has few: they and the
		// logins that make more instead balance each other.
		if k == scenarios.Expire || k == scenarios.Login {
			continue
		}
		got := 100 * float64(r.Operations[k.String()].Count) / all
		if math.Abs(got-s.Mix[k]) > 0.15*s.Mix[k] {
			t.Errorf("%s: %.2f %% instead of %g %%", k, got, s.Mix[k])
		}
	}
}

func TestPopularityIsCappedAndSumsToOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		zipf float64
	}{{10_000, 1.05}, {100, 1}, {64, 2}, {10, 1}, {1, 1}, {5000, 3}} {
		w := weights(c.n, c.zipf)
		sum := 0.0
		for i, x := range w {
			sum += x
			if x > max(busiest, 1/float64(c.n))*(1+1e-9) || i > 0 && x > w[i-1]*(1+1e-9) {
				t.Errorf("%+v: session %d has share %g", c, i, x)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%+v: the shares sum to %g", c, sum)
		}
	}
}

func TestAPickerDrawsInProportion(t *testing.T) {
	t.Parallel()
	w := []float64{0.5, 0.25, 0.125, 0.125}
	p := newPicker(len(w), slices.Clone(w))
	var drawn [4]float64
	const n = 200_000
	for k := range uint64(n) {
		drawn[p.pick(hash(1, k))]++
	}
	for i := range w {
		if got := drawn[i] / n; math.Abs(got-w[i]) > 0.01 {
			t.Errorf("index %d: drawn %.3f of the time instead of %g", i, got, w[i])
		}
	}
}
