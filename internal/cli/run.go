package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

func newRun(s streams) *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Measure one or more stores (what bench alone means)",
		Example: `  bench run --store=redis --scenario=tabs
  bench run --store=postgres --rate=500/s --objective=p99=20ms
  bench run --store=redis@client=native@pool_size=50 --workers=200`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd, s) },
	}
	flags.register(cmd)
	return cmd
}

// run measures: read the flags, provide the targets, replay, save, print.
func (f *runFlags) run(cmd *cobra.Command, out streams) (err error) {
	s, err := f.read(cmd)
	if err != nil {
		return err
	}
	notes, err := load.Prepare(s.scenario, s.shard)
	if err != nil {
		return usage(err)
	}
	if err := f.makeRoom(); err != nil {
		return usage(err)
	}
	spare, err := os.Open(os.DevNull)
	if err != nil {
		return usage(err)
	}
	defer spare.Close()
	progress := newProgress(out.err, !f.noProgress)
	defer progress.end()
	for _, n := range notes {
		progress.say(n)
	}
	metrics, err := startMetrics(f.metrics)
	if err != nil {
		return usage(within("--metrics", err))
	}
	defer metrics.close()
	if metrics.url != "" {
		progress.say("figures for Prometheus at " + metrics.url + ", for people at " + strings.TrimSuffix(metrics.url, "metrics"))
	}

	ctx := cmd.Context()
	run, err := containers.Start(progress.say)
	if err != nil {
		return unavailable(err)
	}
	var targets []*provided
	defer func() {
		progress.doing("taking away what was provided")
		err = lateInterrupt(ctx, takeAll(err, targets, run, f.keep))
	}()
	for _, t := range s.targets {
		progress.doing("providing " + t.String())
		p, err := f.provide(ctx, s, run, t, progress.say)
		if err != nil {
			return interruptedOr(ctx, err)
		}
		targets = append(targets, p)
	}
	if err := waitUntil(ctx, s.startAt, progress); err != nil {
		return err
	}
	digest := load.Digest(s.scenario, f.seed)
	m := measured{flags: f, settings: s, runID: run.ID(), digest: digest, startedAt: time.Now()}
	metrics.start(m, targets)
	outcomes, interrupted := f.replay(ctx, s, targets, load.Options{
		RunID: run.ID(), Seed: f.seed, Rounds: f.rounds, Shard: s.shard,
		Verify: s.verify, Timeout: f.timeout, Drain: f.drain, Keep: f.keep,
		Client: readSelf, CPU: processorTime,
		Observe: func(p load.Progress) { progress.show(p); metrics.show(p) },
	})
	progress.end()
	spare.Close() // a store that took all descriptors leaves this one for the result
	m.interrupted = interrupted
	return f.finish(out, m, targets, outcomes)
}

// makeRoom makes sure that what is measured can be written.
func (f *runFlags) makeRoom() error {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return fmt.Errorf("--out: %w; name another folder", err)
	}
	if err := writable(f.out); err != nil {
		return within("--out", err)
	}
	if f.report == "" {
		return nil
	}
	return within("--report", writable(filepath.Dir(f.report)))
}

func loadTargets(targets []*provided) []*load.Target {
	var all []*load.Target
	for _, p := range targets {
		all = append(all, p.loadTarget())
	}
	return all
}

// takeDown is how long what was provided may take to go away.
const takeDown = 30 * time.Second

// takeAll takes away what was provided, whatever happened before.
func takeAll(err error, targets []*provided, run *containers.Run, keep bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), takeDown)
	defer cancel()
	var left []error
	for _, p := range targets {
		left = append(left, p.takeAway(ctx, keep))
	}
	left = append(left, run.Close())
	joined := errors.Join(left...)
	if joined == nil {
		return err
	}
	joined = fmt.Errorf("what was provided could not be taken away: %w", joined)
	if err == nil {
		return failed(joined)
	}
	return errors.Join(err, joined) // the status is that of err
}

// lateInterrupt gives a run that was interrupted after its measurement the
// interrupt's status.
func lateInterrupt(ctx context.Context, err error) error {
	var known *exit
	if ctx.Err() == nil || errors.As(err, &known) && known.status == exitInterrupted {
		return err
	}
	return &exit{exitInterrupted, errors.Join(err, errors.New("interrupted while what was provided was taken away"))}
}

// interruptedOr makes an error that an interrupt caused the interrupt's.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exit{exitInterrupted, errors.New("interrupted before anything was measured")}
	}
	return err
}

