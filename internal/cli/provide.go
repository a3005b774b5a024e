package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
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
	files   int // file descriptors of this process that providing it took, but for connections
	about   results.Target
	silent  bool                        // it stopped serving, and did not answer after the run
	absent  func(context.Context) error // removes the session that shows other runs that this one is here; nil: there is none
}

// provide brings up a target's backend and opens its driver on it.
func (f *runFlags) provide(ctx context.Context, s *settings, run *containers.Run, t drivers.Target, say func(string)) (*provided, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mode := s.mode
	before, unread := readSelf()
	backend, err := run.Provide(ctx, containers.Request{
		Target: t, Mode: mode, Image: s.images[t.Store.Name], Timeout: f.readyTime(t),
		Durability: drivers.Durability(f.durability),
	})
	if err != nil {
		return nil, err
	}
	p := &provided{target: t, backend: backend}
	if p.config, err = f.config(t, backend.URL); err != nil {
		return nil, err
	}
	began := time.Now()
	if p.driver, err = drivers.Open(ctx, t.Store.Name, p.config); err != nil {
		return nil, openFailed(err, backend)
	}
	if err := p.try(ctx, run.ID(), f.connect-time.Since(began)); err != nil {
		return nil, openFailed(err, backend)
	}
	p.describe(ctx)
	if err := p.keeps(drivers.Durability(f.durability)); err != nil {
		return nil, unavailable(p.givenUp(ctx, err))
	}
	if after, err := readSelf(); err == nil && unread == nil {
		p.files = after.FileDescriptors - before.FileDescriptors
		if d, ok := p.driver.(drivers.Connected); ok {
			p.files -= d.Connections()
		}
		p.files = max(0, p.files)
	}
	say(p.introduction())
	return p, nil
}

// trialGrace is how long the trial may take where the opening left no time.
const trialGrace = time.Second

// try makes sure that the store takes a run's calls, and takes away what Open
// made when it does not.
func (p *provided) try(ctx context.Context, runID string, left time.Duration) error {
	calls, release := drivers.Outlast(ctx)
	defer release()
	limited, cancel := drivers.WithPatience(calls, max(left, trialGrace))
	defer cancel()
	err := load.Try(limited, p.driver, runID)
	if _, ok := p.droppable(); ok && err == nil {
		p.absent, err = load.Stay(limited, p.driver, runID)
	}
	if err == nil {
		return nil
	}
	return p.givenUp(ctx, fmt.Errorf("%s: %w", p.target, drivers.Advise(p.target.Store, err)))
}

// givenUp takes away what Open made of a store that is not used for an error.
func (p *provided) givenUp(ctx context.Context, err error) error {
	clear, stop := context.WithTimeout(context.WithoutCancel(ctx), trialGrace)
	defer stop()
	return errors.Join(err, p.leave(clear, false))
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
	err = moreFiles(err)
	if tail := b.LogTail(); tail != "" && b.Alive() != nil {
		err = fmt.Errorf("%w; its last lines:\n  %s", err, strings.ReplaceAll(tail, "\n", "\n  "))
	}
	if b.Mode == containers.Embedded && drivers.Classify(err) == drivers.ClassOutOfMemory {
		err = fmt.Errorf("%w; set TMPDIR to a folder with more room", err)
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
		InProcess:  p.target.Store.InProcess(),
		Alive:      p.backend.Alive,
		Files:      p.files,
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

// readSelf reads what this process uses. When none of its file descriptors is
// left to look with, that is how many are open.
func readSelf() (load.Process, error) {
	p, err := readProcess([]int{os.Getpid()})
	if !errors.Is(err, syscall.EMFILE) {
		return p, err
	}
	soft, _ := fileLimits()
	return load.Process{FileDescriptors: int(soft), Limit: &soft, CPU: processorTime()}, nil
}

// moreFiles adds to a failure for want of file descriptors how to have more.
func moreFiles(err error) error {
	if soft, _ := fileLimits(); drivers.Classify(err) == drivers.ClassTooManyOpenFiles {
		return fmt.Errorf("%w; ulimit -n raises the limit of %d", err, soft)
	}
	return err
}

// takeAway leaves the store, and ends a server of ours.
func (p *provided) takeAway(ctx context.Context, keep bool) error {
	return errors.Join(p.leave(ctx, keep), p.backend.Close(ctx))
}

// leave closes the driver, and in an external store removes what Open made.
func (p *provided) leave(ctx context.Context, keep bool) error {
	if p.silent {
		return p.driver.Close()
	}
	var err error
	if p.absent != nil {
		limited, cancel := drivers.WithPatience(ctx, p.config.ConnectTimeout)
		defer cancel()
		err = p.absent(limited)
	}
	if dropper, ok := p.droppable(); ok && !keep && err == nil {
		err = dropper.Drop(ctx)
	}
	return errors.Join(err, p.driver.Close())
}

// droppable tells whether Open may have made a table, a collection or a folder in
// a store that stays.
func (p *provided) droppable() (drivers.Dropper, bool) {
	dropper, ok := p.driver.(drivers.Dropper)
	return dropper, ok && p.backend.Mode == containers.External
}
