// Package drivertest holds every driver to the contract of package drivers: one
// conformance suite, run against the real store. A driver's own test says how to
// reach a place for sessions and calls Run; what follows is the same for all.
package drivertest

import (
	"testing"

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

	// Troubles brings about the classes of failures, each for real, with the
	// given client. The classes that are missing here must be in Never.
	Troubles map[drivers.Class]func(t testing.TB, client drivers.Client) *Trouble
	// Never says why a class can't occur with the store, whatever the client.
	Never map[drivers.Class]string

	// Stall makes calls wait that end only with their context, where no server
	// stands at the address; with a server, its answers are held back. Nil there:
	// calls never wait.
	Stall func(t testing.TB, client drivers.Client) *Trouble

	// SharedServer says that others use the server meanwhile, so that its own
	// counters can't be compared with the calls made.
	SharedServer bool

	// Clients are the modes to test; nil: express and native.
	Clients []drivers.Client
}

// A rule is one thing that every driver does.
type rule struct {
	name  string
	runs  company
	check func(t testing.TB, p *place)
}

// company says what may run beside a rule.
type company int

const (
	beside company = iota // other rules
	alone                 // nothing: it looks at figures of the whole server or process
	apart                 // it changes the whole process, so that it has one of its own
)

var rules = append([]rule{
	{"the meter counts the calls made", alone, meterCounts},
	{"what is stored is read beside the calls and counts as none", alone, storedBesideCalls},
	{"close gives back every file descriptor", alone, closesDescriptors},
	{"a thousand callers at once see whole values, over no more connections than stated", alone, aThousandCallers},
	{"an absent session is not found", beside, absentIsNotFound},
	{"what was set is read back byte for byte", beside, readsBack},
	{"nobody shares a buffer", beside, buffersAreNotShared},
	{"an overwrite wins", beside, overwriteWins},
	{"every character of Unicode comes back", beside, everyCharacterComesBack},
	{"values of every size are stored whole", beside, storesEverySize},
	{"a destroyed session is gone, and destroying it again is no error", beside, destroyRemoves},
	{"touch does not create a missing session", beside, touchMissing},
	{"touch extends the lifetime and keeps the data", beside, touchExtends},
	{"a session expires at its time, not before, and not later than stated", beside, expires},
	{"a long lifetime is not cut", beside, lastsLong},
	{"a session without maxAge is readable", beside, sessionCookies},
	{"prune removes the expired sessions only", beside, pruneRemovesExpired},
	{"count gives the number of sessions", beside, counts},
	{"loaded sessions are like set ones", beside, loads},
	{"remove destroys the given sessions only", beside, removes},
	{"clean removes the sessions with the prefix only", beside, cleans},
	{"two drivers on one store see what the other does", beside, twoDrivers},
	{"a context that has ended stops the call", beside, endedContext},
	{"a context that ends in the middle of a call stops it, and leaves the driver sound", beside, contextEndsInTheMiddle},
	{"contexts that end at random moments leave the driver usable", beside, contextsEndAtRandom},
	{"a closed driver says so", beside, closed},
	{"close ends the calls in flight", beside, closeEndsCalls},
	{"sessions outlive the driver", beside, outliveDriver},
	{"drop takes the place away when open made it", beside, drops},
	{"inspect says version, settings and durability", beside, inspects},
	{"the options of a durability class give it", beside, hasDurabilities},
}, failures()...)

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
					if r.runs != alone {
						t.Parallel()
					}
					check := func() {
						if why := r.hold(t, newPlace(t, store, client, s)); why != "" {
							t.Log("does not apply: " + why)
						}
					}
					if r.runs == apart {
						Apart(t, check)
					} else {
						check()
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
