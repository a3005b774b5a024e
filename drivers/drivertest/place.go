package drivertest

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// place is where one rule keeps its sessions.
type place struct {
	setup     Setup
	store     drivers.Store
	settings  map[string]string
	openStore func(context.Context, drivers.Config) (drivers.Driver, error)
	cfg       drivers.Config
	facts     drivers.Facts
	ids       *IDs
	patience  time.Duration // how long figures may take that come late
	hang      time.Duration // how long a call may take before it is taken for one that never returns
	clean     bool          // its sessions were removed
}

func newPlace(t testing.TB, store drivers.Store, client drivers.Client, s Setup) *place {
	t.Helper()
	url, settings := s.Place(t)
	p := &place{
		setup:    s,
		store:    store,
		cfg:      drivers.Config{Client: client, ConnectTimeout: 30 * time.Second},
		ids:      NewIDs(),
		patience: 20 * time.Second,
		hang:     time.Minute,
		openStore: func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
			return drivers.Open(ctx, store.Name, cfg)
		},
	}
	return p.elsewhere(t, url, settings)
}

// elsewhere is the place at another address, with settings laid over its own; an
// empty address is the same one.
func (p *place) elsewhere(t testing.TB, url string, settings map[string]string) *place {
	t.Helper()
	moved := *p
	moved.settings = map[string]string{}
	maps.Copy(moved.settings, p.settings)
	maps.Copy(moved.settings, settings)
	options, err := p.store.Resolve(p.cfg.Client, moved.settings)
	if err != nil {
		t.Fatal(err)
	}
	moved.cfg.Options = options
	if url != "" {
		moved.cfg.URL = url
	}
	moved.facts = p.store.Facts(moved.cfg)
	return &moved
}

// strip removes from a value what the store added to it.
func (p *place) strip(value []byte) []byte {
	if p.setup.Strip == nil {
		return value
	}
	return p.setup.Strip(value)
}

// open opens a driver that finds nothing in its place.
func (p *place) open(t testing.TB) drivers.Driver {
	t.Helper()
	return p.openWith(t, p.cfg)
}

// reopen opens a driver in a place that another one made.
func (p *place) reopen(t testing.TB) drivers.Driver {
	t.Helper()
	cfg := p.cfg
	cfg.UseExisting = true
	return p.openWith(t, cfg)
}

func (p *place) openWith(t testing.TB, cfg drivers.Config) drivers.Driver {
	t.Helper()
	d, err := p.openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.leaveNothing(t, d)
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// leaveNothing removes the rule's sessions and place, also from a server that
// was there before. A rule may have closed the driver already.
func (p *place) leaveNothing(t testing.TB, d drivers.Driver) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if c, ok := d.(drivers.Cleaner); ok && !p.clean { // else another driver may have dropped the place
		_, err := c.Clean(ctx, p.ids.Prefix, AnyID)
		if unexpected(err, drivers.ErrClosed) {
			t.Errorf("clean: %v", err)
		}
		p.clean = err == nil
	}
	if dropper, ok := d.(drivers.Dropper); ok {
		if err := dropper.Drop(ctx); unexpected(err, drivers.ErrClosed) {
			t.Errorf("drop: %v", err)
		}
	}
}
