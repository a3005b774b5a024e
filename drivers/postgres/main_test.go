package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	_ "github.com/sessionbench/bench/drivers/postgres"
	"github.com/sessionbench/bench/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main{M: m}.Run()) }

// address is the server's URL, with parameters (name, value, …) added; without a
// server the test is skipped.
func address(t testing.TB, parameters ...string) string {
	t.Helper()
	u, err := url.Parse(testserver.Postgres(t))
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

// logFile is where the server's log is: beside its folder, in which its data is.
var logFile struct {
	sync.Once
	path string
}

// serverLog is all that the server wrote so far.
func serverLog(t testing.TB) string {
	t.Helper()
	logFile.Do(func() {
		logFile.path = filepath.Dir(value[string](t, address(t), "SHOW data_directory")) + ".log"
	})
	text, err := os.ReadFile(logFile.path)
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

// as is the server's URL for an account.
func as(t testing.TB, role, password string) string {
	t.Helper()
	u, err := url.Parse(address(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

// plain is a connection of the test's own, which its cleanup may use too.
func plain(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// run sends statements over a connection of their own.
func run(t testing.TB, url, sql string) {
	t.Helper()
	if _, err := plain(t, url).Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value is the one value that a query gives.
func value[T any](t testing.TB, url, sql string, args ...any) (v T) {
	t.Helper()
	if err := plain(t, url).QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
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
	drivers.Stored
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
		Troubles: troubles,
	})
}
