// Package drivertest holds every driver to the contract of package drivers: one
// conformance suite, run against the real store. A driver's own test says how to
// reach a place for sessions and calls Run; what follows is the same for all.
package drivertest

import (
	"context"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// Setup says how to reach one store.
type Setup struct {
	// Store is the registered store's name.
	Store string

	// Place makes a place that holds no sessions and that nobody else uses: a
	// prefix, table, collection or folder of its own. It is called several times
	// for a run. The address goes into Config.URL, the settings, as typed, into
	// Config.Options. An empty address means that sessions live in the driver.
	Place func(t testing.TB) (url string, settings map[string]string)

	// Strip removes from a value what the store added to it; nil: nothing.
	Strip func(value []byte) []byte

	// SharedServer says that others use the server meanwhile, so that its own
	// counters can't be compared with the calls made.
	SharedServer bool

	// Clients are the modes to test; nil: express and native.
	Clients []drivers.Client
}

// A rule is one thing that every driver does.
type rule struct {
	name  string
	alone bool // looks at figures of the whole server or process, so nothing runs beside it
	check func(t testing.TB, p *place)
}

var rules = []rule{
	{"the meter counts the calls made", true, meterCounts},
	{"close gives back every file descriptor", true, closesDescriptors},
	{"an absent session is not found", false, absentIsNotFound},
	{"what was set is read back byte for byte", false, readsBack},
	{"nobody shares a buffer", false, buffersAreNotShared},
	{"an overwrite wins", false, overwriteWins},
	{"a megabyte is stored whole", false, storesLargeValues},
	{"a destroyed session is gone, and destroying it again is no error", false, destroyRemoves},
	{"touch does not create a missing session", false, touchMissing},
	{"touch extends the lifetime and keeps the data", false, touchExtends},
	{"a session expires at its time, not before, and not later than stated", false, expires},
	{"a session without maxAge is readable", false, sessionCookies},
	{"prune removes the expired sessions only", false, pruneRemovesExpired},
	{"count gives the number of sessions", false, counts},
	{"loaded sessions are like set ones", false, loads},
	{"remove destroys the given sessions only", false, removes},
	{"clean removes the sessions with the prefix only", false, cleans},
	{"many callers at once see whole values", false, manyCallers},
	{"a context that has ended stops the call", false, endedContext},
	{"a context that ends during calls leaves the driver usable", false, contextEndsDuringCalls},
	{"a closed driver says so", false, closed},
	{"close ends the calls in flight", false, closeEndsCalls},
	{"sessions outlive the driver", false, outliveDriver},
	{"drop takes the place away when open made it", false, drops},
	{"inspect says version, settings and durability", false, inspects},
}

// Run runs the suite, once for each client mode.
func Run(t *testing.T, s Setup) {
	store, err := drivers.Lookup(s.Store)
	if err != nil {
		t.Fatal(err)
	}
	clients := s.Clients
	if clients == nil {
		clients = []drivers.Client{drivers.Express, drivers.Native}
	}
	for _, client := range clients {
		t.Run(string(client), func(t *testing.T) {
			t.Run("the store describes itself", func(t *testing.T) { describes(t, store, client) })
			for _, r := range rules {
				t.Run(r.name, func(t *testing.T) {
					if !r.alone {
						t.Parallel()
					}
					if why := r.hold(t, newPlace(t, store, client, s)); why != "" {
						t.Log("does not apply: " + why)
					}
				})
			}
		})
	}
}

// doesNotApply ends a rule that the store has no part in. It is no skip, which
// would say that something stayed unproven.
type doesNotApply string

// hold checks the rule, or says why it does not apply.
func (r rule) hold(t testing.TB, p *place) (inapplicable string) {
	defer func() {
		switch why := recover().(type) {
		case nil:
		case doesNotApply:
			inapplicable = string(why)
		default:
			panic(why)
		}
	}()
	r.check(t, p)
	return ""
}

// place is where one rule keeps its sessions.
type place struct {
	openStore func(context.Context, drivers.Config) (drivers.Driver, error)
	cfg       drivers.Config
	facts     drivers.Facts
	strip     func([]byte) []byte
	ids       *IDs
	shared    bool          // Setup.SharedServer
	patience  time.Duration // how long figures may take that come late
}

func newPlace(t testing.TB, store drivers.Store, client drivers.Client, s Setup) *place {
	t.Helper()
	url, settings := s.Place(t)
	options, err := store.Resolve(client, settings)
	if err != nil {
		t.Fatal(err)
	}
	cfg := drivers.Config{URL: url, Client: client, Options: options, ConnectTimeout: 30 * time.Second}
	strip := s.Strip
	if strip == nil {
		strip = func(value []byte) []byte { return value }
	}
	open := func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
		return drivers.Open(ctx, store.Name, cfg)
	}
	return &place{open, cfg, store.Facts(cfg), strip, NewIDs(), s.SharedServer, 20 * time.Second}
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
	if c, ok := d.(drivers.Cleaner); ok {
		if _, err := c.Clean(ctx, p.ids.Prefix); unexpected(err, drivers.ErrClosed) {
			t.Errorf("clean: %v", err)
		}
	}
	if dropper, ok := d.(drivers.Dropper); ok {
		if err := dropper.Drop(ctx); unexpected(err, drivers.ErrClosed) {
			t.Errorf("drop: %v", err)
		}
	}
}
