package postgres_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// refusedAddress is a port of this machine on which nobody listens.
func refusedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// silentAddress is a port of this machine that accepts and never answers.
func silentAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// changed is the server's URL with a part replaced.
func changed(t *testing.T, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address(t))
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func TestOpenFailsWithOneCleanError(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		const secret = "s3cret"
		cases := []struct {
			name, url string
			class     drivers.Class
			says      string
		}{
			{"wrong password", changed(t, func(u *url.URL) { u.User = url.UserPassword("postgres", secret) }), drivers.ClassAuth, "password authentication failed"},
			{"refused port", changed(t, func(u *url.URL) { u.Host = refusedAddress(t); u.User = url.UserPassword("postgres", secret) }), drivers.ClassRefused, "connection refused"},
			{"silent port", changed(t, func(u *url.URL) { u.Host = silentAddress(t); u.User = url.UserPassword("postgres", secret) }), drivers.ClassTimeout, "look for the table"},
			{"missing database", changed(t, func(u *url.URL) { u.Path = "/nobody" }), drivers.ClassOther, `database "nobody" does not exist`},
			{"unknown parameter", changed(t, func(u *url.URL) { u.RawQuery += "&colour=red" }), drivers.ClassOther, `"colour"`},
			{"missing schema", changed(t, func(u *url.URL) { u.RawQuery += "&search_path=nowhere" }), drivers.ClassOther, "no schema"},
			{"password not encoded", "postgres://u:" + secret + "%zz@127.0.0.1/db", drivers.ClassOther, "percent-encoded"},
			{"password with a slash", "postgres://u:" + secret + "/x@127.0.0.1/db", drivers.ClassOther, "percent-encoded"},
			{"pgx's pool", changed(t, func(u *url.URL) { u.RawQuery += "&pool_max_conns=3" }), drivers.ClassOther, "postgres.pool_size"},
			{"pgx's mode", changed(t, func(u *url.URL) { u.RawQuery += "&default_query_exec_mode=exec" }), drivers.ClassOther, "client mode"},
			{"TLS that the server has not", changed(t, func(u *url.URL) { u.RawQuery = "sslmode=require" }), drivers.ClassOther, "TLS"},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				cfg := config(t, c.url, client)
				if c.name == "silent port" {
					cfg.ConnectTimeout = 200 * time.Millisecond
				}
				d, err := drivers.Open(t.Context(), "postgres", cfg)
				if err == nil {
					d.Close()
					t.Fatal("open gave no error")
				}
				if class := drivers.Classify(err); class != c.class {
					t.Errorf("%v is classed %s, want %s", err, class, c.class)
				}
				text := err.Error()
				password, _ := mustParse(t, address(t)).User.Password()
				if !strings.Contains(text, c.says) || strings.Contains(text, "\n") || strings.Contains(text, secret) || strings.Contains(text, password) {
					t.Errorf("open: %q; want one line with %q and no password", text, c.says)
				}
			})
		}
	})
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestTLSFilesAreNamedWhenTheyCantBeRead(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		cfg := config(t, "postgres://127.0.0.1/db", client)
		cfg.TLS.CA = "testdata/no + such.pem"
		if _, err := drivers.Open(t.Context(), "postgres", cfg); err == nil || !strings.Contains(err.Error(), "testdata/no + such.pem") {
			t.Errorf("open: %v", err)
		}
	})
}

// oneSession is a driver whose connections have these parameters, on a table with
// one session.
func oneSession(t *testing.T, client drivers.Client, settings []string, parameters ...string) (d driver, r drivers.Record, table string) {
	t.Helper()
	table = place()
	made := connect(t, config(t, address(t), client, "table", table))
	r = drivertest.Record(drivertest.NewIDs().Next(), time.Hour, 1, "")
	if err := made.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return connect(t, config(t, address(t, parameters...), client, append(settings, "table", table)...)), r, table
}

