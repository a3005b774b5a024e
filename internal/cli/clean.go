package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/load"
)

func newClean(s streams) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "clean [STORE=URL …]",
		Short: "Remove what a killed run left: containers, processes, folders, and keys in the stores given",
		Example: `  bench clean
  bench clean redis=redis://127.0.0.1:6379/0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.stores, f.existing = args, true
			return f.clean(cmd.Context(), s)
		},
	}
	all := &cobra.Command{}
	f.register(all)
	cmd.Flags().SortFlags = false
	for _, name := range []string{"set", "connect-timeout", "tls-ca", "tls-cert", "tls-key"} {
		flag := all.Flags().Lookup(name)
		flag.Annotations = nil // so few need no heading
		cmd.Flags().AddFlag(flag)
	}
	return cmd
}

func (f *runFlags) clean(ctx context.Context, s streams) error {
	removed, err := containers.Clean(ctx, s.say)
	if err != nil {
		return failed(err)
	}
	if len(f.stores) == 0 {
		if removed == 0 {
			s.say("nothing was left")
		}
		return nil
	}
	targets, err := f.targets()
	if err != nil {
		return usage(err)
	}
	if err := cmp.Or(f.checkTLS(), f.checkTargets(targets)); err != nil {
		return usage(err)
	}
	for _, t := range targets {
		if t.URL == "" {
			return usage(fmt.Errorf("%s: only a store with a URL can hold what a killed run left", t))
		}
		if err := f.cleanStore(ctx, s, t); err != nil {
			return err
		}
	}
	return nil
}

// cleanStore removes the sessions whose ids bench made.
func (f *runFlags) cleanStore(ctx context.Context, s streams, t drivers.Target) error {
	cfg, err := f.config(t, t.URL)
	if err != nil {
		return err
	}
	d, err := drivers.Open(ctx, t.Store.Name, cfg)
	if err != nil {
		return unavailable(err)
	}
	defer d.Close()
	cleaner, ok := d.(drivers.Cleaner)
	if !ok {
		return usage(fmt.Errorf("%s can't be cleaned", t))
	}
	dead := deadRuns{live: map[string]bool{}}
	n, err := cleaner.Clean(ctx, load.IDPrefix, dead.left)
	if err != nil {
		return failed(fmt.Errorf("clean %s: %w", t, err))
	}
	s.say(fmt.Sprintf("%s: removed %d sessions that bench had left", t, n))
	if dead.spared > 0 {
		s.say(fmt.Sprintf("%s: spared %d sessions of a bench that is running", t, dead.spared))
	}
	dropper, ok := d.(drivers.Dropper)
	if !ok || len(containers.Live()) > 0 { // a run that is alive may be about to fill it
		return nil
	}
	if err := dropper.Drop(ctx); err != nil {
		return failed(fmt.Errorf("clean %s: %w", t, err))
	}
	return nil
}

// deadRuns tells the sessions that dead runs left in a store from those of runs
// that are alive here, and from other people's.
type deadRuns struct {
	live   map[string]bool // by what a run's ids begin with
	spared int
}

// left tells whether a dead run left the session. A run is known to be alive
// before it has sessions, so that it is looked for when the first one is met.
func (d *deadRuns) left(id string) bool {
	run, ours := load.RunOf(id)
	if !ours {
		return false
	}
	live, known := d.live[run]
	if !known {
		live = slices.ContainsFunc(containers.Live(), func(id string) bool { return load.RunIDPrefix(id) == run })
		d.live[run] = live
	}
	if live {
		d.spared++
	}
	return !live
}
