package redis

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main{M: m}.Run()) }

// address is the URL of the tests' own Redis; without one the test is skipped.
func address(t testing.TB) string {
	t.Helper()
	return testserver.Redis(t)
}

// hostPort is the server's address without the scheme.
func hostPort(t testing.TB) string { return strings.TrimPrefix(address(t), "redis://") }

var places atomic.Int64

// place is a prefix of keys that nobody else uses.
func place() string { return fmt.Sprintf("place%d:", places.Add(1)) }

// config is a Config; settings are pairs of name and value.
func config(t testing.TB, url string, client drivers.Client, settings ...string) drivers.Config {
	t.Helper()
	given := map[string]string{}
	for i := 0; i < len(settings); i += 2 {
		given[settings[i]] = settings[i+1]
	}
	store, err := drivers.Lookup("redis")
	if err != nil {
		t.Fatal(err)
	}
	options, err := store.Resolve(client, given)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Config{URL: url, Client: client, Options: options, ConnectTimeout: 30 * time.Second}
}

// connect opens a driver that the test's end closes.
func connect(t testing.TB, cfg drivers.Config) *driver {
	t.Helper()
	d, err := drivers.Open(t.Context(), "redis", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.(*driver)
}

// plain is a client of the test's own, which sees what others see.
func plain(t testing.TB) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: hostPort(t)})
	t.Cleanup(func() { c.Close() })
	return c
}

// bothClients runs a test for each mode.
func bothClients(t *testing.T, test func(t *testing.T, client drivers.Client)) {
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		t.Run(string(client), func(t *testing.T) {
			t.Parallel()
			test(t, client)
		})
	}
}
