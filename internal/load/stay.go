package load

import (
	"runtime"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/middleware"
	"github.com/sessionbench/bench/scenarios"
)

// stay is a population on a target, and how far its traffic has come: what lasts
// from its preload to its clean-up. A round is one replay on it, a run in slices many.
type stay struct {
	target     *Target
	driver     drivers.Driver
	scenario   *scenarios.Scenario
	middleware middleware.Middleware
	options    Options
	plan       *plan
	people     *population
	clock      *clock
	timeout    time.Duration // of a call; 0: none
	round      int
	recorders  []*recorder           // of the replay that runs, or ran last
	sent       [numCalls]int64       // calls of the replays before
	unreported [numViolations]uint64 // broken promises that are in no round yet
	lanes      []sequence            // closed loop: where each lane has come to
	schedule   *schedule             // open loop
	reached    float64               // by the units so far, in seconds of the plan's timeline
}

func newStay(p *plan, t *Target, round int, c *clock, o Options) *stay {
	s := &stay{
		target: t, driver: t.Driver, scenario: p.scenario, options: o, plan: p, round: round,
		middleware: middleware.Middleware{Settings: p.scenario.Middleware},
		clock:      c, timeout: o.Timeout,
	}
	if s.timeout == 0 {
		s.timeout = t.Timeout
	}
	s.people = p.population(s.clock, t, o.RunID, round)
	for range min(2*runtime.GOMAXPROCS(0), max(1, p.workers)) {
		s.recorders = append(s.recorders, &recorder{})
	}
	if p.timeline.open {
		s.schedule = p.schedule()
		return s
	}
	for i := range p.dealers {
		s.lanes = append(s.lanes, sequence{dealer: p.dealers[i]})
	}
	return s
}
