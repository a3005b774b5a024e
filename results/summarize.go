package results

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Summarize gives the figures over all rounds: histograms merged, counts added
// up, rates over the sum of the durations, means weighted by time, peaks the
// highest. What one round lacks although it must be complete to mean anything (a
// sum of processor time, the server's counters) is null. Without rounds, as in
// a run that was interrupted while it warmed up, there is nothing in it.
func Summarize(rounds []Round) (Figures, error) {
	parts := make([]*Figures, len(rounds))
	for i := range rounds {
		parts[i] = &rounds[i].Figures
	}
	f, err := combine(parts, inTurn)
	if err != nil {
		return Figures{}, fmt.Errorf("summarize %d rounds: %w", len(rounds), err)
	}
	f.Verify = combineVerify(known(rounds, "verify"))
	f.Storage = combineStorage(known(rounds, "storage"), inTurn)
	f.ServerCalls = combineServerCalls(known(rounds, "server_calls"), inTurn)
	return f, nil
}

// arrangement is how the parts that are combined lay in time.
type arrangement int

const (
	inTurn     arrangement = iota // rounds: one after the other, on one machine
	sideBySide                    // shards: at the same time, on several machines, against one server
)

// combine makes one Figures of several.
func combine(parts []*Figures, how arrangement) (Figures, error) {
	f := Figures{Operations: map[string]*Operation{}, Calls: map[string]*Call{}}
	for _, p := range parts {
		if how == inTurn {
			f.DurationSeconds += p.DurationSeconds
		} else {
			f.DurationSeconds = max(f.DurationSeconds, p.DurationSeconds)
		}
		f.Violations = f.Violations.Plus(p.Violations)
		f.Races.LostUpdates += p.Races.LostUpdates
		f.Races.Revived += p.Races.Revived
		f.ErrorTexts = firstOf(f.ErrorTexts, p.ErrorTexts)
	}
	f.Verify = combineVerify(parts)
	f.FileDescriptors = combineDescriptors(parts, how)
	f.Resources = combineResources(parts, how)
	f.Storage = combineStorage(parts, how)
	f.ServerCalls = combineServerCalls(parts, how)
	var err error
	if f.Load, err = combineLoad(parts, how); err != nil {
		return Figures{}, err
	}
	if f.Harness, err = combineHarness(parts, how); err != nil {
		return Figures{}, err
	}
	if f.Calls, err = combineCalls(parts); err != nil {
		return Figures{}, err
	}
	operations := make([]map[string]*Operation, len(parts))
	for i, p := range parts {
		operations[i] = p.Operations
	}
	f.Operations, err = combineOperations(operations, f.DurationSeconds)
	return f, err
}

// combineOperations takes the operations of several rounds, shards or phases that
// lasted so long together.
func combineOperations(parts []map[string]*Operation, seconds float64) (map[string]*Operation, error) {
	together := map[string]*Operation{}
	for name, same := range byName(parts) {
		o, err := combineOperation(same, seconds)
		if err != nil {
			return nil, fmt.Errorf("operations.%s: %w", name, err)
		}
		together[name] = o
	}
	return together, nil
}

func combineOperation(parts []*Operation, seconds float64) (*Operation, error) {
	o := &Operation{Errors: map[string]uint64{}}
	var service, response, failure []*Distribution
	var failures uint64
	for _, p := range parts {
		o.Count += p.Count
		addUp(o.Errors, p.Errors)
		o.Outcomes.Hit += p.Outcomes.Hit
		o.Outcomes.MissExpected += p.Outcomes.MissExpected
		o.Outcomes.MissUnexpected += p.Outcomes.MissUnexpected
		failures += p.WithFailures.Failures
		service = append(service, p.ServiceTime)
		response = append(response, p.ResponseTime)
		failure = append(failure, p.FailureTime)
	}
	if seconds > 0 {
		o.ThroughputPerSecond = float64(o.Succeeded()) / seconds
	}
	served, err := describe("service_time", service, &o.ServiceTime)
	if err != nil {
		return nil, err
	}
	responded, err := describe("response_time", response, &o.ResponseTime)
	if err != nil {
		return nil, err
	}
	if _, err := describe("failure_time", failure, &o.FailureTime); err != nil {
		return nil, err
	}
	timed := served
	if o.ResponseTime != nil {
		timed = responded
	}
	o.WithFailures = NewWithFailures(timed.h, timed.min, timed.max, failures)
	return o, nil
}

