package cli

import (
	"fmt"

	"github.com/sessionbench/bench/drivers"
)

// config is what a target's driver is opened with at an address.
func (f *runFlags) config(t drivers.Target, address string) (drivers.Config, error) {
	options, err := t.Store.Resolve(t.Client, t.Settings)
	if err != nil {
		return drivers.Config{}, usage(err)
	}
	return drivers.Config{
		URL: address, Client: t.Client, Options: options, TLS: f.tls,
		ConnectTimeout: f.connect, UseExisting: f.existing,
	}, nil
}

// checkTargets refuses addresses and options that no server need be asked about.
func (f *runFlags) checkTargets(targets []drivers.Target) error {
	for _, t := range targets {
		if t.Store.Check == nil {
			continue
		}
		cfg, err := f.config(t, t.URL)
		if err == nil {
			err = t.Store.Check(cfg)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return nil
}
