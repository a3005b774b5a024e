package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/faultproxy"
)

// troubles bring about each class of failure. With one connection a call that
// leaves it broken, or does not give it back, leaves none for the next.
var troubles = map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble{
	drivers.ClassRefused:          refused,
	drivers.ClassReset:            reset,
	drivers.ClassTooManyOpenFiles: tooManyOpenFiles,
	drivers.ClassPoolExhausted:    tooManyConnections,
	drivers.ClassBusy:             busy,
	drivers.ClassAuth:             revoked,
	drivers.ClassReadOnly:         readOnly,
	drivers.ClassOutOfMemory:      diskFull,
}

// through is an address of the server's behind a proxy. The driver's end leaves
// no connection there.
func through(t testing.TB, url string) (*faultproxy.Proxy, string) {
	t.Helper()
	p, url := drivertest.Through(t, url)
	t.Cleanup(func() { until(t, "every connection is closed", func() bool { return p.Open() == 0 }) })
	return p, url
}

// account makes an account with a schema of its own, named alike, and gives the
// address to log in there. The driver's end leaves no connection of it.
func account(t testing.TB, attributes string) (role, url string) {
	t.Helper()
	role = fmt.Sprintf("role%d", places.Add(1))
	run(t, address(t), fmt.Sprintf(`CREATE ROLE %s LOGIN PASSWORD 'x' %s; CREATE SCHEMA AUTHORIZATION %[1]s`, role, attributes))
	t.Cleanup(func() { awaitNone(t, role) })
	return role, as(t, role, "x")
}

