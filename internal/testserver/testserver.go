// Package testserver starts real servers for the tests of any package: one of
// each kind that a test process shares, and others that belong to one test.
//
// A package that uses it runs its tests through Main. The servers are processes
// of the installed binaries; where one is not installed, the test is skipped
// (drivertest.Missing).
package testserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// Main is the *testing.M of a package whose tests need servers:
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Main{M: m}.Run()) }
type Main struct{ M interface{ Run() int } }

// run owns the servers while Main.Run runs the tests.
var run *containers.Run

// Run runs the tests, and ends the servers that they left running.
func (m Main) Run() int {
	var err error
	if run, err = containers.Start(nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := m.M.Run()
	if err := run.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// Redis is the URL of the Redis that the tests of this process share, without a
// database.
func Redis(t testing.TB) string {
	t.Helper()
	return redis.url(t)
}

// Postgres is the URL of the PostgreSQL that the tests of this process share. It
// does not vacuum by itself, so that its transactions are those of the tests.
func Postgres(t testing.TB) string {
	t.Helper()
	return postgres.url(t)
}

// OwnRedis starts a Redis for one test, with further arguments such as
// "--maxclients", "20". What keeps it from answering at first (a password) can be
// set afterwards, by CONFIG SET.
func OwnRedis(t testing.TB, args ...string) *containers.Backend {
	t.Helper()
	return own(t, "redis", args)
}

// OwnPostgres starts a PostgreSQL for one test, with settings such as
// "max_connections=5".
func OwnPostgres(t testing.TB, settings ...string) *containers.Backend {
	t.Helper()
	return own(t, "postgres", arguments(settings))
}

// arguments are those of a PostgreSQL with these settings.
func arguments(settings []string) []string {
	var args []string
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func own(t testing.TB, store string, args []string) *containers.Backend {
	t.Helper()
	b, err := provide(store, args)
	if err != nil {
		unavailable(t, store, err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// shared is a server that the first test that wants it starts.
type shared struct {
	store string
	start func() (*containers.Backend, error)
}

var (
	redis    = share("redis")
	postgres = share("postgres", arguments([]string{"autovacuum=off"})...)
)

func share(store string, args ...string) shared {
	return shared{store, sync.OnceValues(func() (*containers.Backend, error) { return provide(store, args) })}
}

func (s shared) url(t testing.TB) string {
	t.Helper()
	b, err := s.start()
	if err != nil {
		unavailable(t, s.store, err)
	}
	return b.URL
}

func provide(store string, args []string) (*containers.Backend, error) {
	if run == nil {
		return nil, errors.New("the package's TestMain does not run its tests through testserver.Main")
	}
	target := drivers.Target{Text: store, Store: drivers.Store{Name: store}}
	return run.Provide(context.Background(), containers.Request{Target: target, Mode: containers.Process, Args: args})
}

// unavailable ends a test whose server could not be had: it is skipped where none
// is installed, and fails where one is.
func unavailable(t testing.TB, store string, err error) {
	t.Helper()
	var missing *containers.UnavailableError
	if errors.As(err, &missing) && len(missing.Ways) > 0 {
		drivertest.Missing(t, store, missing.Ways[len(missing.Ways)-1])
	}
	t.Fatal(err)
}
