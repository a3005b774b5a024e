package testserver_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main{M: m}.Run()) }

// setting asks a Redis for a setting.
func setting(t *testing.T, url, name string) string {
	t.Helper()
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(options)
	defer c.Close()
	values, err := c.ConfigGet(t.Context(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return values[name]
}

// shown asks a PostgreSQL for a setting.
func shown(t *testing.T, url, name string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), "SHOW "+name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestServersAreShared(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]func(testing.TB) string{"redis": testserver.Redis, "postgres": testserver.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if first, second := server(t), server(t); first != second {
				t.Errorf("two servers: %s and %s", first, second)
			}
		})
	}
}

func TestOwnServersHaveTheirArguments(t *testing.T) {
	t.Parallel()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		own := testserver.OwnRedis(t, "--maxclients", "20")
		if got := setting(t, own.URL, "maxclients"); got != "20" || own.URL == testserver.Redis(t) {
			t.Errorf("%s has maxclients %s, the shared one is %s", own.URL, got, testserver.Redis(t))
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		own := testserver.OwnPostgres(t, "max_connections=7")
		if got := shown(t, own.URL, "max_connections"); got != "7" {
			t.Errorf("max_connections is %s", got)
		}
	})
}

func TestOwnServersEndWithTheirTest(t *testing.T) {
	t.Parallel()
	var alive func() error
	t.Run("a test", func(t *testing.T) { alive = testserver.OwnRedis(t).Alive })
	if alive != nil && alive() == nil {
		t.Error("the server still runs")
	}
}