// disconnect ends an account's connections.
func disconnect(t testing.TB, role string) {
	t.Helper()
	value[int](t, address(t), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1`, role)
	awaitNone(t, role)
}

// awaitNone returns once an account has no connection.
func awaitNone(t testing.TB, role string) {
	t.Helper()
	await(t, address(t), `SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = $1`, role)
}

// with are the settings of a driver with so many connections and a table of its
// own, which is given too.
func with(connections int) (settings map[string]string, table string) {
	table = place()
	return map[string]string{"pool_size": fmt.Sprint(connections), "table": table}, table
}

// refused is a server that is away.
func refused(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	p, url := through(t, address(t))
	settings, _ := with(1)
	return &drivertest.Trouble{
		URL: url, Settings: settings,
		StartWith: func(t testing.TB, d drivers.Driver) {
			p.Away()
			drivertest.AwaitFailure(t, d, drivers.ClassRefused)
		},
		Stop: func(testing.TB) { p.Back() },
	}
}

// reset breaks the connection on which a call comes: by the table's name in the
// statement, or the statement's own.
func reset(t testing.TB, client drivers.Client) *drivertest.Trouble {
	p, url := through(t, address(t))
	settings, table := with(1)
	word := map[drivers.Client]string{drivers.Express: table, drivers.Native: "bench_"}[client]
	return &drivertest.Trouble{
		URL: url, Settings: settings,
		Start: func(testing.TB) { p.On(word, p.Reset) },
		Stop:  func(testing.TB) { p.On("", nil) },
	}
}

// tooManyOpenFiles leaves no descriptor for a second connection.
func tooManyOpenFiles(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	p, url := through(t, address(t))
	settings, _ := with(2)
	var give, release func()
	return &drivertest.Trouble{
		URL: url, Settings: settings,
		StartWith: func(t testing.TB, d drivers.Driver) {
			release = drivertest.Hold(t, d, p)
			give = drivertest.UseAllDescriptors(t)
		},
		Stop: func(testing.TB) { give(); release() },
	}
}

// tooManyConnections takes the account's only connection from the driver.
func tooManyConnections(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	role, url := account(t, "CONNECTION LIMIT 1")
	settings, _ := with(1)
	var ours *pgx.Conn
	return &drivertest.Trouble{
		URL: url, Settings: settings,
		StartWith: func(t testing.TB, d drivers.Driver) {
			disconnect(t, role)
			ours = plain(t, url)
			drivertest.AwaitFailure(t, d, drivers.ClassPoolExhausted)
		},
		Stop: func(t testing.TB) {
			ours.Close(t.Context())
			awaitNone(t, role)
		},
	}
}

// busy has a transaction lock the table, for longer than the driver's waits.
func busy(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	settings, table := with(1)
	var release func()
	return &drivertest.Trouble{
		URL: address(t, "lock_timeout", "20"), Settings: settings,
		Start: func(t testing.TB) { release = locked(t, table) },
		Stop:  func(testing.TB) { release() },
	}
}

// revoked takes an account's rights away while it is logged in.
func revoked(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	role, url := account(t, "")
	settings, table := with(1)
	rights := fmt.Sprintf(`ALL ON %s.%q`, role, table)
	return &drivertest.Trouble{
		URL: url, Settings: settings,
		Start: func(t testing.TB) { run(t, address(t), `REVOKE `+rights+` FROM `+role) },
		Stop:  func(t testing.TB) { run(t, address(t), `GRANT `+rights+` TO `+role) },
	}
}

// readOnly makes the account's next connections read only, as those to a standby
// are that took the server's place.
func readOnly(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	role, url := account(t, "")
	settings, _ := with(1)
	var d drivers.Driver
	change := func(t testing.TB, how string) {
		run(t, address(t), `ALTER ROLE `+role+` `+how)
		disconnect(t, role)
		until(t, "there is a new connection", func() bool {
			_, err := d.Get(t.Context(), "any")
			return errors.Is(err, drivers.ErrNotFound)
		})
	}
	return &drivertest.Trouble{
		URL: url, Settings: settings, Calls: []drivers.Call{drivers.Set, drivers.Touch, drivers.Destroy},
		StartWith: func(t testing.TB, opened drivers.Driver) {
			d = opened
			change(t, "SET default_transaction_read_only = on")
		},
		Stop: func(t testing.TB) { change(t, "RESET default_transaction_read_only") },
	}
}

// diskFull has the table on a disk that has no room for one row more.
func diskFull(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	disk := drivertest.NewDisk(t, 1<<20)
	space := tablespace(t, disk.Folder)
	settings, table := with(1)
	return &drivertest.Trouble{
		URL: address(t, "default_tablespace", space), Settings: settings, Calls: []drivers.Call{drivers.Set, drivers.Touch},
		Start: func(t testing.TB) {
			disk.Fill(t)
			fill(t, table)
		},
		Stop: func(t testing.TB) {
			disk.Empty(t)
			run(t, address(t), `DELETE FROM "`+table+`" WHERE sid LIKE '`+filler+`%'`)
		},
	}
}

const filler = "filler"

// tablespace makes one in a folder, which becomes the server's account's.
func tablespace(t testing.TB, folder string) (name string) {
	t.Helper()
	data, err := os.Stat(value[string](t, address(t), "SHOW data_directory"))
	if err != nil {
		t.Fatal(err)
	}
	owner := data.Sys().(*syscall.Stat_t)
	if err := errors.Join(os.Chown(folder, int(owner.Uid), int(owner.Gid)), os.Chmod(filepath.Dir(folder), 0o711)); err != nil {
		t.Fatal(err)
	}
	name = fmt.Sprintf("space%d", places.Add(1))
	run(t, address(t), `CREATE TABLESPACE `+name+` LOCATION '`+folder+`'`)
	t.Cleanup(func() { run(t, address(t), `DROP TABLESPACE `+name) })
	return name
}

// fill uses up the room that is left in a table's pages.
func fill(t testing.TB, table string) {
	t.Helper()
	conn := plain(t, address(t))
	insert := `INSERT INTO "` + table + `" (sid, sess, expire) VALUES ($1, '{}', 'epoch')`
	const most = 10_000 // rows of 50 bytes, in a few pages
	for n := range most {
		_, err := conn.Exec(context.Background(), insert, fmt.Sprint(filler, n))
		var refusal *pgconn.PgError
		if errors.As(err, &refusal) && refusal.Code == "53100" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%d rows went in", most)
}
