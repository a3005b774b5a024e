package postgres_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shape is all of a schema's table "session" that its definition decides.
const shape = `SELECT
(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attcollation::regcollation), '; ' ORDER BY attnum)
	FROM pg_attribute WHERE attrelid = t AND attnum > 0) || E'\n' ||
(SELECT string_agg(concat_ws(' ', conname, pg_get_constraintdef(oid), condeferrable, condeferred), '; ' ORDER BY conname)
	FROM pg_constraint WHERE conrelid = t) || E'\n' ||
(SELECT string_agg(replace(pg_get_indexdef(indexrelid), $1, 'S'), '; ' ORDER BY indexrelid::regclass::text)
	FROM pg_index WHERE indrelid = t)
FROM (SELECT ($1 || '.session')::regclass AS t) AS q`

func TestTableIsThatOfConnectPgSimple(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		run(t, url, `CREATE SCHEMA theirs; CREATE SCHEMA ours`)
		run(t, url+"&search_path=theirs", fixture(t, "pg-table.sql"))
		connect(t, config(t, url, client, "schema", "ours"))
		want := value[string](t, url, shape, "theirs")
		if got := value[string](t, url, shape, "ours"); got != want || !strings.Contains(want, "sess json t") {
			t.Errorf("the table is\n%s\nwant\n%s", got, want)
		}
	})
}

// recordedRow is the row that connect-pg-simple left, and the text of the file.
func recordedRow(t *testing.T) (r drivers.Record, text string) {
	t.Helper()
	text = fixture(t, "pg-session.csv")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("testdata/pg-session.csv has %d rows, %v", len(rows), err)
	}
	r = drivers.Record{ID: rows[1][0], Value: []byte(rows[1][1])}
	if r.Cookie, err = drivers.ParseCookie(r.Value); err != nil {
		t.Fatal(err)
	}
	return r, text
}

// utc are the parameters under which the row was recorded.
var utc = []string{"TimeZone", "UTC"}

func TestWhatIsLeftIsWhatConnectPgSimpleLeft(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		r, want := recordedRow(t)
		url := ownDatabase(t, utc...)
		d := connect(t, config(t, url, client))
		left := func(when string) {
			t.Helper()
			var got bytes.Buffer
			if _, err := plain(t, url).PgConn().CopyTo(t.Context(), &got, `COPY (SELECT sid, sess, expire FROM session) TO STDOUT CSV HEADER`); err != nil {
				t.Fatal(err)
			}
			if got.String() != want {
				t.Errorf("%s left\n%s\nwant\n%s", when, got.String(), want)
			}
		}
		if err := d.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		left("set")
		other := r
		other.Cookie.Expires = r.Cookie.Expires.Add(time.Hour)
		if err := errors.Join(d.Touch(t.Context(), other), d.Touch(t.Context(), r)); err != nil {
			t.Fatal(err)
		}
		left("touch")
		if err := d.Load(t.Context(), func(yield func(drivers.Record) bool) { _ = yield(other) && yield(r) }); err != nil {
			t.Fatal(err)
		}
		left("load")
	})
}

func TestWhatConnectPgSimpleLeftIsRead(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		r, text := recordedRow(t)
		url := ownDatabase(t, utc...)
		run(t, url, fixture(t, "pg-table.sql"))
		if _, err := plain(t, url).PgConn().CopyFrom(t.Context(), strings.NewReader(text), `COPY session (sid, sess, expire) FROM STDIN CSV HEADER`); err != nil {
			t.Fatal(err)
		}
		run(t, url, `UPDATE session SET expire = now() + interval '1 hour'`)
		cfg := config(t, url, client)
		cfg.UseExisting = true
		got, err := connect(t, cfg).Get(t.Context(), r.ID)
		if err != nil || string(got.Value) != string(r.Value) {
			t.Errorf("get gave %s, %v; stored is %s", got.Value, err, r.Value)
		}
	})
}

func TestATableThatWasThereIsLeftAlone(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		run(t, url, fixture(t, "pg-table.sql")+`;
			INSERT INTO session VALUES ('theirs', '{}', now() - interval '1 day'), ('bench', '{}', now())`)
		cfg := config(t, url, client)
		_, err := drivers.Open(t.Context(), "postgres", cfg)
		if !errors.Is(err, drivers.ErrExists) || !strings.Contains(err.Error(), `"session"`) || !strings.Contains(err.Error(), "--use-existing") {
			t.Errorf("open: %v; want ErrExists with the table's name and --use-existing", err)
		}
		cfg.UseExisting = true
		d := connect(t, cfg)
		if n, err := d.Prune(t.Context()); n != 0 || err != nil {
			t.Errorf("prune removed %d of somebody's sessions, %v", n, err)
		}
		if n, err := d.Clean(t.Context(), "", drivertest.AnyID); n != 0 || err == nil {
			t.Errorf("clean of all: removed %d, %v; want an error", n, err)
		}
		if n, err := d.Clean(t.Context(), "bench", drivertest.AnyID); n != 1 || err != nil {
			t.Errorf("clean: removed %d, %v; want 1", n, err)
		}
		if err := d.Drop(t.Context()); err != nil {
			t.Error(err)
		}
		if n := value[int](t, url, `SELECT count(*) FROM session WHERE sid = 'theirs'`); n != 1 {
			t.Error("somebody's session is gone")
		}
		in, err := d.Inspect(t.Context())
		if err != nil || !strings.HasPrefix(in.Settings["purge"], "off") {
			t.Errorf("inspect: %v, %v; want purge off", in.Settings, err)
		}
	})
}

