// Package interop holds the drivers against the real thing: express-session and
// its stores, installed with npm, in a small Express app (app/app.js) that keeps
// its sessions where a driver has its own. Each side must read, change, touch,
// expire and destroy what the other one stored.
//
// The app is a process of its own. So connect-sqlite3 and the driver never open
// one SQLite file in the same process, where two libraries would drop each
// other's locks.
package interop

import (
	"flag"
	"maps"
	"os"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/all"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/testserver"
)

// TestMain lets many tests run at once: they wait for the ends of sessions, not
// for processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	os.Exit(testserver.Main{M: m}.Run())
}

// sides are an app and a driver on one place.
type sides struct {
	place
	*app
	driver drivers.Driver
	facts  drivers.Facts
	ids    *drivertest.IDs
}

// openDriver opens a driver on the place.
func (p place) openDriver(t testing.TB, s store, client drivers.Client) (drivers.Driver, drivers.Facts) {
	t.Helper()
	registered, err := drivers.Lookup(s.name)
	if err != nil {
		t.Fatal(err)
	}
	options, err := registered.Resolve(client, p.settings)
	if err != nil {
		t.Fatal(err)
	}
	cfg := drivers.Config{URL: p.url, Client: client, Options: options, ConnectTimeout: 30 * time.Second, UseExisting: true}
	d, err := drivers.Open(t.Context(), s.name, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, registered.Facts(cfg)
}

// with gives options and others that come before them.
func with(options, others map[string]any) map[string]any {
	all := maps.Clone(options)
	maps.Copy(all, others)
	return all
}

// storeNamed is one of the stores.
func storeNamed(t testing.TB, name string) store {
	t.Helper()
	for _, s := range stores {
		if s.name == name {
			return s
		}
	}
	t.Fatal("no store " + name)
	return store{}
}

// openSides opens a driver in a place of its own, which makes the table, and
// starts an app there.
func openSides(t testing.TB, s store, client drivers.Client) sides {
	t.Helper()
	p := s.place(t)
	d, facts := p.openDriver(t, s, client)
	return sides{p, startApp(t, s.name, p.options), d, facts, drivertest.NewIDs()}
}

// TestEachSideHandlesTheOthersSessions has an app that each of the driver's modes
// meets in turn, in a place that the app made.
func TestEachSideHandlesTheOthersSessions(t *testing.T) {
	t.Parallel()
	for _, store := range stores {
		t.Run(store.name, func(t *testing.T) {
			t.Parallel()
			p := store.place(t)
			a := startApp(t, store.name, p.options)
			a.login(t, nil, `{"user":"whoever makes the table"}`)
			for _, client := range store.clients {
				t.Run(string(client), func(t *testing.T) {
					p.parallel(t)
					d, facts := p.openDriver(t, store, client)
					s := sides{p, a, d, facts, drivertest.NewIDs()}
					for _, test := range handling {
						t.Run(test.name, func(t *testing.T) {
							p.parallel(t)
							test.holds(t, s)
						})
					}
				})
			}
		})
	}
}

// handling is what holds of two sides that take turns on a session.
var handling = []struct {
	name  string
	holds func(*testing.T, sides)
}{
	{"the app reads what the driver stored", appReads},
	{"the driver reads what the app stored", driverReads},
	{"each changes the other's", eachChanges},
	{"the driver's touch keeps the app's", driverTouches},
	{"the app's touch keeps the driver's", appTouches},
	{"the driver's expires for the app", expiresForApp},
	{"the app's expires for the driver", expiresForDriver},
	{"each destroys the other's", eachDestroys},
	{"a wrong signature is no session", wrongSignature},
	{"each call does what the middleware's does", eachCallIsTheirs},
	{"a dead cookie costs both the same", deadCookies},
}

// TestBothAtOnce has an app and a driver that work at the same time, in a place
// that the driver made.
func TestBothAtOnce(t *testing.T) {
	t.Parallel()
	for _, store := range stores {
		for _, client := range store.clients {
			t.Run(store.name+"/"+string(client), func(t *testing.T) {
				t.Parallel()
				s := openSides(t, store, client)
				// One after the other, since each looks at what the app notes.
				t.Run("overlapping requests", func(t *testing.T) { overlapping(t, s) })
				t.Run("a storm of both", func(t *testing.T) { storms(t, store, s) })
				if client != drivers.Express {
					return // the rest is about the middleware
				}
				t.Run("requests make the calls that the load makes", func(t *testing.T) { loadsCalls(t, s) })
				t.Run("each purges the other's expired sessions", func(t *testing.T) { purges(t, store, s) })
			})
		}
	}
}

// parallel lets a test run beside the others on its place, unless its calls would
// wait for each other's locks, and fail.
func (p place) parallel(t *testing.T) {
	if !p.alone {
		t.Parallel()
	}
}
