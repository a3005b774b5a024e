package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

func config(t *testing.T, path string, client drivers.Client, settings map[string]string) drivers.Config {
	t.Helper()
	s, err := drivers.Lookup("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Resolve(client, settings)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Config{URL: path, Client: client, Options: o}
}

func opened(t *testing.T, cfg drivers.Config) *driver {
	t.Helper()
	d, err := drivers.Open(t.Context(), "sqlite", cfg)
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

func sqliteRow(t *testing.T) (row struct{ SID, TSID, Expired, TExpired, TSess, Sess, Schema, Objs string }) {
	t.Helper()
	text, err := os.ReadFile("testdata/sqlite-row.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &row); err != nil {
		t.Fatal(err)
	}
	return row
}

// The recorded row was written by connect-sqlite3; ours must be the same, byte
// for byte and type for type.
func TestRowIsTheOneThatConnectSQLite3Writes(t *testing.T) {
	t.Parallel()
	want := sqliteRow(t)
	cookie, err := drivers.ParseCookie([]byte(want.Sess))
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		path := filepath.Join(t.TempDir(), "sessions")
		d := opened(t, config(t, path, client, nil))
		if err := d.Set(t.Context(), drivers.Record{ID: want.SID, Value: []byte(want.Sess), Cookie: cookie}); err != nil {
			t.Fatal(err)
		}
		got := want
		h, err := d.handles.reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(
			h.query(t.Context(), "SELECT sid, typeof(sid), CAST(expired AS TEXT), typeof(expired), typeof(sess), sess FROM sessions").
				Scan(&got.SID, &got.TSID, &got.Expired, &got.TExpired, &got.TSess, &got.Sess),
			h.query(t.Context(), "SELECT sql FROM sqlite_master WHERE type = 'table'").Scan(&got.Schema),
			h.query(t.Context(), "SELECT group_concat(name) FROM sqlite_master").Scan(&got.Objs),
		)
		d.handles.giveBack(h)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s wrote\n%+v, recorded is\n%+v", client, got, want)
		}
	}
}

func TestExpiryIsTheCookiesOrADay(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_795_423_588_083)
	d, native := &driver{now: func() time.Time { return now }, zeroIsDay: true}, &driver{now: func() time.Time { return now }}
	day := float64(24 * 60 * 60 * 1000)
	for name, c := range map[string]struct {
		cookie drivers.Cookie
		want   float64
	}{
		"an hour":            {drivers.NewCookie(now, time.Hour), millis(now) + 3_600_000},
		"over":               {drivers.NewCookie(now, -time.Second), millis(now) - 1000},
		"no maxAge":          {drivers.Cookie{}, millis(now) + day},
		"maxAge is 0 by now": {drivers.Cookie{MaxAge: time.Hour, Expires: now}, millis(now) + day},
	} {
		if got := d.expiry(c.cookie); got != c.want {
			t.Errorf("%s: %f; want %f", name, got, c.want)
		}
	}
	if got := native.expiry(drivers.Cookie{MaxAge: time.Hour, Expires: now}); got != millis(now) {
		t.Errorf("native: maxAge is 0 by now: %f; want %f", got, millis(now))
	}
}

func TestTouchWithoutMaxAgeChangesNothing(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Express, nil))
	r := drivertest.Record("id", 0, 1, "")
	if err := d.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	d.now = func() time.Time { return time.Now().Add(time.Hour) }
	if err := d.Touch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	d.now = func() time.Time { return time.Now().Add(oneDay + time.Second) }
	if _, err := d.Get(t.Context(), "id"); !errors.Is(err, drivers.ErrNotFound) {
		t.Errorf("a day after it was set: %v; want ErrNotFound", err)
	}
}

// exec runs SQL on the driver's own connection for writing.
func (d *driver) execForTest(t *testing.T, statement string) {
	t.Helper()
	if _, err := d.write(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestTableThatIsThereNeedsUseExisting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	cfg := config(t, path, drivers.Express, nil)
	app := opened(t, cfg)
	app.execForTest(t, "CREATE TABLE customers (id)")
	gone := drivers.Record{ID: "gone", Value: []byte("{}"), Cookie: drivers.NewCookie(time.Now(), -time.Hour)}
	if err := app.Set(t.Context(), gone); err != nil {
		t.Fatal(err)
	}

	if _, err := drivers.Open(t.Context(), "sqlite", cfg); !errors.Is(err, drivers.ErrExists) {
		t.Errorf("open: %v; want ErrExists", err)
	}
	cfg.UseExisting = true
	guest := opened(t, cfg)
	if n, err := guest.Prune(t.Context()); n != 0 || err != nil {
		t.Errorf("prune of somebody else's rows: %d, %v", n, err)
	}
	if n, err := guest.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("after a guest's open and prune: %d rows, %v; want the expired one still there", n, err)
	}
	if err := errors.Join(guest.Drop(t.Context()), guest.Close()); err != nil {
		t.Error(err)
	}
	if n, err := app.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("after a guest's drop: %d rows, %v", n, err)
	}
}

