package interop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/middleware"
	"github.com/sessionbench/bench/scenarios"
)

// step is one call of both sides, with a cookie that was renewed some time ago.
type step struct {
	call     drivers.Call
	lifetime time.Duration
	ago      time.Duration
	over     bool // the call comes when a session that was set brief is over
}

// brief stands for a lifetime that is long enough for both sides to set a session
// and look at it.
const brief = -1

var (
	get     = step{call: drivers.Get}
	destroy = step{call: drivers.Destroy}
)

func set(lifetime time.Duration) step   { return step{call: drivers.Set, lifetime: lifetime} }
func touch(lifetime time.Duration) step { return step{call: drivers.Touch, lifetime: lifetime} }

// twice are calls that a middleware's store and a driver make on sessions of
// their own. Whatever is done, both must answer alike and leave the same.
var twice = []struct {
	name  string
	kinds []kind
	steps []step
}{
	{"a whole life", kinds, []step{set(time.Hour), get, touch(2 * time.Hour), get, set(time.Hour), get, touch(time.Hour), destroy, get}},
	{"a session without maxAge", kinds[:1], []step{set(0), get, touch(0), get, touch(time.Hour), get, set(0), get}},
	{"a missing session", kinds[:1], []step{get, touch(time.Hour), get, destroy, get, set(time.Hour), get}},
	{"a destroyed session", kinds[:1], []step{set(time.Hour), destroy, touch(time.Hour), get, destroy, set(time.Hour), get}},
	{"an expired session", kinds[:1], []step{set(brief), {call: drivers.Get, over: true}, touch(time.Hour), get, set(time.Hour), get}},
	{"a session that was over when it was saved", kinds[:1], []step{{call: drivers.Set, lifetime: time.Hour, ago: 2 * time.Hour}, get, touch(time.Hour), get}},
	{"a touch into the past", kinds[:1], []step{set(time.Hour), {call: drivers.Touch, lifetime: time.Hour, ago: 2 * time.Hour}, get, touch(time.Hour), get}},
	{"a life of more than a year", kinds[:1], []step{set(400 * 24 * time.Hour), get, touch(401 * 24 * time.Hour), get}},
}

func eachCallIsTheirs(t *testing.T, s sides) {
	for _, c := range twice {
		t.Run(c.name, func(t *testing.T) {
			s.parallel(t)
			for _, k := range c.kinds {
				for life := short; !s.callTwice(t, k, c.steps, life) && life < time.Minute; life *= 2 {
					t.Logf("%v were too short", life)
				}
			}
		})
	}
}

// callTwice makes the calls. It gives up when a session of this brief lifetime was
// over before it was looked at.
func (s sides) callTwice(t *testing.T, k kind, steps []step, life time.Duration) (inTime bool) {
	theirs, ours := s.ids.Next(), s.ids.Next()
	var wrote time.Duration // how long the slowest two writes took
	for i, step := range steps {
		if step.over {
			time.Sleep(life + s.facts.Granularity + tick)
		}
		lifetime := step.lifetime
		if lifetime == brief {
			lifetime = life
		}
		began := time.Now()
		r := renewed(t, k.record(ours), drivers.NewCookie(began.Add(-step.ago), lifetime))
		var want, got result
		want.value, want.err = s.store(t.Context(), step.call, drivers.Record{ID: theirs, Value: r.Value})
		got.value, got.err = call(t.Context(), s.driver, step.call, r)
		if step.call == drivers.Set || step.call == drivers.Touch {
			wrote = max(wrote, time.Since(began))
		}
		want.left, got.left = s.look(t, theirs), s.look(t, ours)
		if step.lifetime == brief && time.Since(began) >= life {
			return false
		}
		if wrong := got.differs(want, wrote+s.facts.Granularity+tick); wrong != "" {
			t.Errorf("%s, step %d, the driver's %s and the middleware's: %s", k.name, i, step.call, wrong)
		}
	}
	return true
}

// renewed is a session with this cookie.
func renewed(t testing.TB, r drivers.Record, c drivers.Cookie) drivers.Record {
	t.Helper()
	value, err := drivers.AppendRenewed(nil, r.Value, c)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Record{ID: r.ID, Value: value, Cookie: c}
}

// result is what one side's call answered and left.
type result struct {
	value string
	err   error
	left  stored
}

// differs tells in what two results differ. When the sessions expire may be so
// far apart.
func (r result) differs(other result, apart time.Duration) string {
	switch {
	case outcome(r.err) != outcome(other.err):
		return fmt.Sprintf("errors %v and %v", r.err, other.err)
	case plain(r.value) != plain(other.value):
		return fmt.Sprintf("gave\n%.300s and\n%.300s", r.value, other.value)
	case r.left.shape != other.left.shape || plain(r.left.value) != plain(other.left.value):
		return fmt.Sprintf("left\n%s: %.300s and\n%s: %.300s", r.left.shape, r.left.value, other.left.shape, other.left.value)
	case r.left.expires.Sub(other.left.expires).Abs() > apart:
		return fmt.Sprintf("left sessions that expire at %v and %v", r.left.expires, other.left.expires)
	}
	return ""
}

