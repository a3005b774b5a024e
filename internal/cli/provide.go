package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
)

// provided is one target, ready for load.
type provided struct {
	target  drivers.Target
	backend *containers.Backend
	config  drivers.Config
	driver  drivers.Driver
	about   results.Target
}

// provide brings up a target's backend and opens its driver on it.
func (f *runFlags) provide(ctx context.Context, s *settings, run *containers.Run, t drivers.Target, say func(string)) (*provided, error) {
	mode := s.mode
	backend, err := run.Provide(ctx, containers.Request{
		Target: t, Mode: mode, Image: s.images[t.Store.Name], Timeout: f.readyTime(t),
	})
	if err != nil {
		return nil, err
	}
	p := &provided{target: t, backend: backend}
	p.config = drivers.Config{
		URL: backend.URL, Client: t.Client, TLS: f.tls,
		ConnectTimeout: f.connect, UseExisting: f.existing,
	}
	if p.config.Options, err = t.Store.Resolve(t.Client, t.Settings); err != nil {
		return nil, usage(err)
	}
	if p.driver, err = drivers.Open(ctx, t.Store.Name, p.config); err != nil {
		return nil, openFailed(err, backend)
	}
	p.describe(ctx)
	say(p.introduction())
	return p, nil
}

// readyTime is how long a provided server may take to answer. One that starts
// needs longer than one that runs.
func (f *runFlags) readyTime(t drivers.Target) time.Duration {
	if t.URL != "" {
		return f.connect
	}
	return max(f.connect, 60*time.Second)
}

// openFailed decides the exit status of a driver that can't be opened: a store
// that is there and must not be used is the user's to decide.
func openFailed(err error, b *containers.Backend) error {
	if errors.Is(err, drivers.ErrExists) {
		return usage(err)
	}
	if tail := b.LogTail(); tail != "" && b.Alive() != nil {
		err = fmt.Errorf("%w; its last lines:\n%s", err, tail)
	}
	return unavailable(err)
}

// describe asks the store what it is.
func (p *provided) describe(ctx context.Context) {
	facts := p.target.Store.Facts(p.config)
	p.about = results.Target{
		Text: p.target.String(), Store: p.target.Store.Name, Backend: string(p.backend.Mode),
		Client: string(p.target.Client), Endpoint: drivers.Redact(p.backend.URL),
		Image: p.backend.Image, ImageDigest: p.backend.ImageDigest,
		Settings: map[string]string{}, Options: p.config.Options.Texts(),
		Network: p.backend.Network, Contract: contract(facts),
	}
	inspector, ok := p.driver.(drivers.Inspector)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.config.ConnectTimeout)
	defer cancel()
	found, err := inspector.Inspect(ctx)
	if err != nil {
		p.about.Unavailable = map[string]string{"settings": err.Error(), "server_version": err.Error(), "durability": err.Error()}
		return
	}
	p.about.ServerVersion, p.about.TLS = found.Version, found.TLS
	p.about.Durability = string(found.Durability)
	if found.Settings != nil {
		p.about.Settings = found.Settings
	}
}

// contract is a driver's facts as results keep them: figures, and in words.
func contract(f drivers.Facts) map[string]string {
	c := map[string]string{
		"granularity":      f.Granularity.String(),
		"default_lifetime": f.DefaultLifetime.String(),
		"touch_missing":    string(f.TouchMissing),
		"miss_delay":       f.MissDelay.String(),
		"max_connections":  fmt.Sprint(f.Connections),
	}
	for _, n := range f.Describe() {
		c[n.Name] = n.Text
	}
	return c
}

// introduction says in one line what was provided.
func (p *provided) introduction() string {
	text := fmt.Sprintf("%s: %s", p.target, p.backend.Mode)
	if p.backend.Image != "" {
		text += " " + p.backend.Image
	}
	if p.about.ServerVersion != "" {
		text += ", " + p.target.Store.Title + " " + p.about.ServerVersion
	}
	if p.about.Endpoint != "" && p.about.Endpoint != p.target.URL {
		text += ", " + p.about.Endpoint
	}
	return text + ", client " + string(p.target.Client)
}

// loadTarget is the target as package load takes it.
func (p *provided) loadTarget() *load.Target {
	t := &load.Target{
		Name: p.target.String(), Driver: p.driver, Facts: p.target.Store.Facts(p.config),
		Timeout: p.target.Store.DefaultTimeout, ServerReason: p.backend.PIDsReason(),
		InProcess:  len(p.target.Store.Schemes) == 0,
		Alive:      p.backend.Alive,
		Disposable: p.backend.Mode != containers.External,
	}
	if len(p.backend.PIDs()) > 0 {
		t.Server = func() (load.Process, error) { return readProcess(p.backend.PIDs()) }
	}
	return t
}

// readProcess reads what some processes use, as package load takes it.
func readProcess(pids []int) (load.Process, error) {
	r, err := containers.ReadProcesses(pids)
	if err == nil && r.FDsReason != "" {
		err = errors.New(r.FDsReason)
	}
	if err != nil {
		return load.Process{}, err
	}
	return load.Process{FileDescriptors: r.FDs, Limit: r.FDLimit, CPU: r.CPU, Memory: r.RSS}, nil
}

// takeAway closes the driver, and in an external store removes what Open made.
func (p *provided) takeAway(ctx context.Context, keep bool) error {
	var err error
	if dropper, ok := p.driver.(drivers.Dropper); ok && !keep && p.backend.Mode == containers.External {
		err = dropper.Drop(ctx)
	}
	return errors.Join(err, p.driver.Close(), p.backend.Close(ctx))
}