func waitUntil(ctx context.Context, start time.Time, progress *progress) error {
	if start.IsZero() {
		return nil
	}
	progress.doing("waiting until " + start.Format(time.RFC3339))
	for left := time.Until(start); left > 0; left = time.Until(start) {
		select {
		case <-time.After(min(left, clockPatience)):
		case <-ctx.Done():
			return interruptedOr(ctx, ctx.Err())
		}
	}
	return nil
}

// clockPatience is how often the time of day is looked at, which may jump.
const clockPatience = time.Second

// finish saves the results, prints the comparison, and decides the exit status.
func (f *runFlags) finish(out streams, m measured, targets []*provided, outcomes []load.Outcome) error {
	var all []*results.Result
	var problems []error
	for i, p := range targets {
		if err := outcomes[i].Err; err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", p.target, moreFiles(err)))
			p.silent = errors.Is(err, load.ErrNoAnswer)
		}
		if err := outcomes[i].Left; err != nil {
			problems = append(problems, p.leftovers(err))
		}
		if len(outcomes[i].Rounds) == 0 {
			continue
		}
		r, err := m.result(p, outcomes[i].Rounds)
		if err != nil {
			return failed(err)
		}
		path, err := f.save(r)
		if err != nil {
			problems = append(problems, err)
		} else {
			out.say("saved " + path)
		}
		all = append(all, r)
	}
	if len(all) > 0 {
		if err := compare(out, all, m.settings.percentiles, f.format, f.report); err != nil {
			problems = append(problems, err)
		}
	}
	return f.verdict(all, m.interrupted, problems)
}

// leftovers says that sessions are left in the store.
func (p *provided) leftovers(why error) error {
	text := fmt.Sprintf("%s: sessions of this run are left in the store, where bench clean %[1]s removes them later", p.target)
	if p.silent {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %w", text, why)
}

// save saves a result, and in the temporary folder where that fails: what was
// measured for an hour is not given up for a disk that filled meanwhile.
func (f *runFlags) save(r *results.Result) (path string, err error) {
	path, err = results.Save(f.out, r)
	if err == nil {
		return path, nil
	}
	elsewhere, again := results.Save(os.TempDir(), r)
	if again != nil {
		return "", errors.Join(err, fmt.Errorf("nor in the temporary folder: %w", again))
	}
	return "", fmt.Errorf("%w; it is saved as %s instead", err, elsewhere)
}

func (f *runFlags) verdict(all []*results.Result, interrupted bool, problems []error) error {
	switch {
	case interrupted && len(all) == 0:
		return &exit{exitInterrupted, errors.New("interrupted before anything was measured")}
	case interrupted:
		return &exit{exitInterrupted, errors.Join(append(problems, errors.New("interrupted: what was measured is saved"))...)}
	case len(all) == 0:
		return unavailable(errors.Join(problems...))
	}
	for _, r := range all {
		if bad, why := report.RunFailed(r); bad {
			problems = append(problems, fmt.Errorf("%s: %s", r.Target.Text, why))
		}
	}
	if len(problems) > 0 {
		return failed(errors.Join(problems...))
	}
	return nil
}

// measured is what a run's results have in common.
type measured struct {
	flags       *runFlags
	settings    *settings
	runID       string
	digest      string // of the traffic
	startedAt   time.Time
	interrupted bool
	made        int
}

// result puts one target's result together.
func (m *measured) result(p *provided, rounds []results.Round) (*results.Result, error) {
	scenario, err := json.Marshal(m.settings.scenario)
	if err != nil {
		return nil, err
	}
	summary, err := results.Summarize(rounds)
	if err != nil {
		return nil, err
	}
	r := &results.Result{
		Schema: results.Schema, ID: fmt.Sprintf("%s-%d", m.runID, m.made+1), RunID: m.runID, StartedAt: m.startedAt.UTC(),
		Label: m.flags.label, Tags: m.settings.tags, Seed: m.flags.seed,
		TrafficDigest: m.digest,
		Interrupted:   m.interrupted, Tool: tool(), Host: host(), Target: p.about,
		Scenario: scenario, Rounds: rounds, Summary: summary,
	}
	m.made++
	if m.settings.shard.Count > 0 {
		r.Shard = &results.Shard{Index: m.settings.shard.Index, Count: m.settings.shard.Count}
	}
	if r.Objectives, err = report.Judge(r); err != nil {
		return nil, err
	}
	for i := range r.Objectives {
		r.Objectives[i].Advisory = m.flags.advisory(r.Objectives[i].Metric)
	}
	return r, nil
}
