package cli

import (
	"context"
	"errors"
	"fmt"

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
	options, err := t.Store.Resolve(t.Client, t.Settings)
	if err != nil {
		return usage(err)
	}
	d, err := drivers.Open(ctx, t.Store.Name, drivers.Config{
		URL: t.URL, Client: t.Client, Options: options, TLS: f.tls,
		ConnectTimeout: f.connect, UseExisting: true,
	})
	if err != nil {
		return unavailable(err)
	}
	defer d.Close()
	cleaner, ok := d.(drivers.Cleaner)
	if !ok {
		return usage(fmt.Errorf("%s can't be cleaned", t))
	}
	n, err := cleaner.Clean(ctx, load.IDPrefix)
	if err != nil {
		return failed(fmt.Errorf("clean %s: %w", t, err))
	}
	s.say(fmt.Sprintf("%s: removed %d sessions that bench had left", t, n))
	if dropper, ok := d.(drivers.Dropper); ok {
		return errors.Join(dropper.Drop(ctx))
	}
	return nil
}
