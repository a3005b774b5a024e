package load

import (
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/memory"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// memoryTarget is an honest store in this process.
func memoryTarget(t testing.TB) *Target {
	t.Helper()
	target := openTarget(t, "memory", "", nil)
	target.InProcess, target.ServerReason = true, "in process"
	return target
}

// openTarget opens a store with its express client.
func openTarget(t testing.TB, name, url string, settings map[string]string) *Target {
	t.Helper()
	store, err := drivers.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	options, err := store.Resolve(drivers.Express, settings)
	if err != nil {
		t.Fatal(err)
	}
	cfg := drivers.Config{URL: url, Client: drivers.Express, Options: options, ConnectTimeout: 30 * time.Second}
	d, err := drivers.Open(t.Context(), name, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &Target{Name: name, Driver: d, Facts: store.Facts(cfg)}
}

// web is the built-in scenario "web", made short.
func web(t testing.TB, change func(*scenarios.Scenario)) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Find("web")
	if err != nil {
		t.Fatal(err)
	}
	s.Sessions = 1000
	s.Load = scenarios.Load{Workers: 16, MaxInFlight: 64}
	s.Warmup, s.Duration = scenarios.Duration(200*time.Millisecond), scenarios.Duration(800*time.Millisecond)
	s.ExpireAfter = scenarios.Duration(100 * time.Millisecond)
	s.Objectives = nil
	if change != nil {
		change(s)
	}
	return s
}

func options() Options {
	return Options{
		RunID: "test", Seed: 7, Rounds: 1, Verify: VerifyAll, Drain: 2 * time.Second,
		Client: func() (Process, error) { return Process{FileDescriptors: 5}, nil },
	}
}

// one runs the scenario on one target for one round.
func one(t testing.TB, s *scenarios.Scenario, target *Target, o Options) results.Round {
	t.Helper()
	outcomes, interrupted := Run(t.Context(), s, []*Target{target}, o)
	if interrupted || outcomes[0].Err != nil || len(outcomes[0].Rounds) != o.Rounds {
		t.Fatalf("interrupted %v, error %v, %d rounds", interrupted, outcomes[0].Err, len(outcomes[0].Rounds))
	}
	return outcomes[0].Rounds[0]
}

func TestAnHonestStoreHasNoViolations(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scenarios.Scenario){
		"closed loop": nil,
		"open loop":   func(s *scenarios.Scenario) { s.Load = scenarios.Load{Rate: 5000, MaxInFlight: 64} },
		"poisson": func(s *scenarios.Scenario) {
			s.Load = scenarios.Load{Rate: 5000, Arrival: scenarios.Poisson, MaxInFlight: 64}
		},
		"overlap":       func(s *scenarios.Scenario) { s.Overlap = 30 },
		"overlap, open": func(s *scenarios.Scenario) { s.Overlap = 30; s.Load = scenarios.Load{Rate: 5000, MaxInFlight: 64} },
		"logins":        func(s *scenarios.Scenario) { s.Mix = scenarios.Mix{50, 20, 10, 5, 5, 10}; s.Overlap = 10 },
		"overlap storm": func(s *scenarios.Scenario) {
			s.Mix, s.Overlap, s.Sessions = scenarios.Mix{25, 30, 30, 10, 0, 5}, 80, 100
		},
		"sessions expire": func(s *scenarios.Scenario) { s.TTL = scenarios.Duration(150 * time.Millisecond) },
		"no lifetime":     func(s *scenarios.Scenario) { s.TTL = 0 },
		"resave":          func(s *scenarios.Scenario) { s.Middleware.Resave = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t, web(t, change), memoryTarget(t), options())
			if r.Violations.Total() != 0 || r.Verify.Total() != 0 {
				t.Errorf("violations %+v, read back %+v", r.Violations, r.Verify)
			}
			all := r.Operations["all"]
			if all.Count == 0 || len(all.Errors) != 0 || r.Verify.Checked == 0 {
				t.Errorf("%d operations, errors %v %v, %d read back", all.Count, all.Errors, r.ErrorTexts, r.Verify.Checked)
			}
			if name == "closed loop" || name == "open loop" {
				for k, op := range r.Operations {
					if op.Count == 0 {
						t.Errorf("no %s", k)
					}
				}
				if r.Races != (results.Races{}) {
					t.Errorf("races without overlap: %+v", r.Races)
				}
			}
			if miss := all.Outcomes.MissUnexpected; miss != 0 {
				t.Errorf("%d unexpected misses", miss)
			}
		})
	}
}
