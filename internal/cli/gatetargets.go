package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// What is for targets only has its place under these headings of the help.
const (
	runTargets     = "How targets are run"
	provideTargets = "How targets are provided"
	trafficTargets = "Their traffic; what is not given is as the scenario has it"
)

func (f *gateFlags) declareLive(cmd *cobra.Command) {
	addUnder(runTargets, cmd, f.declareTurns)
	addUnder(provideTargets, cmd, f.load.declareProviding)
	addUnder(trafficTargets, cmd, f.load.declareTraffic)
	f.load.complete(cmd)
}

func (f *gateFlags) declareTurns(p *pflag.FlagSet) {
	f.budget = gateBudget
	duration(p, &f.budget, "budget", leastBudget, day, "`TIME` that may be measured, where it isn't decided before")
	p.StringVar(&f.interleave, "interleave", "slices", "`WHAT` the two take turns in: slices of some 20 ms, or rounds, which show far less\n(what can't be sliced takes rounds)")
	f.load.declarePatience(p)
	p.StringVar(&f.load.out, "out", "results", "`DIR` that the results go to")
	p.BoolVar(&f.load.noProgress, "no-progress", false, "do not tell how far it is")
}

// checkMeant refuses flags that mean nothing for what is judged.
func checkMeant(given *pflag.FlagSet, live bool) (err error) {
	given.Visit(func(flag *pflag.Flag) {
		headings := flag.Annotations[headingOf]
		forTargets := len(headings) > 0 && slices.Contains([]string{runTargets, provideTargets, trafficTargets}, headings[0])
		switch {
		case err != nil:
		case live && (flag.Name == "allow-different-host" || flag.Name == "assume-drift"):
			err = fmt.Errorf("--%s is about results that were saved, and targets are run now", flag.Name)
		case !live && forTargets:
			err = fmt.Errorf("--%s is about targets that are run now, and these are results", flag.Name)
		}
	})
	return err
}

// runLiveGate provides two targets, runs them in turns until the gate is decided or its
// budget is spent, and gives the verdict with the candidate's result.
func (f *gateFlags) runLiveGate(cmd *cobra.Command, out streams, baseline, candidate string, o report.GateOptions) (v *report.GateVerdict, judged *results.Result, err error) {
	s, err := f.readTargets(cmd, baseline, candidate)
	if err != nil {
		return nil, nil, err
	}
	progress := newProgress(out.err, !f.load.noProgress)
	defer progress.end()
	if err := f.prepare(s, progress); err != nil {
		return nil, nil, err
	}
	run, err := containers.Start(progress.say)
	if err != nil {
		return nil, nil, unavailable(err)
	}
	ctx := cmd.Context()
	defer func() { err = lateInterrupt(ctx, takeAll(err, nil, run, false)) }()
	g := &liveGate{
		flags: &f.load, settings: s, budget: f.budget, options: o, progress: progress, run: run, shift: f.shift,
		measured: measured{flags: &f.load, settings: s, runID: run.ID(), digest: load.Digest(s.scenario, f.load.seed), startedAt: time.Now()},
	}
	found, err := g.decide(ctx)
	progress.end()
	err = errors.Join(err, f.saveAll(out, found.results))
	for _, problem := range g.problems { // of the clean-up, which are nothing of the candidate's
		out.say(problem.Error())
	}
	return found.verdict, found.results[candidateSide], err
}

func (f *gateFlags) saveAll(out streams, both [2]*results.Result) error {
	for _, r := range both {
		if r == nil {
			continue
		}
		path, err := f.load.save(r)
		if err != nil {
			return failed(err)
		}
		out.say("saved " + path)
	}
	return nil
}

// readTargets reads the flags as those of a run of the two.
func (f *gateFlags) readTargets(cmd *cobra.Command, baseline, candidate string) (*settings, error) {
	if err := oneOf("--interleave", f.interleave, "slices", "rounds"); err != nil {
		return nil, usage(err)
	}
	f.load.stores = []string{baseline, candidate}
	f.load.rounds, f.load.interleave, f.load.format = 1, "rounds", "table"
	f.load.percentile = []string{"50"}
	s, err := f.load.read(cmd)
	if err != nil {
		return nil, err
	}
	if len(s.targets) != 2 {
		return nil, usage(errors.New("bench gate compares two targets: one with --baseline, one as the candidate"))
	}
	if !cmd.Flags().Changed("warmup") && s.scenario.Warmup > gateWarmup {
		s.scenario.Warmup = gateWarmup
	}
	if err := f.load.makeRoom(); err != nil {
		return nil, usage(err)
	}
	return s, nil
}

// prepare adapts the scenario to the load, and chooses what the two take turns in.
func (f *gateFlags) prepare(s *settings, progress *progress) error {
	notes, err := load.Prepare(s.scenario, s.shard)
	if err != nil {
		return usage(err)
	}
	for _, n := range notes {
		progress.say(n)
	}
	f.load.interleave = f.interleave
	if why := load.Sliceable(s.scenario); why != nil && f.interleave == "slices" {
		progress.say(fmt.Sprintf("scenario %s can't be sliced, as %s: the two take turns in whole rounds, with limits %d times as wide", s.scenario.Name, why, report.WholeFactor))
		f.load.interleave = "rounds"
	}
	return nil
}
