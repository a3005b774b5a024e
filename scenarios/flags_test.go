package scenarios

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestABuiltInScenarioNeedsNoFlags(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		if flags := builtin(t, name).Flags(); len(flags) > 0 {
			t.Errorf("%s: %q", name, flags)
		}
	}
}

func TestFlagsSayWhatDiffersFromTheBuiltInOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Scenario)
		want   []string
	}{
		{func(s *Scenario) { s.SetWorkers(8) }, []string{"--workers=8"}},
		{func(s *Scenario) { s.SetRate(1500) }, []string{"--rate=1500/s"}},
		{func(s *Scenario) { s.SetRate(10); s.Load.MaxInFlight = 3 }, []string{"--rate=10/s", "--max-in-flight=3"}},
		{func(s *Scenario) { s.Sessions, s.Payload = 7, Payload{Median: 4096} }, []string{"--sessions=7", "--payload=4KiB"}},
		{func(s *Scenario) { s.TTL, s.Overlap = 0, 2.5 }, []string{"--ttl=none", "--overlap=2.5"}},
		{func(s *Scenario) { s.Mix = Mix{Read: 9, Write: 1} }, []string{"--mix=read=9,write=1"}},
		{func(s *Scenario) { s.SetDuration(s.Duration / 2); s.Warmup = 0; s.Objectives = nil }, nil},
		{func(s *Scenario) { s.Name = "mine"; s.SetWorkers(8) }, nil},
	} {
		s := builtin(t, "web")
		c.change(s)
		saved, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var read Scenario
		if err := json.Unmarshal(saved, &read); err != nil {
			t.Fatal(err)
		}
		if got := read.Flags(); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