func TestDropLeavesTheFileOfSomebodyElse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	app := opened(t, config(t, path, drivers.Express, map[string]string{"table": "other"}))
	guest := opened(t, config(t, path, drivers.Express, nil))
	if err := errors.Join(guest.Drop(t.Context()), guest.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := app.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("the other table: %d, %v", n, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestDropAndCloseRemoveTheFileThatOpenMade(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		d := opened(t, config(t, folder, client, nil)) // a folder: the file is named like the table
		if _, err := os.Stat(filepath.Join(folder, "sessions")); err != nil {
			t.Error(err)
		}
		if err := errors.Join(d.Drop(t.Context()), d.Close()); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
			t.Errorf("%s left %v, %v", client, left, err)
		}
	}
}

func TestFileKeepsItsJournalMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	opened(t, config(t, path, drivers.Express, map[string]string{"table": "other"}))
	_, err := drivers.Open(t.Context(), "sqlite", config(t, path, drivers.Native, nil))
	if err == nil || !strings.Contains(err.Error(), "sqlite.journal_mode=delete") {
		t.Errorf("open: %v; want the way out", err)
	}
	d := opened(t, config(t, path, drivers.Native, map[string]string{"journal_mode": "delete"}))
	i, err := d.Inspect(t.Context())
	if err != nil || i.Settings["journal_mode"] != "delete" {
		t.Errorf("inspect: %+v, %v", i, err)
	}
}

func TestSettingsAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		client   drivers.Client
		settings map[string]string
		want     map[string]string
	}{
		{drivers.Express, nil, map[string]string{"journal_mode": "delete", "synchronous": "full", "busy_timeout": "1000", "connections": "1"}},
		{drivers.Native, nil, map[string]string{"journal_mode": "wal", "synchronous": "full", "busy_timeout": "5000", "connections": "5"}},
		{drivers.Express, map[string]string{"journal_mode": "wal", "synchronous": "normal", "busy_timeout": "20ms"}, map[string]string{"journal_mode": "wal", "synchronous": "normal", "busy_timeout": "20"}},
		{drivers.Native, map[string]string{"read_connections": "0"}, map[string]string{"connections": "1"}},
	} {
		d := opened(t, config(t, filepath.Join(t.TempDir(), "a?b#c%20 d.db"), c.client, c.settings))
		i, err := d.Inspect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range c.want {
			if i.Settings[name] != want {
				t.Errorf("%s %v: %s is %q; want %q", c.client, c.settings, name, i.Settings[name], want)
			}
		}
		if _, err := os.Stat(d.file.path); err != nil {
			t.Errorf("the file is not where it was asked for: %v", err)
		}
	}
}

func TestDurabilityFollowsTheSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		synchronous, journal, filesystem string
		want                             drivers.Durability
	}{
		{"full", "delete", "ext4", drivers.DurabilityCommit},
		{"full", "wal", "ext4", drivers.DurabilityCommit},
		{"normal", "delete", "ext4", drivers.DurabilityCommit},
		{"normal", "wal", "ext4", drivers.DurabilitySeconds},
		{"off", "delete", "ext4", drivers.DurabilitySeconds},
		{"full", "wal", "tmpfs", drivers.DurabilityNone},
	} {
		got := durability(map[string]string{"synchronous": c.synchronous, "journal_mode": c.journal, "filesystem": c.filesystem})
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestFailuresAreClassed(t *testing.T) {
	t.Parallel()
	r := drivertest.Record("id", time.Hour, 1, drivertest.Padding(100_000))
	for _, c := range []struct {
		name  string
		class drivers.Class
		cause func(t *testing.T, d *driver)
	}{
		{"another process writes", drivers.ClassBusy, func(t *testing.T, d *driver) { t.Cleanup(lock(t, d.file.address())) }},
		{"the disk is full", drivers.ClassOutOfMemory, func(t *testing.T, d *driver) { d.execForTest(t, "PRAGMA max_page_count = 5") }},
		{"the file is read-only", drivers.ClassReadOnly, func(t *testing.T, d *driver) { d.execForTest(t, "PRAGMA query_only = 1") }},
		{"the table is gone", drivers.ClassOther, func(t *testing.T, d *driver) { d.execForTest(t, "DROP TABLE sessions") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Express, map[string]string{"busy_timeout": "10ms"}))
			c.cause(t, d)
			if err := d.Set(t.Context(), r); drivers.Classify(err) != c.class {
				t.Errorf("set: %v, classed %s; want %s", err, drivers.Classify(err), c.class)
			}
		})
	}
}