func TestRefusalsOfTheServerAreClassed(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		cases := []struct {
			parameters []string
			class      drivers.Class
		}{
			{[]string{"statement_timeout", "50"}, drivers.ClassTimeout},
			{[]string{"lock_timeout", "50"}, drivers.ClassBusy},
			{[]string{"default_transaction_read_only", "on"}, drivers.ClassReadOnly},
			{[]string{"role", "nobody"}, drivers.ClassAuth},
		}
		run(t, address(t), `DO $$ BEGIN CREATE ROLE nobody; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
		for _, c := range cases {
			d, r, table := oneSession(t, client, nil, c.parameters...)
			holder := plain(t, address(t))
			tx, err := holder.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), `SELECT FROM "`+table+`" FOR UPDATE`); err != nil {
				t.Fatal(err)
			}
			if err := d.Set(t.Context(), r); drivers.Classify(err) != c.class || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: set: %v, classed %s; want %s", c.parameters, err, drivers.Classify(err), c.class)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTooManyConnectionsAreAnExhaustedPool(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		role := "few" + strings.Trim(mustParse(t, url).Path, "/")
		run(t, url, `CREATE ROLE `+role+` LOGIN CONNECTION LIMIT 1 PASSWORD 'x'; GRANT ALL ON SCHEMA public TO `+role)
		u := mustParse(t, url)
		u.User = mustParse(t, "postgres://"+role+":x@h").User
		connect(t, config(t, u.String(), client)) // keeps its connection
		_, err := drivers.Open(t.Context(), "postgres", config(t, u.String(), client))
		if drivers.Classify(err) != drivers.ClassPoolExhausted {
			t.Errorf("open: %v, classed %s", err, drivers.Classify(err))
		}
	})
}

// locked keeps everybody from a table until release is called.
func locked(t *testing.T, table string) (release func()) {
	t.Helper()
	tx, err := plain(t, address(t)).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE "`+table+`"`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// awaitWaiting returns once so many server processes wait for a lock on a table.
func awaitWaiting(t *testing.T, table string, n int) {
	t.Helper()
	await(t, address(t), `SELECT count(*) = $2 FROM pg_locks WHERE relation = format('%I', $1::text)::regclass AND NOT granted`, table, n)
}

// await returns once a query says so.
func await(t *testing.T, url, sql string, args ...any) {
	t.Helper()
	conn := plain(t, url)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var so bool
		if err := conn.QueryRow(t.Context(), sql, args...).Scan(&so); err != nil {
			t.Fatal(err)
		}
		if so {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s", sql)
		}
	}
}

func TestACallThatIsCancelledAtTheServerLeavesThePoolHealthy(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d, r, table := oneSession(t, client, []string{"pool_size", "1"})
		for range 3 {
			release := locked(t, table)
			ctx, cancel := context.WithCancel(t.Context())
			answer := make(chan error)
			go func() {
				_, err := d.Get(ctx, r.ID)
				answer <- err
			}()
			awaitWaiting(t, table, 1)
			cancel()
			if err := <-answer; !errors.Is(err, context.Canceled) || drivers.Classify(err) != drivers.ClassCanceled {
				t.Errorf("get: %v, classed %s", err, drivers.Classify(err))
			}
			awaitWaiting(t, table, 0) // it was cancelled at the server too
			release()
			if got, err := d.Get(t.Context(), r.ID); err != nil || string(got.Value) != string(r.Value) {
				t.Errorf("get afterwards: %s, %v", got.Value, err)
			}
		}
	})
}

func TestConnectionsThatTheServerEndedWhileIdleAreNotUsed(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		name := "ended-" + string(client)
		d, r, _ := oneSession(t, client, nil, "application_name", name)
		for range 3 {
			const ours = `FROM pg_stat_activity WHERE application_name = $1`
			if value[int](t, address(t), `SELECT count(pg_terminate_backend(pid)) `+ours, name) == 0 {
				t.Fatal("no connection was found")
			}
			await(t, address(t), `SELECT count(*) = 0 `+ours, name)
			time.Sleep(50 * time.Millisecond) // is more than what makes a connection be looked at
			if _, err := d.Get(t.Context(), r.ID); err != nil {
				t.Errorf("get: %v", err)
			}
		}
	})
}

func TestACallWhoseConnectionIsEndedIsReset(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d, r, table := oneSession(t, client, nil)
		release := locked(t, table)
		answer := make(chan error)
		go func() { answer <- d.Touch(t.Context(), r) }()
		awaitWaiting(t, table, 1)
		value[bool](t, address(t), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = format('%I', $1::text)::regclass AND NOT granted`, table)
		if err := <-answer; drivers.Classify(err) != drivers.ClassReset || !strings.Contains(err.Error(), "57P01") {
			t.Errorf("touch: %v, classed %s", err, drivers.Classify(err))
		}
		release()
		if err := d.Touch(t.Context(), r); err != nil {
			t.Errorf("touch afterwards: %v", err)
		}
	})
}

func TestCloseEndsCallsThatWouldNotEnd(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d, r, table := oneSession(t, client, []string{"pool_size", "2"})
		defer locked(t, table)()
		const calls = 4 // two wait for the lock, two for a connection
		answers := make(chan error, calls)
		for range calls {
			go func() { answers <- d.Touch(t.Context(), r) }()
		}
		awaitWaiting(t, table, 2)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		for range calls {
			if err := <-answers; !errors.Is(err, drivers.ErrClosed) {
				t.Errorf("touch: %v; want ErrClosed", err)
			}
		}
	})
}

func TestWaitingForAConnectionIsToldApart(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d, r, table := oneSession(t, client, []string{"pool_size", "1"})
		release := locked(t, table)
		var holds, waits drivers.Trace
		answer := make(chan error)
		go func() {
			_, err := d.Get(drivers.WithTrace(t.Context(), &holds), r.ID)
			answer <- err
		}()
		awaitWaiting(t, table, 1)

		const limit = 200 * time.Millisecond
		ctx, cancel := context.WithTimeout(drivers.WithTrace(t.Context(), &waits), limit)
		defer cancel()
		if _, err := d.Get(ctx, r.ID); drivers.Classify(err) != drivers.ClassTimeout {
			t.Errorf("get without a connection: %v, classed %s", err, drivers.Classify(err))
		}
		release()
		if err := <-answer; err != nil {
			t.Fatal(err)
		}
		if !holds.Pooled || !waits.Pooled || waits.PoolWait < limit/2 {
			t.Errorf("the call with the connection: %+v; the other, which waited for it alone: %+v", holds, waits)
		}
	})
}
