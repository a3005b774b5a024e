package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	_ "github.com/sessionbench/bench/drivers/postgres"
)

// server is the tests' own PostgreSQL, or why there is none.
var server struct {
	url     string
	run     *containers.Run
	missing error
}

func TestMain(m *testing.M) {
	os.Exit(withServer(m))
}

func withServer(m *testing.M) int {
	run, err := containers.Start(nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer run.Close()
	server.run = run
	b, err := provide()
	if err == nil {
		server.url = b.URL
		err = withoutAutovacuum(b.URL)
	}
	server.missing = err
	return m.Run()
}

// provide starts a PostgreSQL, which the end of the tests stops.
func provide() (*containers.Backend, error) {
	target, err := drivers.ParseTarget("postgres")
	if err != nil {
		return nil, err
	}
	return server.run.Provide(context.Background(), containers.Request{Target: target, Mode: containers.Process})
}

// withoutAutovacuum keeps the server from transactions of its own, which would
// be among the counted ones.
func withoutAutovacuum(url string) error {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{"ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(context.Background(), sql); err != nil {
			return err
		}
	}
	return nil
}

// need skips a test when no server can be had.
func need(t testing.TB) {
	t.Helper()
	var unavailable *containers.UnavailableError
	if errors.As(server.missing, &unavailable) && len(unavailable.Ways) > 0 {
		drivertest.Missing(t, "postgres", "apt-get install postgresql")
	}
	if server.missing != nil {
		t.Fatal(server.missing)
	}
}

// address is the server's URL, with parameters (name, value, …) added; without a
// server the test is skipped.
func address(t testing.TB, parameters ...string) string {
	t.Helper()
	need(t)
	u, err := url.Parse(server.url)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// serverLog is all that the server wrote so far.
func serverLog(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(server.run.Dir(), "postgres-1.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var places atomic.Int64

// place is the name of a table that nobody else uses.
func place() string { return fmt.Sprintf("Place %d", places.Add(1)) }

// ownDatabase makes a database that nobody else uses and gives its URL.
func ownDatabase(t testing.TB, parameters ...string) string {
	t.Helper()
	name := fmt.Sprintf("own%d", places.Add(1))
	run(t, address(t), `CREATE DATABASE `+name)
	return strings.Replace(address(t, parameters...), "/postgres?", "/"+name+"?", 1)
}

// plain is a connection of the test's own.
func plain(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// run sends statements over a connection of their own.
func run(t testing.TB, url, sql string) {
	t.Helper()
	if _, err := plain(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value is the one value that a query gives.
func value[T any](t testing.TB, url, sql string, args ...any) (v T) {
	t.Helper()
	if err := plain(t, url).QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// config is a Config; settings are pairs of name and value.
func config(t testing.TB, url string, client drivers.Client, settings ...string) drivers.Config {
	t.Helper()
	given := map[string]string{}
	for i := 0; i < len(settings); i += 2 {
		given[settings[i]] = settings[i+1]
	}
	store, err := drivers.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	options, err := store.Resolve(client, given)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Config{URL: url, Client: client, Options: options, ConnectTimeout: 30 * time.Second}
}

// driver is all that the one of this package can do.
type driver interface {
	drivers.Driver
	drivers.Pruner
	drivers.Counter
	drivers.Loader
	drivers.Remover
	drivers.Cleaner
	drivers.Dropper
	drivers.Inspector
	drivers.Meter
}

// connect opens a driver that the test's end closes.
func connect(t testing.TB, cfg drivers.Config) driver {
	t.Helper()
	d, err := drivers.Open(t.Context(), "postgres", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.(driver)
}

// bothClients runs a test for each mode.
func bothClients(t *testing.T, test func(t *testing.T, client drivers.Client)) {
	t.Helper()
	t.Parallel()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		t.Run(string(client), func(t *testing.T) {
			t.Parallel()
			test(t, client)
		})
	}
}

func TestConformance(t *testing.T) {
	url := ownDatabase(t)
	drivertest.Run(t, drivertest.Setup{
		Store: "postgres",
		Place: func(testing.TB) (string, map[string]string) {
			return url, map[string]string{"table": place()}
		},
	})
}