// A call whose context ends while it waits for another process's lock does not
// sit out the busy timeout.
func TestContextEndsTheWaitForALock(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Express, map[string]string{"busy_timeout": "10m"}))
	t.Cleanup(lock(t, d.file.address()))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := d.Set(ctx, drivertest.Record("id", time.Hour, 1, ""))
	if drivers.Classify(err) != drivers.ClassTimeout {
		t.Errorf("set: %v, classed %s", err, drivers.Classify(err))
	}
}

// The wait for the one connection is the driver's pool wait.
func TestWaitingForTheConnectionIsTraced(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Express, nil))
	var free, taken drivers.Trace
	if err := d.Destroy(drivers.WithTrace(t.Context(), &free), "id"); err != nil {
		t.Fatal(err)
	}
	if !free.Pooled || free.PoolWait != 0 {
		t.Errorf("with a free connection: %+v", free)
	}
	h, err := d.handles.writer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if err := d.Destroy(drivers.WithTrace(ctx, &taken), "id"); drivers.Classify(err) != drivers.ClassTimeout {
		t.Errorf("destroy: %v", err)
	}
	d.handles.giveBack(h)
	if !taken.Pooled || taken.PoolWait <= 0 {
		t.Errorf("with the connection taken: %+v", taken)
	}
}

func TestBulkChangesSpanTransactions(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Native, nil))
	ids := drivertest.NewIDs()
	var records []drivers.Record
	var names []string
	for n := range 2*batch + 1 {
		r := drivertest.Record(ids.Next(), time.Hour, n, "")
		records, names = append(records, r), append(names, r.ID)
	}
	if err := d.Load(t.Context(), slices.Values(records)); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Count(t.Context()); n != int64(len(records)) || err != nil {
		t.Errorf("loaded %d, %v; want %d", n, err, len(records))
	}
	last := records[len(records)-1]
	if got, err := d.Get(t.Context(), last.ID); err != nil || !bytes.Equal(got.Value, last.Value) {
		t.Errorf("the last one: %s, %v", got.Value, err)
	}
	if err := d.Remove(t.Context(), slices.Values(names[1:])); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("left %d, %v; want 1", n, err)
	}
}

// A load that stops half-way leaves no transaction open.
func TestBulkChangeThatEndsLeavesTheConnectionUsable(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, filepath.Join(t.TempDir(), "x"), drivers.Express, nil))
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Load(ctx, func(yield func(drivers.Record) bool) {
		for n := 0; yield(drivertest.Record("half", time.Hour, n, "")); n++ {
			if n == 10 {
				cancel()
			}
		}
	})
	if drivers.Classify(err) != drivers.ClassCanceled {
		t.Errorf("load: %v, classed %s", err, drivers.Classify(err))
	}
	if err := d.Set(t.Context(), drivertest.Record("whole", time.Hour, 1, "")); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d rows, %v; want the one set after the load was rolled back", n, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	noDatabase := filepath.Join(folder, "text")
	if err := os.WriteFile(noDatabase, bytes.Repeat([]byte("not a database "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]drivers.Config{
		"no file":              config(t, "", drivers.Express, nil),
		"memory":               config(t, ":memory:", drivers.Express, nil),
		"a table to quote":     config(t, filepath.Join(folder, "x"), drivers.Express, map[string]string{"table": "a b; DROP TABLE c"}),
		"a missing folder":     config(t, filepath.Join(folder, "none", "x"), drivers.Express, nil),
		"what is no database":  config(t, noDatabase, drivers.Express, nil),
		"what is no database.": config(t, noDatabase, drivers.Native, nil),
	} {
		if d, err := drivers.Open(t.Context(), "sqlite", cfg); err == nil {
			d.Close()
			t.Errorf("%s: opened", name)
		}
	}
	if left, err := os.ReadDir(folder); len(left) != 1 || err != nil {
		t.Errorf("left %v, %v", left, err)
	}
}