// call makes one call of a driver.
func call(ctx context.Context, d drivers.Driver, call drivers.Call, r drivers.Record) (value string, err error) {
	switch call {
	case drivers.Get:
		r, err = d.Get(ctx, r.ID)
		return string(r.Value), err
	case drivers.Set:
		return "", d.Set(ctx, r)
	case drivers.Touch:
		return "", d.Touch(ctx, r)
	}
	return "", d.Destroy(ctx, r.ID)
}

// outcome is what an application can tell from an error.
func outcome(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, drivers.ErrNotFound):
		return "missing"
	}
	return err.Error()
}

// deadCookies has lower bounds only: the file store's five retries, and nothing
// elsewhere.
func deadCookies(t *testing.T, s sides) {
	id := s.ids.Next()
	least := s.facts.MissDelay * 9 / 10 // Node's timers may be a little early
	for side, look := range map[string]func(){"app": func() { s.isAnonymous(t, id) }, "driver": func() { s.isGone(t, id) }} {
		began := time.Now()
		look()
		if took := time.Since(began); took < least {
			t.Errorf("%s: %v; Facts.MissDelay is %v", side, took, s.facts.MissDelay)
		}
	}
}

// TestALockedFileIsBusyForBoth locks the file with a connection of its own.
func TestALockedFileIsBusyForBoth(t *testing.T) {
	t.Parallel()
	s := openSides(t, storeNamed(t, "sqlite"), drivers.Express)
	r := s.set(t, kinds[0].record(s.ids.Next()))
	s.me(t, r.ID) // so that the app has begun
	db, err := sql.Open("sqlite", s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []drivers.Call{drivers.Get, drivers.Set, drivers.Touch, drivers.Destroy} {
		if _, err := call(t.Context(), s.driver, c, r); drivers.Classify(err) != drivers.ClassBusy {
			t.Errorf("the driver's %s: %v, classed %s", c, err, drivers.Classify(err))
		}
		var said *storeError
		if _, err := s.store(t.Context(), c, r); !errors.As(err, &said) || said.Code != "SQLITE_BUSY" {
			t.Errorf("the middleware's %s: %v", c, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got := s.me(t, r.ID); got != string(r.Value) {
		t.Errorf("afterwards the app reads %s", got)
	}
	if got := string(s.get(t, r.ID).Value); got != string(r.Value) {
		t.Errorf("afterwards the driver reads %s", got)
	}
}

func TestBothDeleteAFileThatIsNotJSON(t *testing.T) {
	t.Parallel()
	s := openSides(t, storeNamed(t, "file"), drivers.Express)
	for name, read := range map[string]func(id string) error{
		"app": func(id string) error {
			_, err := s.store(t.Context(), drivers.Get, drivers.Record{ID: id})
			return err
		},
		"driver": func(id string) error {
			_, err := s.driver.Get(t.Context(), id)
			return err
		},
	} {
		file := filepath.Join(s.url, name+".json")
		if err := os.WriteFile(file, []byte(`{"cookie":{`), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := read(name); err == nil || errors.Is(err, drivers.ErrNotFound) {
			t.Errorf("%s: %v; want an error that tells what is wrong", name, err)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file is still there (%v)", name, err)
		}
	}
}

// recorder is a store that notes its calls.
type recorder struct {
	calls []string
	found bool
}

func (r *recorder) note(call drivers.Call) error {
	r.calls = append(r.calls, call.String())
	return nil
}

func (r *recorder) Get(_ context.Context, id string) (drivers.Record, error) {
	r.note(drivers.Get)
	if !r.found {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{ID: id}, nil
}

func (r *recorder) Set(context.Context, drivers.Record) error   { return r.note(drivers.Set) }
func (r *recorder) Touch(context.Context, drivers.Record) error { return r.note(drivers.Touch) }
func (r *recorder) Destroy(context.Context, string) error       { return r.note(drivers.Destroy) }
func (r *recorder) Now() time.Time                              { return time.Now() }
func (r *recorder) Save(drivers.Cookie) []byte                  { return nil }

// loadsCalls compares the app's requests with internal/middleware's operations.
func loadsCalls(t *testing.T, s sides) {
	login := []byte(`{"data":{"user":{"id":42},"n":3}}`)
	id, again := s.must(t, "POST", "/login", "", login).id, s.must(t, "POST", "/login", "", login).id
	if _, err := s.calls(); err != nil {
		t.Fatal(err)
	}
	express := middleware.Middleware{Settings: scenarios.Middleware{LoginSaves: 2, Touch: true}}
	for _, c := range []struct {
		kind             scenarios.Kind
		method, path, id string
		found            bool
	}{
		{scenarios.Login, "POST", "/login", "", false},
		{scenarios.Login, "POST", "/login", again, true},
		{scenarios.Read, "GET", "/me", id, true},
		{scenarios.Write, "POST", "/increment", id, true},
		{scenarios.Logout, "POST", "/logout", id, true},
		{scenarios.Anonymous, "GET", "/me", id, false},
	} {
		if _, err := s.ask(t.Context(), c.method, c.path, c.id, login); err != nil {
			t.Fatal(err)
		}
		got, err := s.calls()
		if err != nil {
			t.Fatal(err)
		}
		want := &recorder{found: c.found}
		if _, err := express.Serve(t.Context(), want, want, c.kind, middleware.Request{Cookie: c.id}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want.calls) {
			t.Errorf("%s with the cookie %q: the app calls %v, internal/middleware %v", c.kind, c.id, got, want.calls)
		}
	}
}
