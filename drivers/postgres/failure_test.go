package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// refusedAddress is a port of this machine on which nobody listens.
func refusedAddress(t *testing.T) string {
	t.Helper()
	p, _ := through(t, address(t))
	p.Away()
	return p.Addr()
}

// silentAddress is a port of this machine that accepts and never answers.
func silentAddress(t *testing.T) string {
	t.Helper()
	p, _ := through(t, address(t))
	p.Hush()
	return p.Addr()
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

// oneUpdated has a transaction change the session of a table of one.
func oneUpdated(t *testing.T, table string) pgx.Tx {
	t.Helper()
	tx, err := plain(t, address(t)).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE "`+table+`" SET expire = expire + interval '1 s'`); err != nil {
		t.Fatal(err)
	}
	return tx
}

func TestAStatementThatTakesTooLongIsATimeout(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d, r, table := oneSession(t, client, nil, "statement_timeout", "50")
		oneUpdated(t, table)
		if err := d.Set(t.Context(), r); drivers.Classify(err) != drivers.ClassTimeout || strings.Contains(err.Error(), "\n") {
			t.Errorf("set: %v, classed %s", err, drivers.Classify(err))
		}
	})
}

// awaitLocked returns once a connection of that name waits for another one.
func awaitLocked(t *testing.T, name string) {
	t.Helper()
	await(t, address(t), `SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`, name)
}

func TestAConflictIsBusy(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		name := "conflict-" + string(client)
		d, r, table := oneSession(t, client, nil, "application_name", name, "default_transaction_isolation", "serializable")
		tx := oneUpdated(t, table)
		answer := make(chan error)
		go func() { answer <- d.Set(t.Context(), r) }()
		awaitLocked(t, name)
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-answer; drivers.Classify(err) != drivers.ClassBusy || !strings.Contains(err.Error(), "40001") {
			t.Errorf("set: %v, classed %s", err, drivers.Classify(err))
		}
	})
}

func TestADeadlockIsBusy(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		name := "deadlock-" + string(client)
		d, first, table := oneSession(t, client, nil, "application_name", name)
		second := drivertest.Record(drivertest.NewIDs().Next(), time.Hour, 2, "")
		if err := d.Set(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		tx, err := plain(t, address(t, "deadlock_timeout", "20s")).Begin(t.Context()) // the driver notices first, after 1 s
		if err != nil {
			t.Fatal(err)
		}
		lock := func(id string) error {
			_, err := tx.Exec(t.Context(), `SELECT FROM "`+table+`" WHERE sid = $1 FOR UPDATE`, id)
			return err
		}
		if err := lock(second.ID); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error)
		go func() { answer <- d.Remove(t.Context(), slices.Values([]string{first.ID, second.ID})) }()
		awaitLocked(t, name)
		if err := lock(first.ID); err != nil {
			t.Errorf("the other side of the deadlock: %v", err)
		}
		if err := <-answer; drivers.Classify(err) != drivers.ClassBusy || !strings.Contains(err.Error(), "40P01") {
			t.Errorf("remove: %v, classed %s", err, drivers.Classify(err))
		}
	})
}

func TestTooManyConnectionsAreAnExhaustedPool(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		_, url := account(t, "CONNECTION LIMIT 1")
		connect(t, config(t, url, client, "table", place())) // keeps its connection
		_, err := drivers.Open(t.Context(), "postgres", config(t, url, client))
		if drivers.Classify(err) != drivers.ClassPoolExhausted {
			t.Errorf("open: %v, classed %s", err, drivers.Classify(err))
		}
	})
}

// locked keeps everybody from a table until release is called.
func locked(t testing.TB, table string) (release func()) {
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
func await(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	conn := plain(t, url)
	until(t, sql, func() (so bool) {
		if err := conn.QueryRow(context.Background(), sql, args...).Scan(&so); err != nil {
			t.Fatal(err)
		}
		return so
	})
}

// until returns once a condition has come true by itself.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
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
		if _, err := d.Get(ctx, r.ID); drivers.Classify(err) != drivers.ClassPoolExhausted || !errors.Is(err, context.DeadlineExceeded) {
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