// describe pools the parts and stores their distribution in into.
func describe(name string, parts []*Distribution, into **Distribution) (sample, error) {
	s, err := pool(parts)
	if err == nil {
		*into, err = s.distribution()
	}
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func combineCalls(parts []*Figures) (map[string]*Call, error) {
	calls := make([]map[string]*Call, len(parts))
	for i, p := range parts {
		calls[i] = p.Calls
	}
	together := map[string]*Call{}
	for name, same := range byName(calls) {
		c := &Call{Errors: map[string]uint64{}}
		var service, wait []*Distribution
		for _, p := range same {
			c.Count += p.Count
			addUp(c.Errors, p.Errors)
			service = append(service, p.ServiceTime)
			wait = append(wait, p.PoolWait)
		}
		if _, err := describe("service_time", service, &c.ServiceTime); err != nil {
			return nil, fmt.Errorf("calls.%s: %w", name, err)
		}
		if _, err := describe("pool_wait", wait, &c.PoolWait); err != nil {
			return nil, fmt.Errorf("calls.%s: %w", name, err)
		}
		together[name] = c
	}
	return together, nil
}

func combineLoad(parts []*Figures, how arrangement) (Load, error) {
	var l Load
	var offered []*float64
	var weights []float64
	var reasons []string
	for i, p := range parts {
		if i > 0 && p.Load.Mode != l.Mode {
			return Load{}, fmt.Errorf("load.mode: %q and %q can't be taken together", l.Mode, p.Load.Mode)
		}
		l.Mode = p.Load.Mode
		l.Due += p.Load.Due
		l.Sent += p.Load.Sent
		l.Completed += p.Load.Completed
		if how == inTurn {
			l.Workers = max(l.Workers, p.Load.Workers)
			l.BacklogMax = max(l.BacklogMax, p.Load.BacklogMax)
		} else { // the largest backlogs need not have met: the sum is the most there can have been
			l.Workers += p.Load.Workers
			l.BacklogMax += p.Load.BacklogMax
		}
		l.Overloaded = l.Overloaded || p.Load.Overloaded
		reasons = append(reasons, p.Load.OverloadedReason)
		offered = append(offered, p.Load.OfferedPerSecond)
		weights = append(weights, p.DurationSeconds)
	}
	if how == sideBySide {
		weights = nil
	}
	l.OfferedPerSecond = total(offered, weights)
	l.OverloadedReason = joinReasons(reasons)
	return l, nil
}

func combineHarness(parts []*Figures, how arrangement) (Harness, error) {
	var h Harness
	var lag []*Distribution
	var cpu, idle []*float64
	var weights []float64
	var reasons []string
	for _, p := range parts {
		h.NotSent += p.Harness.NotSent
		h.GCPauseMaxNs = max(h.GCPauseMaxNs, p.Harness.GCPauseMaxNs)
		h.ClientSaturated = h.ClientSaturated || p.Harness.ClientSaturated
		reasons = append(reasons, p.Harness.SaturatedReason)
		lag = append(lag, p.Harness.SendLag)
		cpu = append(cpu, p.Harness.CPUPercent)
		idle = append(idle, p.Harness.IdlePercent)
		weights = append(weights, p.DurationSeconds)
	}
	if how == inTurn {
		h.CPUPercent, h.IdlePercent = total(cpu, weights), total(idle, weights)
	} else { // of several machines, the one that was worst off
		h.CPUPercent, h.IdlePercent = extreme(cpu, 1), extreme(idle, -1)
	}
	h.SaturatedReason = joinReasons(reasons)
	if _, err := describe("harness.send_lag", lag, &h.SendLag); err != nil {
		return Harness{}, err
	}
	return h, nil
}

// combineVerify names the least thorough mode of the parts.
func combineVerify(parts []*Figures) Verify {
	var v Verify
	thorough := []string{"", "off", "sample", "all"}
	for i, p := range parts {
		if i == 0 || slices.Index(thorough, p.Verify.Mode) < slices.Index(thorough, v.Mode) {
			v.Mode = p.Verify.Mode
		}
		v.Checked += p.Verify.Checked
		v.Violations = v.Violations.Plus(p.Verify.Violations)
	}
	return v
}

// byName gathers what has the same name.
func byName[T any](parts []map[string]*T) map[string][]*T {
	same := map[string][]*T{}
	for _, part := range parts {
		for name, p := range part {
			if p != nil {
				same[name] = append(same[name], p)
			}
		}
	}
	return same
}

func addUp(into, from map[string]uint64) {
	for k, n := range from {
		into[k] += n
	}
}

// firstOf adds what into lacks.
func firstOf(into, from map[string]string) map[string]string {
	if into == nil && len(from) > 0 {
		into = map[string]string{}
	}
	for k, text := range from {
		if _, have := into[k]; !have {
			into[k] = text
		}
	}
	return into
}

// joinReasons lists the different reasons once each.
func joinReasons(reasons []string) string {
	var different []string
	for _, r := range reasons {
		if r != "" && !slices.Contains(different, r) {
			different = append(different, r)
		}
	}
	return strings.Join(different, "; ")
}

// total is the mean by weight, or the sum without weights; nil when a value is
// missing.
func total(values []*float64, weights []float64) *float64 {
	var sum, weight float64
	for i, v := range values {
		if v == nil {
			return nil
		}
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum += *v * w
		weight += w
	}
	if len(values) == 0 || weights != nil && weight == 0 {
		return nil
	}
	if weights != nil {
		sum /= weight
	}
	return &sum
}

// extreme is the largest value (sign 1) or the smallest (sign -1) of those there are.
func extreme(values []*float64, sign float64) *float64 {
	var most *float64
	for _, v := range values {
		if v != nil && (most == nil || *v*sign > *most*sign) {
			most = v
		}
	}
	if most == nil {
		return nil
	}
	value := *most
	return &value
}

// keysOf is the sorted keys of a map.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
