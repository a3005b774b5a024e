package interop

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// kind is a session of which both sides make one.
type kind struct {
	name     string
	lifetime time.Duration
	cookie   map[string]any    // its attributes, as the app sets them
	members  *strings.Replacer // the same in the cookie's JSON text
	extra    string            // members of the session
}

// kinds are as JSON.stringify writes them, so that nothing changes on the way
// through an app.
var kinds = []kind{
	{name: "plain", lifetime: time.Hour},
	{name: "a session cookie", cookie: map[string]any{"maxAge": nil}},
	{name: "every attribute of a cookie", lifetime: time.Hour,
		cookie: map[string]any{"partitioned": true, "priority": "high", "secure": true, "httpOnly": false,
			"domain": "example.com", "path": "/shop", "sameSite": "strict"},
		members: strings.NewReplacer(`"expires"`, `"partitioned":true,"priority":"high","expires"`,
			`"httpOnly":true,"path":"/"`, `"secure":true,"httpOnly":false,"domain":"example.com","path":"/shop","sameSite":"strict"`)},
	{name: "unicode", lifetime: time.Hour,
		extra: `"text":"Grüße, 世界 🙂","half":"\ud83d","zero":"\u0000","marks":"\"'\\` + "`\u2028\u00a0\ufeff" + `\r\n\t"`},
	{name: "numbers", lifetime: time.Hour,
		extra: `"large":1e+21,"small":1e-7,"whole":9007199254740991,"list":[null,true,[{"":[]}],-0.5]`},
	{name: "what a store could read", lifetime: time.Hour,
		extra: `"$set":{"a.b":1},"sql":"'; DROP TABLE session; --","redis":"\r\n$3\r\n","format":"%s $1 ?","__lastAccess2":1`},
	{name: "100 KB", lifetime: time.Hour, extra: drivertest.Padding(100 << 10)},
}

// record is the session as the driver stores it.
func (k kind) record(id string) drivers.Record {
	r := drivertest.Record(id, k.lifetime, 3, k.extra)
	if k.members != nil {
		r.Value = []byte(k.members.Replace(string(r.Value)))
	}
	return r
}

// data is all but the cookie, as the app stores it.
func (k kind) data() string { return "{" + afterCookie(string(k.record("").Value)) }

// afterCookie is a session's text from its second member on.
func afterCookie(value string) string {
	_, rest, _ := strings.Cut(plain(value), `},"`)
	return `"` + rest
}

// set stores a session or ends the test.
func (s sides) set(t testing.TB, r drivers.Record) drivers.Record {
	t.Helper()
	if err := s.driver.Set(t.Context(), drivers.Record{ID: r.ID, Value: bytes.Clone(r.Value), Cookie: r.Cookie}); err != nil {
		t.Fatal(err)
	}
	return r
}

