package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// The two targets of a live gate, in the order of a comparison.
const (
	baselineSide = iota
	candidateSide
)

// liveGate runs a baseline and a candidate in turns, and looks at what they did until
// it is decided or the budget is spent.
type liveGate struct {
	flags    *runFlags
	settings *settings
	budget   time.Duration
	options  report.GateOptions
	progress *progress
	run      *containers.Run
	measured measured
	shift    Shift

	began    time.Time
	about    [2]results.Target
	rounds   [2][]results.Round
	slices   load.Slices // as the first look found them
	looked   int
	problems []error
}

// gateOutcome is what a live gate has to show.
type gateOutcome struct {
	results [2]*results.Result
	verdict *report.GateVerdict
}

// look runs the units up to a look on new instances of both targets, as far as they
// are bench's to make, and takes them away again.
func (g *liveGate) look(ctx context.Context, units int) (err error) {
	first := len(g.rounds[baselineSide])
	var targets [2]*provided
	defer func() {
		g.progress.doing("taking away what was provided")
		err = errors.Join(err, g.takeAway(targets))
	}()
	// Who is made first may have the better place in memory, or the quieter moment.
	order := []int{baselineSide, candidateSide}
	if rand.New(rand.NewPCG(g.flags.seed, uint64(first))).IntN(2) == 1 {
		slices.Reverse(order)
	}
	for _, i := range order {
		t := g.settings.targets[i]
		g.progress.doing("providing " + t.String())
		say := g.progress.say
		if first > 0 {
			say = func(string) {} // as the first ones
		}
		if targets[i], err = g.flags.provide(ctx, g.settings, g.run, t, say); err != nil {
			return interruptedOr(ctx, err)
		}
		g.about[i] = targets[i].about
	}
	outcomes, interrupted := g.replay(ctx, targets[:], first, units)
	g.measured.interrupted = interrupted
	for i, outcome := range outcomes {
		g.rounds[i] = append(g.rounds[i], outcome.Rounds...)
		if outcome.Left != nil {
			g.problems = append(g.problems, targets[i].leftovers(outcome.Left))
		}
	}
	return g.served(targets, outcomes)
}

// replay puts the load on both.
func (g *liveGate) replay(ctx context.Context, targets []*provided, first, units int) (outcomes []load.Outcome, interrupted bool) {
	o := load.Options{
		RunID: g.run.ID(), Seed: g.flags.seed, First: first, Rounds: units - first,
		Verify: g.settings.verify, Timeout: g.flags.timeout, Drain: g.flags.drain, Keep: g.flags.keep,
		Client: readSelf, CPU: processorTime, Observe: g.progress.show,
	}
	all := loadTargets(targets)
	for i := range all {
		if g.shift != nil {
			all[i].Driver = g.shift(i, all[i].Driver)
		}
	}
	if g.whole() {
		return load.Run(ctx, g.settings.scenario, all, o)
	}
	outcomes, g.slices, interrupted = load.RunSlices(ctx, g.settings.scenario, all, o, g.slices)
	return outcomes, interrupted
}

// whole tells whether the targets take turns in whole rounds.
func (g *liveGate) whole() bool { return g.flags.interleave == "rounds" }

// served tells how a target ended that did. A candidate that dies is worse than one
// that is slow; without its baseline nothing can be said.
func (g *liveGate) served(targets [2]*provided, outcomes []load.Outcome) error {
	for i, outcome := range outcomes {
		if outcome.Err == nil {
			continue
		}
		targets[i].silent = errors.Is(outcome.Err, load.ErrNoAnswer)
		err := fmt.Errorf("%s: %w", targets[i].target, moreFiles(outcome.Err))
		if i == candidateSide {
			return failed(err)
		}
		return unavailable(err)
	}
	return nil
}

func (g *liveGate) takeAway(targets [2]*provided) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeDown)
	defer cancel()
	var left []error
	for _, p := range targets {
		if p != nil {
			left = append(left, p.takeAway(ctx, g.flags.keep))
		}
	}
	if err := errors.Join(left...); err != nil {
		return failed(fmt.Errorf("what was provided could not be taken away: %w", err))
	}
	return nil
}

// decide goes from look to look.
func (g *liveGate) decide(ctx context.Context) (gateOutcome, error) {
	g.began = time.Now()
	g.options.Looks, g.options.Whole = looksIn(g.budget, g.unit()), g.whole()
	if len(g.options.Looks) == 0 {
		return gateOutcome{}, g.tooShort()
	}
	for !g.options.Final {
		if err := g.look(ctx, g.options.Looks[g.looked]); err != nil {
			return g.soFar(err)
		}
		if g.measured.interrupted {
			return g.soFar(&exit{exitInterrupted, errors.New("interrupted: what was measured is saved")})
		}
		g.looked++
		g.options.Final = g.looked == len(g.options.Looks) || g.until(g.options.Looks[g.looked]) > g.budget
		outcome, err := g.judge()
		if err != nil || outcome.verdict.Decided {
			return outcome, err
		}
	}
	return gateOutcome{}, errors.New("a gate's last look decided nothing") // Final does
}

// unit is how long a unit is, of both targets together: of slices about a second.
func (g *liveGate) unit() time.Duration {
	if !g.whole() {
		return time.Second
	}
	s := g.settings.scenario
	length := time.Duration(s.Warmup)
	for _, p := range s.Timeline() {
		length += time.Duration(p.Duration)
	}
	return 2 * length
}

// tooShort is the end of a gate whose budget buys less than can prove anything.
func (g *liveGate) tooShort() error {
	needed := time.Duration(gateLooks[0]) * g.unit()
	return &exit{exitInconclusive, fmt.Errorf("can't tell: a budget of %s buys %d pairs of whole rounds of scenario %s, and %d are the fewest that can prove anything: --budget %s",
		g.budget, g.budget/g.unit(), g.settings.scenario.Name, gateLooks[0], needed)}
}

// until is how long the units up to a look take, going by those so far: a slow store's
// are longer than a second.
func (g *liveGate) until(look int) time.Duration {
	const late = 1.25 // by how much a unit may be longer than it is counted as
	unit := float64(g.slices.Took) / float64(len(g.rounds[baselineSide]))
	return time.Duration(float64(look) * unit / late)
}

// judge has the verdict on all units so far.
func (g *liveGate) judge() (o gateOutcome, err error) {
	if o, err = g.soFar(nil); err != nil {
		return o, err
	}
	options := g.options
	options.Took, options.Redone, options.Instances = time.Since(g.began), g.slices.Redone, g.looked
	o.verdict, err = report.Gate([]*results.Result{o.results[baselineSide]}, []*results.Result{o.results[candidateSide]}, options)
	if err != nil {
		return o, usage(err)
	}
	return o, nil
}

// soFar has the results of what was measured so far, with the reason why there is no
// verdict on them.
func (g *liveGate) soFar(why error) (o gateOutcome, err error) {
	g.measured.made = 0
	for i := range o.results {
		if len(g.rounds[i]) == 0 {
			return o, why
		}
		p := &provided{target: g.settings.targets[i], about: g.about[i]}
		if o.results[i], err = g.measured.result(p, g.rounds[i]); err != nil {
			return o, failed(err)
		}
	}
	return o, why
}
