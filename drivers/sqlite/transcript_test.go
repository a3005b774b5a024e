package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// tracing is the engine as the driver uses it, with each statement noted as
// SQLite's own trace prints it: the values in place of the "?".
type tracing struct{ sqldriver.Driver }

// traced are the statements since the last look. One test at a time uses it.
var traced struct {
	sync.Mutex
	statements []string
}

func init() {
	db, err := sql.Open(engine, "")
	if err != nil {
		panic(err)
	}
	sql.Register("traced", tracing{db.Driver()})
}

func (t tracing) Open(name string) (sqldriver.Conn, error) {
	conn, err := t.Driver.Open(name)
	return tracedConn{conn}, err
}

type tracedConn struct{ sqldriver.Conn }

func (c tracedConn) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	note(query, args)
	return c.Conn.(sqldriver.ExecerContext).ExecContext(ctx, query, args)
}

func (c tracedConn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	note(query, args)
	return c.Conn.(sqldriver.QueryerContext).QueryContext(ctx, query, args)
}

func note(query string, args []sqldriver.NamedValue) {
	for _, a := range args {
		var literal string
		switch v := a.Value.(type) {
		case float64:
			literal = strconv.FormatFloat(v, 'f', 1, 64)
		case string:
			literal = "'" + strings.ReplaceAll(v, "'", "''") + "'"
		default:
			literal = fmt.Sprintf("%T", v) // never among what was recorded
		}
		query = strings.Replace(query, "?", literal, 1)
	}
	traced.Lock()
	defer traced.Unlock()
	traced.statements = append(traced.statements, query)
}

// taken are the statements since the last look, without those that tell the
// engine how to work.
func taken() []string {
	traced.Lock()
	defer traced.Unlock()
	all := slices.DeleteFunc(traced.statements, func(s string) bool { return strings.HasPrefix(s, "PRAGMA ") && !strings.HasPrefix(s, setWAL) })
	traced.statements = nil
	return all
}

var (
	recordedGet     = regexp.MustCompile(`^SELECT sess FROM sessions WHERE sid = '([^']*)' AND (\S+) <= expired$`)
	recordedSet     = regexp.MustCompile(`^INSERT OR REPLACE INTO sessions VALUES \('([^']*)', (\S+), '(.*)'\)$`)
	recordedTouch   = regexp.MustCompile(`^UPDATE sessions SET expired=(\S+) WHERE sid = '([^']*)' AND (\S+) <= expired$`)
	recordedDestroy = regexp.MustCompile(`^DELETE FROM sessions WHERE sid = '([^']*)'$`)
	recordedPrune   = regexp.MustCompile(`^DELETE FROM sessions WHERE (\S+) > expired$`)
)

func at(t *testing.T, millis string) time.Time {
	t.Helper()
	n, err := strconv.ParseFloat(millis, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMilli(int64(n))
}

// replay makes the call that sent a recorded statement, at the time that it was
// made. What is no call of connect-sqlite3's is none of ours.
func replay(t *testing.T, d *driver, statement string) (ours bool, err error) {
	t.Helper()
	set := func(moment time.Time) { d.now = func() time.Time { return moment } }
	if m := recordedGet.FindStringSubmatch(statement); m != nil {
		set(at(t, m[2]))
		_, err = d.Get(t.Context(), m[1])
	} else if m := recordedSet.FindStringSubmatch(statement); m != nil {
		r := drivers.Record{ID: m[1], Value: []byte(m[3])}
		set(at(t, m[2]).Add(-oneDay)) // of a session without maxAge
		if !strings.Contains(m[3], `"expires":null`) {
			r.Cookie = drivers.Cookie{MaxAge: time.Hour, Expires: at(t, m[2])}
		}
		err = d.Set(t.Context(), r)
	} else if m := recordedTouch.FindStringSubmatch(statement); m != nil {
		set(at(t, m[3]))
		err = d.Touch(t.Context(), drivers.Record{ID: m[2], Cookie: drivers.Cookie{MaxAge: time.Hour, Expires: at(t, m[1])}})
	} else if m := recordedDestroy.FindStringSubmatch(statement); m != nil {
		err = d.Destroy(t.Context(), m[1])
	} else if m := recordedPrune.FindStringSubmatch(statement); m != nil {
		set(at(t, m[1]))
		_, err = d.Prune(t.Context())
	} else if statement == d.sql.count {
		_, err = d.Count(t.Context())
	} else {
		return false, nil
	}
	return true, err
}

func tracedStore(t *testing.T, settings map[string]string) *driver {
	t.Helper()
	d, err := opener("traced")(t.Context(), config(t, filepath.Join(t.TempDir(), "sessions"), drivers.Express, settings))
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

// The transcript has what SQLite's trace printed of connect-sqlite3.
func TestExpressSendsWhatConnectSQLite3Sent(t *testing.T) {
	transcript, err := os.ReadFile("testdata/sqlite-statements.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := tracedStore(t, nil)
	taken()
	compared := 0
	for line := range strings.Lines(string(transcript)) {
		want, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		if !ok {
			continue
		}
		ours, err := replay(t, d, want)
		if err != nil && !errors.Is(err, drivers.ErrNotFound) {
			t.Errorf("%s: %v", want, err)
		}
		if !ours {
			continue
		}
		if got := taken(); !slices.Equal(got, []string{want}) {
			t.Errorf("sent\n%q, recorded is\n%q", got, want)
		}
		compared++
	}
	if compared < 30 {
		t.Errorf("only %d statements were compared", compared)
	}
}

// Wire has "?" where the trace has values.
func TestWireIsWhatIsSent(t *testing.T) {
	for _, settings := range []map[string]string{nil, {"journal_mode": "wal", "table": "t"}} {
		taken()
		d := tracedStore(t, settings)
		sent := map[string][]string{"open": taken()}
		r := drivers.Record{ID: "id", Value: []byte("json"), Cookie: drivers.NewCookie(time.Now(), time.Hour)}
		for name, call := range map[string]func() error{
			"get":     func() error { _, err := d.Get(t.Context(), r.ID); return err },
			"set":     func() error { return d.Set(t.Context(), r) },
			"touch":   func() error { return d.Touch(t.Context(), r) },
			"destroy": func() error { return d.Destroy(t.Context(), r.ID) },
			"prune":   func() error { _, err := d.Prune(t.Context()); return err },
		} {
			if err := call(); err != nil && !errors.Is(err, drivers.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
			sent[name] = taken()
		}
		for _, w := range wire(config(t, "", drivers.Express, settings)) {
			if !slices.EqualFunc(w.Sends, sent[w.Call], isFilledIn) {
				t.Errorf("%s sent\n%q; wire says\n%q", w.Call, sent[w.Call], w.Sends)
			}
		}
	}
}

// isFilledIn tells whether line is the statement with a literal for each "?".
func isFilledIn(statement, line string) bool {
	parts := strings.Split(statement, "?")
	rest, ok := strings.CutPrefix(line, parts[0])
	for _, part := range parts[1:] {
		if !ok || rest == "" {
			return false
		}
		if part == "" {
			return true
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && rest == ""
}