// get reads a session or ends the test.
func (s sides) get(t testing.TB, id string) drivers.Record {
	t.Helper()
	r, err := s.driver.Get(t.Context(), id)
	if err == nil {
		r.Cookie, err = drivers.ParseCookie(r.Value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// isGone fails the test unless the driver finds no session.
func (s sides) isGone(t testing.TB, id string) {
	t.Helper()
	if r, err := s.driver.Get(t.Context(), id); !errors.Is(err, drivers.ErrNotFound) {
		t.Errorf("the driver reads session %s as %s, %v; want ErrNotFound", id, r.Value, err)
	}
}

// expiresAfter compares when the stored session expires with a lifetime that was
// renewed between two moments.
func (s sides) expiresAfter(t testing.TB, id string, lifetime time.Duration, began, ended time.Time) {
	t.Helper()
	if lifetime == 0 {
		lifetime = s.facts.DefaultLifetime
	}
	first, last := began.Add(lifetime-drift(began, ended)), ended.Add(lifetime+s.facts.Granularity+tick)
	if got := s.look(t, id).expires; got.Before(first) || got.After(last) {
		t.Errorf("session %s is stored to expire at %v, not from %v to %v", id, got, first, last)
	}
}

const (
	short = 1500 * time.Millisecond
	// tick is how coarse the clocks are: whole milliseconds.
	tick = 2 * time.Millisecond
)

// drift is what express-session may take off a lifetime when it renews a cookie
// between two moments: it reads the clock twice.
func drift(began, ended time.Time) time.Duration { return ended.Sub(began) + tick }

// inTime makes calls with a short lifetime that began before, and again with a
// longer one when they took longer than that. It gives the lifetime's end.
func inTime(t testing.TB, calls func(lifetime time.Duration) error) time.Time {
	t.Helper()
	for lifetime := short; lifetime < time.Minute; lifetime *= 2 {
		began := time.Now()
		err := calls(lifetime)
		if !time.Now().Before(began.Add(lifetime)) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return time.Now().Add(lifetime)
	}
	t.Fatal("a few calls take longer than half a minute")
	return time.Time{}
}

func sleepUntil(end time.Time) { time.Sleep(time.Until(end)) }

func appReads(t *testing.T, s sides) {
	for _, k := range kinds {
		began := time.Now()
		r := s.set(t, k.record(s.ids.Next()))
		if got := plain(s.me(t, r.ID)); got != string(r.Value) {
			t.Errorf("%s: the app reads\n%.300s, stored was\n%.300s", k.name, got, r.Value)
		}
		s.expiresAfter(t, r.ID, k.lifetime, began, time.Now())
		if got := string(s.get(t, r.ID).Value); afterCookie(got) != afterCookie(string(r.Value)) {
			t.Errorf("%s: after the app's request the driver reads\n%.300s, stored was\n%.300s", k.name, got, r.Value)
		}
	}
}

func driverReads(t *testing.T, s sides) {
	for _, k := range kinds {
		began := time.Now()
		in := s.login(t, k.cookie, k.data())
		ended := time.Now()
		r := s.get(t, in.id)
		if left := s.look(t, in.id); string(r.Value) != left.value {
			t.Errorf("%s: the driver reads\n%.300s, stored is\n%.300s", k.name, r.Value, left.value)
		}
		if got, want := plain(string(r.Value)), string(k.record("").Value); withoutTimes(got) != withoutTimes(want) {
			t.Errorf("%s: the app stored\n%.300s, the driver would\n%.300s", k.name, got, want)
		}
		s.expiresAfter(t, in.id, k.lifetime, began, ended)
		if k.lifetime > 0 && !in.cookie.Expires.Equal(r.Cookie.Expires.Truncate(time.Second)) {
			t.Errorf("%s: the app sent a cookie that expires at %v, and stored %v", k.name, in.cookie.Expires, r.Cookie.Expires)
		}
		if off := k.lifetime - r.Cookie.MaxAge; off < 0 || off > drift(began, ended) {
			t.Errorf("%s: the driver reads the maxAge %v, the app set %v", k.name, r.Cookie.MaxAge, k.lifetime)
		}
	}
}

var times = regexp.MustCompile(`"originalMaxAge":\d+|"expires":"[^"]*"`)

// withoutTimes is a session's text without the figures of its lifetime.
func withoutTimes(value string) string {
	return times.ReplaceAllStringFunc(value, func(pair string) string {
		name, _, _ := strings.Cut(pair, ":")
		return name + ":TIME"
	})
}

var counter = regexp.MustCompile(`"n":(\d+)`)

// n is a session's counter.
func n(t testing.TB, value string) int {
	t.Helper()
	found := counter.FindStringSubmatch(value)
	if found == nil {
		t.Fatalf("a session without n: %s", value)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// increment reads a session and stores it with the next n, as a request does.
func (s sides) increment(ctx context.Context, id string) error {
	r, err := s.driver.Get(ctx, id)
	if err != nil {
		return err
	}
	if r.Cookie, err = drivers.ParseCookie(r.Value); err != nil {
		return err
	}
	r.Cookie = drivers.NewCookie(time.Now(), r.Cookie.MaxAge)
	if r.Value, err = drivers.AppendRenewed(nil, r.Value, r.Cookie); err != nil {
		return err
	}
	r.Value = counter.ReplaceAllFunc(r.Value, func(pair []byte) []byte {
		n, _ := strconv.Atoi(string(pair[len(`"n":`):]))
		return strconv.AppendInt([]byte(`"n":`), int64(n)+1, 10)
	})
	return s.driver.Set(ctx, r)
}

func eachChanges(t *testing.T, s sides) {
	for _, k := range kinds {
		theirs, ours := s.login(t, k.cookie, k.data()).id, s.set(t, k.record(s.ids.Next())).ID
		for _, id := range []string{theirs, ours} {
			for turn := range 2 {
				s.must(t, "POST", "/increment", id, nil)
				if got := n(t, string(s.get(t, id).Value)); got != 4+2*turn {
					t.Errorf("%s: the driver reads n=%d after the app's change, want %d", k.name, got, 4+2*turn)
				}
				if err := s.increment(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if got := n(t, s.me(t, id)); got != 5+2*turn {
					t.Errorf("%s: the app reads n=%d after the driver's change, want %d", k.name, got, 5+2*turn)
				}
			}
		}
	}
}

func driverTouches(t *testing.T, s sides) {
	var id string
	var began, ended time.Time
	end := inTime(t, func(lifetime time.Duration) error {
		id = s.login(t, map[string]any{"maxAge": lifetime.Milliseconds()}, kinds[0].data()).id
		r, err := s.driver.Get(t.Context(), id)
		if err != nil {
			return err
		}
		began = time.Now()
		r.Cookie = drivers.NewCookie(began, time.Hour)
		err = s.driver.Touch(t.Context(), r)
		ended = time.Now()
		return err
	})
	s.expiresAfter(t, id, time.Hour, began, ended)
	sleepUntil(end.Add(s.facts.Granularity + tick))
	if got := s.me(t, id); n(t, got) != 3 {
		t.Errorf("the app reads %s after its first lifetime", got)
	}
}

// appTouches has a session that was saved nearly an hour ago, of an hour's
// lifetime. A file's lifetime counts from its last access, so that only the new
// end tells anything there.
func appTouches(t *testing.T, s sides) {
	r := drivers.Record{ID: s.ids.Next()}
	var began, ended time.Time
	end := inTime(t, func(lifetime time.Duration) error {
		r.Cookie = drivers.NewCookie(time.Now().Add(lifetime-time.Hour), time.Hour)
		r.Value = drivertest.Value(r.Cookie, 3, "")
		s.set(t, r)
		began = time.Now()
		_, err := s.ask(t.Context(), "GET", "/me", r.ID, nil)
		ended = time.Now()
		return err
	})
	s.expiresAfter(t, r.ID, time.Hour, began, ended)
	sleepUntil(end.Add(s.facts.Granularity + tick))
	if got := n(t, string(s.get(t, r.ID).Value)); got != 3 {
		t.Errorf("the driver reads n=%d", got)
	}
}

// expiresInTime looks for a session until it is gone. A miss that came back
// before its end is early, a hit whose look began after the last moment is late.
func (s sides) expiresInTime(t testing.TB, end, stored time.Time, look func() error) {
	t.Helper()
	last := stored.Add(short + s.facts.Granularity + tick)
	for {
		began := time.Now()
		err := look()
		switch {
		case errors.Is(err, drivers.ErrNotFound):
			if now := time.Now(); now.Before(end.Add(-tick)) {
				t.Errorf("gone %v before its end", end.Sub(now))
			}
			return
		case err != nil:
			t.Error(err)
			return
		case began.After(last):
			t.Errorf("still there %v after its last moment", began.Sub(last))
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func expiresForApp(t *testing.T, s sides) {
	r := s.set(t, drivertest.Record(s.ids.Next(), short, 3, ""))
	s.expiresInTime(t, r.Cookie.Expires, time.Now(), func() error {
		_, err := s.store(t.Context(), drivers.Get, r) // a request would touch it
		return err
	})
	s.isAnonymous(t, r.ID)
}

func expiresForDriver(t *testing.T, s sides) {
	id := s.login(t, map[string]any{"maxAge": short.Milliseconds()}, kinds[0].data()).id
	stored := time.Now()
	s.expiresInTime(t, s.look(t, id).expires, stored, func() error {
		_, err := s.driver.Get(t.Context(), id)
		return err
	})
	s.isAnonymous(t, id)
}

func eachDestroys(t *testing.T, s sides) {
	id := s.login(t, nil, kinds[0].data()).id
	if err := s.driver.Destroy(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.isAnonymous(t, id)
	r := s.set(t, kinds[0].record(s.ids.Next()))
	s.must(t, "POST", "/logout", r.ID, nil)
	s.isGone(t, r.ID)
	if left := s.look(t, r.ID); left != (stored{}) {
		t.Errorf("after the logout there is %+v", left)
	}
}

func wrongSignature(t *testing.T, s sides) {
	r := s.set(t, kinds[0].record(s.ids.Next()))
	forger := app{s.base, signatures{"another secret"}}
	forger.isAnonymous(t, r.ID)
	if got := n(t, s.me(t, r.ID)); got != 3 {
		t.Errorf("n is %d", got)
	}
}
