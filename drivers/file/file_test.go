package file

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

var lastMember = regexp.MustCompile(`,?"__lastAccess":\d+}$`)

func config(t *testing.T, path string, client drivers.Client, settings map[string]string) drivers.Config {
	t.Helper()
	s, err := drivers.Lookup("file")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Resolve(client, settings)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Config{URL: path, Client: client, Options: o}
}

// store is what both clients are.
type store interface {
	drivers.Driver
	drivers.Loader
	drivers.Pruner
	drivers.Cleaner
	drivers.Dropper
	drivers.Inspector
	drivers.Meter
}

func opened(t *testing.T, cfg drivers.Config) store {
	t.Helper()
	d, err := drivers.Open(t.Context(), "file", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.(store)
}

// expressAt is the express client at a moment of the test's choice.
func expressAt(t *testing.T, dir string, now *time.Time) *express {
	t.Helper()
	e := opened(t, config(t, dir, drivers.Express, map[string]string{"retries": "1", "retry_delay": "1ms"})).(*express)
	e.now = func() time.Time { return *now }
	return e
}

const recordedID = "KlApf9k30uJ8Wl6hDpIgRmMkIrvSLAMH"

func recordedFile(t *testing.T) []byte {
	t.Helper()
	value, err := os.ReadFile(filepath.Join("testdata", recordedID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The recorded file was written by session-file-store; ours must be the same,
// byte for byte, name included.
func TestFileIsTheOneThatSessionFileStoreWrites(t *testing.T) {
	t.Parallel()
	want := recordedFile(t)
	now := time.UnixMilli(1_795_423_587_948)
	given := lastMember.ReplaceAll(want, []byte("}"))
	cookie, err := drivers.ParseCookie(given)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e := expressAt(t, dir, &now)
	if err := e.Set(t.Context(), drivers.Record{ID: recordedID, Value: given, Cookie: cookie}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, recordedID+".json"))
	if err != nil || string(got) != string(want) {
		t.Errorf("wrote\n%s, recorded is\n%s, %v", got, want, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

func TestExpiryCountsFromTheLastAccess(t *testing.T) {
	t.Parallel()
	accessed := time.UnixMilli(1_795_423_587_948)
	for _, c := range []struct {
		name, value string
		after       time.Duration
		want        bool
	}{
		{"in the last moment", string(recordedFile(t)), time.Hour, false},
		{"over", string(recordedFile(t)), time.Hour + time.Millisecond, true},
		{"cookie.expires does not count", `{"cookie":{"originalMaxAge":3600000,"expires":"2001-01-01T00:00:00.000Z"},"__lastAccess":1795423587948}`, time.Minute, false},
		{"no maxAge: ttl", `{"cookie":{"originalMaxAge":null,"expires":null},"__lastAccess":1795423587948}`, 2 * time.Hour, false},
		{"no maxAge: ttl is over", `{"cookie":{"originalMaxAge":null,"expires":null},"__lastAccess":1795423587948}`, 2*time.Hour + time.Millisecond, true},
		{"no __lastAccess: never", `{"cookie":{"originalMaxAge":1,"expires":null}}`, 1e6 * time.Hour, false},
		{"a deeper one is none", `{"cookie":{"originalMaxAge":1},"a":{"__lastAccess":5}}`, 1e6 * time.Hour, false},
		{"the cookie elsewhere", `{"__lastAccess":1795423587948,"cookie":{"originalMaxAge":60000}}`, time.Minute + time.Millisecond, true},
		{"no cookie at all: ttl", `{"__lastAccess":1795423587948}`, 2*time.Hour + time.Millisecond, true},
		{"not even an object", `5`, time.Hour, false},
	} {
		if got := expired([]byte(c.value), 2*time.Hour, accessed.Add(c.after)); got != c.want {
			t.Errorf("%s: expired %t after %v", c.name, got, c.after)
		}
	}
}

func TestLastAccessIsSetWhereItStands(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(42)
	for value, want := range map[string]string{
		`{}`:                                        `{"__lastAccess":42}`,
		`{"a":1}`:                                   `{"a":1,"__lastAccess":42}`,
		"{\"a\":1\n}":                               "{\"a\":1\n,\"__lastAccess\":42}",
		`{"a":1,"__lastAccess":7}`:                  `{"a":1,"__lastAccess":42}`,
		`{"__lastAccess":7,"a":1}`:                  `{"__lastAccess":42,"a":1}`,
		`{"a":{"__lastAccess":7}}`:                  `{"a":{"__lastAccess":7},"__lastAccess":42}`,
		`{"a":[{"__lastAccess":7}]}`:                `{"a":[{"__lastAccess":7}],"__lastAccess":42}`,
		`{"a":"\"__lastAccess\":7"}`:                `{"a":"\"__lastAccess\":7","__lastAccess":42}`,
		`{"a":"}{","__lastAccess":123}`:             `{"a":"}{","__lastAccess":42}`,
		`{"__lastAccess":7,"a":{"__lastAccess":8}}`: `{"__lastAccess":42,"a":{"__lastAccess":8}}`,
		`{"a":"{\\","__lastAccess":7,"b":{}}`:       `{"a":"{\\","__lastAccess":42,"b":{}}`,
	} {
		if got := string(setLastAccess([]byte(value), now)); got != want {
			t.Errorf("%s became %s; want %s", value, got, want)
		}
	}
}

func TestTouchRevivesAnExpiredSessionWithoutItsData(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_795_423_587_948)
	dir := t.TempDir()
	e := expressAt(t, dir, &now)
	old := drivers.NewCookie(now, time.Minute)
	r := drivers.Record{ID: "id", Value: drivertest.Value(old, 1, ""), Cookie: old}
	if err := e.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if _, err := e.Get(t.Context(), "id"); !errors.Is(err, drivers.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "id.json")); err != nil {
		t.Errorf("a get must leave the expired file: %v", err)
	}
	r.Cookie = drivers.NewCookie(now, time.Minute)
	if err := e.Touch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	want := string(setLastAccess([]byte(`{"cookie":`+string(r.Cookie.AppendJSON(nil))+`}`), now))
	if got, err := e.Get(t.Context(), "id"); err != nil || string(got.Value) != want {
		t.Errorf("after touch: %s, %v; want %s", got.Value, err, want)
	}
}

// Touch writes what is stored, not what the request read: newer data stays.
func TestTouchKeepsNewerData(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_795_423_587_948)
	e := expressAt(t, t.TempDir(), &now)
	c := drivers.NewCookie(now, time.Minute)
	read := drivers.Record{ID: "id", Value: drivertest.Value(c, 1, ""), Cookie: c}
	newer := drivers.Record{ID: "id", Value: drivertest.Value(c, 2, ""), Cookie: c}
	if err := errors.Join(e.Set(t.Context(), newer), e.Touch(t.Context(), read)); err != nil {
		t.Fatal(err)
	}
	want := string(setLastAccess(newer.Value, now))
	if got, err := e.Get(t.Context(), "id"); err != nil || string(got.Value) != want {
		t.Errorf("%s, %v; want %s", got.Value, err, want)
	}
}

func TestFileThatIsNotJSONIsDeleted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", `{"cookie":{"orig`, "null,"} {
		dir := t.TempDir()
		now := time.UnixMilli(0)
		e := expressAt(t, dir, &now)
		path := filepath.Join(dir, "id.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := e.Get(t.Context(), "id")
		if err == nil || errors.Is(err, drivers.ErrNotFound) || drivers.Classify(err) != drivers.ClassOther {
			t.Errorf("%q: %v, classed %s", text, err, drivers.Classify(err))
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: the file is still there: %v", text, err)
		}
	}
}

func TestOverwriteKeepsTheMode(t *testing.T) {
	t.Parallel()
	now := time.Now()
	dir := t.TempDir()
	e := expressAt(t, dir, &now)
	r := drivertest.Record("id", time.Hour, 1, "")
	if err := e.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "id.json")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := e.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

// write-file-atomic writes to what a link points to.
func TestLinkIsFollowed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "real.json")
	e := expressAt(t, dir, &now)
	if err := errors.Join(os.WriteFile(elsewhere, []byte("{}"), 0o600), os.Symlink(elsewhere, filepath.Join(dir, "id.json"))); err != nil {
		t.Fatal(err)
	}
	if err := e.Set(t.Context(), drivertest.Record("id", time.Hour, 1, "")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(elsewhere)
	if err != nil || !strings.Contains(string(got), "alice") {
		t.Errorf("%s, %v", got, err)
	}
}

// A context that ends during the retries of a missing session ends the call
// there: it is no answer that the session is missing.
func TestContextEndsTheRetries(t *testing.T) {
	t.Parallel()
	d := opened(t, config(t, t.TempDir(), drivers.Express, map[string]string{"retry_delay": "10m"}))
	ctx, cancel := contextFor(t, 5*time.Millisecond)
	defer cancel()
	_, err := d.Get(ctx, "missing")
	if drivers.Classify(err) != drivers.ClassTimeout || errors.Is(err, drivers.ErrNotFound) {
		t.Errorf("get: %v, classed %s", err, drivers.Classify(err))
	}
}

func TestIDsDoNotLeadOutOfTheFolder(t *testing.T) {
	t.Parallel()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		dir := t.TempDir()
		outside := filepath.Join(dir, "out.json")
		if err := os.WriteFile(outside, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		d := opened(t, config(t, filepath.Join(dir, "in"), client, nil))
		for _, id := range []string{"../out", "", "a/b", "a\x00b"} {
			r := drivertest.Record(id, time.Hour, 1, "")
			_, err := d.Get(t.Context(), id)
			for call, err := range map[string]error{
				"get": err, "set": d.Set(t.Context(), r), "touch": d.Touch(t.Context(), r), "destroy": d.Destroy(t.Context(), id),
			} {
				if err == nil || errors.Is(err, drivers.ErrNotFound) {
					t.Errorf("%s %s %q: %v", client, call, id, err)
				}
			}
		}
		if got, err := os.ReadFile(outside); err != nil || string(got) != "{}" {
			t.Errorf("%s changed a file outside: %s, %v", client, got, err)
		}
	}
}
