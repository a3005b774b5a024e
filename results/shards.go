package results

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// roundsOfShards makes one round of the shards' rounds of the same index.
func roundsOfShards(parts []*Result) ([]Round, error) {
	var rounds []Round
	for k := range parts[0].Rounds {
		var same []*Round
		for _, r := range parts {
			same = append(same, &r.Rounds[k])
		}
		round, err := roundOfShards(same)
		if err != nil {
			return nil, fmt.Errorf("rounds[%d]: %w", k, err)
		}
		rounds = append(rounds, round)
	}
	return rounds, nil
}

func roundOfShards(parts []*Round) (Round, error) {
	first := parts[0]
	whole := Round{Index: first.Index, Pair: first.Pair, StartedAt: first.StartedAt}
	var figures []*Figures
	for _, r := range parts {
		figures = append(figures, &r.Figures)
		if r.StartedAt.Before(whole.StartedAt) {
			whole.StartedAt = r.StartedAt
		}
		if r.Pair == nil || whole.Pair == nil || *r.Pair != *whole.Pair {
			whole.Pair = nil
		}
		whole.WarmupSecs = max(whole.WarmupSecs, r.WarmupSecs)
		whole.Unavailable = firstOf(whole.Unavailable, r.Unavailable)
		whole.Events = append(whole.Events, r.Events...)
	}
	slices.SortStableFunc(whole.Events, func(a, b Event) int { return cmp.Compare(a.Second, b.Second) })
	whole.Steady = steadyOfShards(parts)
	whole.Series = seriesOfShards(parts)
	var err error
	if whole.Phases, err = phasesOfShards(parts); err != nil {
		return Round{}, err
	}
	if whole.Figures, err = combine(figures, sideBySide); err != nil {
		return Round{}, err
	}
	if whole.ServerCalls == nil {
		whole.Unavailable = firstOf(whole.Unavailable, map[string]string{
			"server_calls": "each shard counted the other shards' calls as foreign ones",
		})
	}
	return whole, nil
}

// steadyOfShards is the worst drift of any shard.
func steadyOfShards(parts []*Round) *Steady {
	whole := &Steady{OK: true}
	for _, r := range parts {
		if r.Steady == nil {
			return nil
		}
		whole.OK = whole.OK && r.Steady.OK
		if math.Abs(r.Steady.DriftPercent) > math.Abs(whole.DriftPercent) {
			whole.DriftPercent = r.Steady.DriftPercent
		}
	}
	return whole
}

func phasesOfShards(parts []*Round) ([]Phase, error) {
	var phases []Phase
	for i, phase := range parts[0].Phases {
		var operations []map[string]*Operation
		for n, r := range parts {
			if len(r.Phases) != len(parts[0].Phases) || r.Phases[i].Name != phase.Name {
				return nil, fmt.Errorf("phases: shard %d has others than shard 1", n+1)
			}
			phase.Seconds = max(phase.Seconds, r.Phases[i].Seconds)
			operations = append(operations, r.Phases[i].Operations)
		}
		var err error
		if phase.Operations, err = combineOperations(operations, phase.Seconds); err != nil {
			return nil, fmt.Errorf("phases.%s.%w", phase.Name, err)
		}
		phases = append(phases, phase)
	}
	return phases, nil
}

// seriesOfShards adds up the shards second by second. A second has percentiles
// but no histogram, and percentiles can't be added: p50 and p99 are null, while
// the largest value of all is the largest of the shards'. The server's
// descriptors and what it stores are the same seen by all.
func seriesOfShards(parts []*Round) []Second {
	same := map[int][]Second{}
	for _, r := range parts {
		for _, s := range r.Series {
			same[s.Second] = append(same[s.Second], s)
		}
	}
	var series []Second
	for _, second := range slices.Sorted(maps.Keys(same)) {
		sum := Second{Second: second, Seconds: same[second][0].Seconds}
		clients := make([]*int, len(parts)) // a shard that lacks this second leaves a nil
		for i, s := range same[second] {
			sum.Count += s.Count
			sum.Errors += s.Errors
			sum.Max = higher(sum.Max, s.Max)
			sum.ServerFDs = higher(sum.ServerFDs, s.ServerFDs)
			sum.StoredBytes = higher(sum.StoredBytes, s.StoredBytes)
			sum.DeadRows = higher(sum.DeadRows, s.DeadRows)
			sum.ExpiredPresent = higher(sum.ExpiredPresent, s.ExpiredPresent)
			if i < len(clients) {
				clients[i] = s.ClientFDs
			}
		}
		sum.ClientFDs = sumOfAll(clients)
		series = append(series, sum)
	}
	return series
}

// higher is the larger of two figures of which either may be missing.
func higher[T cmp.Ordered](a, b *T) *T {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// sumOfAll is nil when a part is missing.
func sumOfAll(parts []*int) *int {
	var sum int
	for _, p := range parts {
		if p == nil {
			return nil
		}
		sum += *p
	}
	return &sum
}