func TestATableOfAnotherShapeIsNamedAtOnce(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		run(t, url, `CREATE TABLE session (id text)`)
		cfg := config(t, url, client)
		cfg.UseExisting = true
		if _, err := drivers.Open(t.Context(), "postgres", cfg); err == nil || !strings.Contains(err.Error(), `column "sess" does not exist`) {
			t.Errorf("open: %v", err)
		}
	})
}

func TestATableThatAKilledRunLeftIsTakenOver(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		run(t, url, `CREATE SCHEMA "it's"`)
		settings := []string{"schema", "it's", "table", `a "b" 'c'`}
		killed := connect(t, config(t, url, client, settings...))
		r := drivertest.Record("run1-a", time.Hour, 1, "")
		if err := killed.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		next := connect(t, config(t, url, client, settings...))
		tables := func() int {
			return value[int](t, url, `SELECT count(*) FROM pg_tables WHERE schemaname = 'it''s'`)
		}
		if err := next.Drop(t.Context()); err != nil || tables() != 1 {
			t.Errorf("drop of one with sessions: %v, %d tables left", err, tables())
		}
		if n, err := next.Clean(t.Context(), "run1-", drivertest.AnyID); n != 1 || err != nil {
			t.Errorf("clean: %d, %v", n, err)
		}
		for range 2 {
			if err := next.Drop(t.Context()); err != nil || tables() != 0 {
				t.Errorf("drop of an empty one: %v, %d tables left", err, tables())
			}
		}
		if err := killed.Drop(t.Context()); err != nil {
			t.Errorf("drop of a table that is gone: %v", err)
		}
	})
}

func TestNoTableIsMadeWithoutPermission(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		_, err := drivers.Open(t.Context(), "postgres", config(t, url, client, "create_table", "false"))
		if err == nil || !strings.Contains(err.Error(), `no table "session"`) {
			t.Errorf("open: %v", err)
		}
		if n := value[int](t, url, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); n != 0 {
			t.Errorf("%d tables were made", n)
		}
	})
}

func TestOptionsDecideTheEndOfASession(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		cases := []struct {
			name         string
			settings     []string
			cookie       time.Duration
			set, touched time.Duration // from now, after set and after a touch to two hours
		}{
			{"default", nil, time.Hour, time.Hour, 2 * time.Hour},
			{"session cookie", nil, 0, 24 * time.Hour, 2 * time.Hour},
			{"ttl", []string{"ttl", "10m"}, 0, 10 * time.Minute, 2 * time.Hour},
			{"ttl does not change a cookie's", []string{"ttl", "10m"}, time.Hour, time.Hour, 2 * time.Hour},
			{"disable_touch", []string{"disable_touch", "true"}, time.Hour, time.Hour, time.Hour},
		}
		for _, c := range cases {
			url := ownDatabase(t)
			d := connect(t, config(t, url, client, c.settings...))
			check := func(when string, want time.Duration) {
				t.Helper()
				const left = `SELECT extract(epoch FROM expire - (now() AT TIME ZONE current_setting('TimeZone')))::float8 FROM session`
				got := value[float64](t, url, left)
				if got > want.Seconds()+1 || got < want.Seconds()-60 {
					t.Errorf("%s: %v s left after %s, want %v", c.name, got, when, want)
				}
			}
			r := drivertest.Record("id", c.cookie, 1, "")
			if err := d.Set(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			check("set", c.set)
			r.Cookie = drivers.NewCookie(time.Now(), 2*time.Hour)
			if err := d.Touch(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			check("touch", c.touched)
		}
	})
}

// Shards of a run begin at the same moment, on a table that none of them finds.
func TestOfSeveralThatMakeTheTableOneDoesAndAllUseIt(t *testing.T) {
	t.Parallel()
	for range 5 {
		url := ownDatabase(t)
		cfg := config(t, url, drivers.Express)
		var opening sync.WaitGroup
		opened := make([]drivers.Driver, 6)
		for i := range opened {
			opening.Go(func() {
				d, err := drivers.Open(t.Context(), "postgres", cfg)
				if err != nil {
					t.Error(err)
					return
				}
				opened[i] = d
			})
		}
		opening.Wait()
		for i, d := range opened {
			if d == nil {
				continue
			}
			if err := d.Set(t.Context(), drivertest.Record(fmt.Sprint("id", i), time.Hour, 0, drivertest.Padding(9))); err != nil {
				t.Error(err)
			}
			d.Close()
		}
	}
}
