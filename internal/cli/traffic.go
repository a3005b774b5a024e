package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/sessionbench/bench/scenarios"
)

// What a bare "bench" takes, so that three stores are compared within 30 s also
// where making thousands of files is slow.
const (
	bareDuration = scenarios.Duration(4 * time.Second)
	bareWarmup   = scenarios.Duration(time.Second)
	bareSessions = 2000
)

// traffic is the scenario with the flags over it.
func (f *runFlags) traffic(given *pflag.FlagSet) (*scenarios.Scenario, error) {
	s, err := scenarios.Find(f.scenario)
	if err != nil {
		return nil, within("--scenario", err)
	}
	if len(f.stores) == 0 && !given.Changed("scenario") {
		s.Duration, s.Warmup, s.Sessions = bareDuration, bareWarmup, bareSessions
	}
	if given.Changed("rate") && given.Changed("workers") {
		return nil, fmt.Errorf("--rate is an open loop, --workers a closed one: give one of them")
	}
	for _, c := range []struct {
		flag  string
		apply func() error
	}{
		{"rate", func() error { r, err := scenarios.ParseRate(f.rate); s.SetRate(r); return err }},
		{"workers", func() error { s.SetWorkers(f.workers); return nil }},
		{"duration", func() error { d, err := scenarios.ParseTime(f.duration); s.SetDuration(d); return err }},
		{"warmup", func() error { s.Warmup, err = scenarios.ParseDuration(f.warmup); return err }},
		{"sessions", func() error { s.Sessions = f.sessions; return nil }},
		{"payload", func() error {
			b, err := scenarios.ParseBytes(f.payload)
			s.Payload = scenarios.Payload{Median: b}
			return err
		}},
		{"ttl", func() error { s.TTL, err = scenarios.ParseTTL(f.ttl); return err }},
		{"mix", func() error { s.Mix, err = scenarios.ParseMix(f.mix); return err }},
		{"overlap", func() error { s.Overlap = f.overlap; return nil }},
		{"max-in-flight", func() error { s.Load.MaxInFlight = f.inFlight; return f.checkInFlight(s) }},
	} {
		if !given.Changed(c.flag) {
			continue
		}
		if err := c.apply(); err != nil {
			return nil, within("--"+c.flag, err)
		}
		if err := s.Validate(); err != nil { // it was valid before this flag
			return nil, within("--"+c.flag, errors.New(strings.TrimPrefix(err.Error(), c.flag+": ")))
		}
	}
	for _, text := range f.objectives {
		o, err := scenarios.ParseObjective(text)
		if err != nil {
			return nil, within("--objective", err)
		}
		s.Objectives = s.Objectives.With(o)
	}
	return s, within("--objective", s.Validate())
}

func (f *runFlags) checkInFlight(s *scenarios.Scenario) error {
	if !s.Open() {
		return fmt.Errorf("it bounds an open loop, and this is a closed one: give --rate too")
	}
	return nil
}

// advisory tells whether an objective is a built-in scenario's that nobody asked
// for: it says what a busy shop would want, and fails no run.
func (f *runFlags) advisory(metric string) bool {
	if !slices.Contains(scenarios.Names(), f.scenario) {
		return false
	}
	for _, text := range f.objectives {
		if o, err := scenarios.ParseObjective(text); err == nil && o.Metric == metric {
			return false
		}
	}
	return true
}
