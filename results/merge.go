package results

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Merge makes one result of the shards of one run, or of repeats of a run.
//
// Shards ran at the same time, each with its own part of the traffic: all of
// them must be there, and the rounds of the same index become one. Repeats are
// put one after the other, their rounds renumbered and no longer paired with
// another target's. Nothing that can be added up is lost; what can't is null.
//
// Unlike results are refused with the field that differs, and so is the same
// result twice. Objectives are left empty: they were judged on the parts, and
// whoever merges judges them again on the summary.
func Merge(parts []*Result) (*Result, error) {
	if len(parts) < 2 {
		return nil, errors.New("merge: give two or more results")
	}
	sharded := parts[0].Shard != nil
	for i, r := range parts {
		if slices.ContainsFunc(parts[:i], func(o *Result) bool { return o.ID == r.ID }) {
			return nil, fmt.Errorf("merge: result %s is given twice", r.ID)
		}
		if (r.Shard != nil) != sharded {
			return nil, errors.New("merge: shard: some results are shards and some are whole")
		}
		if err := alike(parts[0], r); err != nil {
			return nil, fmt.Errorf("merge: %w", err)
		}
	}
	whole := joined(parts)
	var err error
	if sharded {
		parts = slices.SortedFunc(slices.Values(parts), func(a, b *Result) int { return a.Shard.Index - b.Shard.Index })
		if err = completeShards(parts); err == nil {
			whole.Rounds, err = roundsOfShards(parts)
		}
	} else {
		whole.Rounds = roundsOfRepeats(parts)
	}
	if err == nil {
		whole.Summary, err = Summarize(whole.Rounds)
	}
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return whole, nil
}

// alike refuses results that are not of the same experiment.
func alike(a, b *Result) error {
	type field struct {
		name string
		a, b any
	}
	fields := []field{
		{"schema", a.Schema, b.Schema},
		{"target.store", a.Target.Store, b.Target.Store},
		{"target.client", a.Target.Client, b.Target.Client},
		{"target.backend", a.Target.Backend, b.Target.Backend},
		{"target.network", a.Target.Network, b.Target.Network},
		{"target.image", a.Target.Image, b.Target.Image},
		{"target.server_version", a.Target.ServerVersion, b.Target.ServerVersion},
		{"target.durability", a.Target.Durability, b.Target.Durability},
		{"target.tls", a.Target.TLS, b.Target.TLS},
		{"tool.version", a.Tool.Version, b.Tool.Version},
	}
	if a.Shard != nil {
		fields = append(fields, field{"seed", a.Seed, b.Seed}, field{"shard.count", a.Shard.Count, b.Shard.Count})
	}
	for _, f := range fields {
		if f.a != f.b {
			return fmt.Errorf("%s: %s and %s can't be merged", f.name, quoted(f.a), quoted(f.b))
		}
	}
	for name, m := range map[string][2]map[string]string{
		"target.options":  {a.Target.Options, b.Target.Options},
		"target.settings": {a.Target.Settings, b.Target.Settings},
	} {
		if key, differs := firstDifference(m[0], m[1]); differs {
			return fmt.Errorf("%s.%s: %q and %q can't be merged", name, key, m[0][key], m[1][key])
		}
	}
	return sameScenario(a, b)
}

func quoted(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}

func firstDifference(a, b map[string]string) (string, bool) {
	for _, m := range []map[string]string{a, b} {
		for _, k := range keysOf(m) {
			if a[k] != b[k] {
				return k, true
			}
		}
	}
	return "", false
}

func sameScenario(a, b *Result) error {
	var x, y map[string]any
	if err := cmp.Or(json.Unmarshal(a.Scenario, &x), json.Unmarshal(b.Scenario, &y)); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	for _, m := range []map[string]any{x, y} {
		for _, k := range keysOf(m) {
			if !reflect.DeepEqual(x[k], y[k]) {
				return fmt.Errorf("scenario.%s: %s and %s can't be merged", k, shortJSON(x[k]), shortJSON(y[k]))
			}
		}
	}
	return nil
}

func shortJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil || len(text) > 60 {
		return "one value"
	}
	return string(text)
}

// joined is a result with everything but the figures.
func joined(parts []*Result) *Result {
	whole := *parts[0]
	whole.ID = digest(parts, func(r *Result) string { return r.ID })
	whole.Shard = nil
	whole.Rounds, whole.Objectives = nil, []Objective{}
	whole.Tags = map[string]string{}
	var hosts []string
	for _, r := range parts {
		if r.RunID != whole.RunID {
			whole.RunID = digest(parts, func(r *Result) string { return r.RunID })
		}
		if r.TrafficDigest != whole.TrafficDigest {
			whole.TrafficDigest = ""
		}
		if whole.Label == "" {
			whole.Label = r.Label
		}
		if r.StartedAt.Before(whole.StartedAt) {
			whole.StartedAt = r.StartedAt
		}
		whole.Interrupted = whole.Interrupted || r.Interrupted
		whole.Target.Unavailable = firstOf(cloneMap(whole.Target.Unavailable), r.Target.Unavailable)
		hosts = append(hosts, r.Host.Name)
	}
	slices.Sort(hosts)
	whole.Host.Name = strings.Join(slices.Compact(hosts), ", ")
	for k, v := range parts[0].Tags { // only what is true of all
		if !slices.ContainsFunc(parts, func(r *Result) bool { return r.Tags[k] != v }) {
			whole.Tags[k] = v
		}
	}
	return &whole
}

// digest names what is made of several parts: the same parts in any order give
// the same name.
func digest(parts []*Result, name func(*Result) string) string {
	var names []string
	for _, r := range parts {
		names = append(names, name(r))
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:8])
}

func cloneMap(m map[string]string) map[string]string { return firstOf(nil, m) }

// roundsOfRepeats renumbers the rounds in the order that they are given in.
func roundsOfRepeats(parts []*Result) []Round {
	var rounds []Round
	for _, r := range parts {
		for _, round := range r.Rounds {
			round.Index = len(rounds)
			round.Pair = nil
			rounds = append(rounds, round)
		}
	}
	return rounds
}

// completeShards refuses a shard that is there twice or missing, and shards that
// did not run at the same time: those are not of one run, whatever their seed.
// The run's id can't tell, since each machine draws its own.
func completeShards(parts []*Result) error {
	count := parts[0].Shard.Count
	for i, r := range parts {
		switch {
		case i > 0 && r.Shard.Index == parts[i-1].Shard.Index:
			return fmt.Errorf("shard: two results are shard %d of %d", r.Shard.Index, count)
		case r.Shard.Index != i+1:
			return fmt.Errorf("shard: shard %d of %d is missing", i+1, count)
		case len(r.Rounds) != len(parts[0].Rounds):
			return fmt.Errorf("rounds: shard %d has %d rounds, shard 1 has %d", i+1, len(r.Rounds), len(parts[0].Rounds))
		}
		for k := range r.Rounds {
			if r.Rounds[k].Index != parts[0].Rounds[k].Index {
				return fmt.Errorf("rounds[%d].index: shard %d has %d, shard 1 has %d", k, i+1, r.Rounds[k].Index, parts[0].Rounds[k].Index)
			}
			if !overlap(&r.Rounds[k], &parts[0].Rounds[k]) {
				return fmt.Errorf("rounds[%d].started_at: shards 1 and %d did not run at the same time", k, i+1)
			}
		}
	}
	if len(parts) != count {
		return fmt.Errorf("shard: shard %d of %d is missing", len(parts)+1, count)
	}
	return nil
}

func overlap(a, b *Round) bool {
	end := func(r *Round) time.Time {
		return r.StartedAt.Add(time.Duration((r.WarmupSecs + r.DurationSeconds) * float64(time.Second)))
	}
	return !a.StartedAt.After(end(b)) && !b.StartedAt.After(end(a))
}
