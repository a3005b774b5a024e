package scenarios

import (
	"fmt"
	"slices"
)

// Flags are those of a command that give the built-in scenario of the same name this
// one's traffic, such as "--workers=8": none where they are alike, or where there is no
// such built-in one. The warm-up, the duration and the objectives are no traffic.
func (s *Scenario) Flags() (flags []string) {
	if s.Validate() != nil || !slices.Contains(Names(), s.Name) {
		return nil
	}
	from, err := Find(s.Name)
	if err != nil {
		return nil
	}
	add := func(differs bool, flag string, value any) {
		if differs {
			flags = append(flags, fmt.Sprintf("--%s=%v", flag, value))
		}
	}
	add(s.Load.Rate != from.Load.Rate && s.Load.Open(), "rate", s.Load.Rate)
	add(s.Load.Workers != from.Load.Workers && s.Load.Workers > 0, "workers", s.Load.Workers)
	from.fillOpenLoop()
	add(s.Load.MaxInFlight != from.Load.MaxInFlight && s.Load.Open(), "max-in-flight", s.Load.MaxInFlight)
	add(s.Sessions != from.Sessions, "sessions", s.Sessions)
	add(s.Payload != from.Payload && s.Payload.P99 == 0, "payload", s.Payload.Median)
	add(s.TTL != from.TTL, "ttl", s.TTL)
	add(s.Mix != from.Mix, "mix", s.Mix)
	add(s.Overlap != from.Overlap, "overlap", formatNumber(s.Overlap))
	return flags
}
