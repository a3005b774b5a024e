package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// open is a request of the app that has read its session, and not saved it.
type open struct {
	response *http.Response
	body     *bufio.Reader
}

func (s sides) begin(t *testing.T, method, path, id string) open {
	t.Helper()
	response, err := s.request(t.Context(), method, path, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	o := open{response, bufio.NewReader(response.Body)}
	if line, err := o.body.ReadString('\n'); line != "loaded\n" {
		t.Fatalf("%s %s: %d %s, %v", method, path, response.StatusCode, line, err)
	}
	return o
}

// finish lets the request go on, and waits for the end of its answer, which is
// complete whatever the store says to its last call.
func (s sides) finish(t *testing.T, o open, id string) {
	t.Helper()
	s.must(t, "POST", "/release/"+id, "", nil)
	if rest, err := io.ReadAll(o.body); err != nil || o.response.StatusCode != http.StatusOK {
		t.Errorf("the answer ends with %s, %v; status %d", rest, err, o.response.StatusCode)
	}
}

// overlapping has the driver do something while a request of the app is open on
// the same session: the middleware's contract says who wins.
func overlapping(t *testing.T, s sides) {
	destroy := func(id string) error { return s.driver.Destroy(t.Context(), id) }
	change := func(id string) error {
		return errors.Join(s.increment(t.Context(), id), s.increment(t.Context(), id))
	}
	const gone = -1
	for _, c := range []struct {
		name         string
		method, path string
		meanwhile    func(id string) error
		left         int // n
		touchFails   bool
	}{
		{"a late write wins over the driver's", "POST", "/slow/increment", change, 4, false},
		{"a late write revives what the driver destroyed", "POST", "/slow/increment", destroy, 4, false},
		{"a late touch keeps the driver's write", "GET", "/slow/me", change, 5, false},
		{"a late touch revives nothing", "GET", "/slow/me", destroy, gone, true},
	} {
		id := s.login(t, nil, kinds[0].data()).id
		request := s.begin(t, c.method, c.path, id)
		if err := c.meanwhile(id); err != nil {
			t.Fatal(err)
		}
		s.finish(t, request, id)
		if c.left == gone {
			s.isGone(t, id)
		} else if got := n(t, string(s.get(t, id).Value)); got != c.left {
			t.Errorf("%s: n is %d, want %d", c.name, got, c.left)
		}
		troubles, err := s.troubles()
		if err != nil {
			t.Fatal(err)
		}
		if wants := c.touchFails && s.facts.TouchMissing == drivers.TouchFails; wants != (len(troubles) == 1) {
			t.Errorf("%s: the app's errors are %q; Facts.TouchMissing is %s", c.name, troubles, s.facts.TouchMissing)
		}
	}

	id := s.login(t, nil, kinds[0].data()).id
	late := s.get(t, id)
	s.must(t, "POST", "/increment", id, nil)
	s.set(t, late)
	if got := n(t, s.me(t, id)); got != 3 {
		t.Errorf("a late write of the driver's: n is %d, want 3", got)
	}
}

// predicted are the errors that store-contracts let an app have while another
// process works on its sessions.
var predicted = map[string]*regexp.Regexp{
	"redis":    nil,
	"postgres": nil,
	// The duplicates are those of two upserts of one new session, which mongod
	// tries again by itself and FerretDB does not.
	"mongo":  regexp.MustCompile(`Unable to find the session to touch|E11000`),
	"file":   regexp.MustCompile(`ENOENT: no such file or directory, open`),
	"sqlite": regexp.MustCompile(`SQLITE_BUSY|headers after they are sent`),
}

// storm is two processes that work on the same sessions, and on their own.
type storm struct {
	sides
	store  store
	shared []string
}

const (
	workers = 3 // of each side
	rounds  = 12
)

func storms(t *testing.T, st store, s sides) {
	w := storm{s, st, nil}
	for range 4 {
		w.shared = append(w.shared, s.set(t, w.written("the first", s.ids.Next(), 0)).ID)
	}
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { w.driverWorks(t, fmt.Sprint("driver", i)) })
		if i == 0 || !s.alone {
			all.Go(func() { w.appWorks(t, fmt.Sprint("app", i)) })
		}
	}
	all.Wait()
	w.onlyPredicted(t)
	w.lastWriteWins(t)
}

// onlyPredicted takes the app's errors.
func (w storm) onlyPredicted(t *testing.T) {
	troubles, err := w.troubles()
	if err != nil {
		t.Fatal(err)
	}
	for _, trouble := range troubles {
		if allowed := predicted[w.store.name]; allowed == nil || !allowed.MatchString(trouble) {
			t.Errorf("the app had the error %s", trouble)
		}
	}
}

// lastWriteWins has both sides write again, now that all is quiet.
func (w storm) lastWriteWins(t *testing.T) {
	for _, id := range w.shared {
		w.set(t, w.written("the driver", id, 10))
		if got := w.me(t, id); n(t, got) != 10 || whole([]byte(got)) != nil {
			t.Errorf("the app reads %.300s", got)
		}
		w.must(t, "POST", "/increment?"+marks("the app").Encode(), id, nil)
		if got := w.get(t, id).Value; n(t, string(got)) != 11 || whole(got) != nil || !strings.Contains(string(got), `"by":"the app"`) {
			t.Errorf("the driver reads %.300s", got)
		}
	}
}

// marks are the members by which a writer's session is known: a name, and a text
// that is that name again and again, of the writer's own length.
func marks(by string) url.Values {
	return url.Values{"by": {by}, "pad": {strings.Repeat(by, 20+10*int(by[len(by)-1]%8))}}
}

// written is a session of a writer's.
func (w storm) written(by, id string, n int) drivers.Record {
	m := marks(by)
	return drivertest.Record(id, time.Hour, n, fmt.Sprintf(`"by":%q,"pad":%q`, m.Get("by"), m.Get("pad")))
}

// whole tells what is wrong with a session that somebody wrote.
func whole(value []byte) error {
	var session struct {
		Cookie *struct{ Expires time.Time }
		By     string
		Pad    string
		N      *int
	}
	if err := json.Unmarshal(value, &session); err != nil {
		return fmt.Errorf("%w: %s", err, value)
	}
	if session.By == "" || session.Pad != marks(session.By).Get("pad") || session.N == nil || session.Cookie == nil {
		return fmt.Errorf("nobody wrote %s", value)
	}
	return nil
}

// any is a session that all use.
func (w storm) any() string { return w.shared[rand.N(len(w.shared))] }

func (w storm) driverWorks(t *testing.T, by string) {
	own := w.ids.Next()
	for round := range rounds {
		if err := w.driverRound(t.Context(), by, w.any(), round); err != nil {
			t.Errorf("%s: %v", by, err)
		}
		if err := w.driverOwn(t.Context(), w.written(by, own, round)); err != nil {
			t.Errorf("%s, its own session: %v", by, err)
		}
	}
}

// driverRound reads a shared session and then writes, touches or destroys it.
func (w storm) driverRound(ctx context.Context, by, id string, round int) error {
	r, err := w.driver.Get(ctx, id)
	if err == nil {
		err = whole(r.Value)
	}
	switch {
	case errors.Is(err, drivers.ErrNotFound):
		return w.calm(w.driver.Set(ctx, w.written(by, id, 0)))
	case err != nil:
		return w.calm(err)
	case round%6 == 5:
		return w.calm(w.driver.Destroy(ctx, id))
	case round%2 == 1:
		r.Cookie = drivers.NewCookie(time.Now(), time.Hour)
		err := w.driver.Touch(ctx, r)
		if errors.Is(err, drivers.ErrNotFound) && w.facts.TouchMissing == drivers.TouchFails {
			return nil // somebody destroyed it
		}
		return w.calm(err)
	}
	return w.calm(w.driver.Set(ctx, w.written(by, id, n64(r.Value)+1)))
}

// driverOwn writes a session that nobody else knows, and must see what it wrote.
func (w storm) driverOwn(ctx context.Context, r drivers.Record) error {
	want := string(r.Value)
	if err := w.driver.Set(ctx, r); err != nil {
		return w.calm(err)
	}
	got, err := w.driver.Get(ctx, r.ID)
	if err == nil && plain(string(got.Value)) != want {
		err = fmt.Errorf("read %s after writing %s", got.Value, want)
	}
	return w.calm(err)
}

// calm passes over what another process's lock does to SQLite.
func (w storm) calm(err error) error {
	if w.store.name == "sqlite" && drivers.Classify(err) == drivers.ClassBusy {
		return nil
	}
	return err
}

func n64(value []byte) int {
	n, _ := strconv.Atoi(string(counter.FindSubmatch(value)[1]))
	return n
}

func (w storm) appWorks(t *testing.T, by string) {
	own := w.ids.Next()
	for round := range rounds {
		if err := w.appRound(t.Context(), by, w.any(), round); err != nil {
			t.Errorf("%s: %v", by, err)
		}
		if err := w.appOwn(t.Context(), w.written(by, own, round)); err != nil {
			t.Errorf("%s, its own session: %v", by, err)
		}
	}
}

// appRound makes one request on a shared session, or logs it in again.
func (w storm) appRound(ctx context.Context, by, id string, round int) error {
	method, path := "POST", "/increment?"+marks(by).Encode()
	switch {
	case round%6 == 5:
		path = "/logout"
	case round%2 == 1:
		method, path = "GET", "/me"
	}
	got, err := w.ask(ctx, method, path, id, nil)
	switch {
	case err != nil:
		return err
	case got.status == http.StatusUnauthorized:
		_, err := w.app.store(ctx, drivers.Set, w.written(by, id, 0))
		return w.calmApp(err)
	case got.status != http.StatusOK:
		return w.calmApp(fmt.Errorf("%d %s", got.status, got.body))
	case path == "/logout":
		return nil
	}
	return whole(got.body)
}

// appOwn writes a session that nobody else knows, and a request must see it.
func (w storm) appOwn(ctx context.Context, r drivers.Record) error {
	if _, err := w.app.store(ctx, drivers.Set, r); err != nil {
		return w.calmApp(err)
	}
	got, err := w.ask(ctx, "GET", "/me", r.ID, nil)
	if err == nil && plain(string(got.body)) != string(r.Value) {
		err = fmt.Errorf("read %d %s after writing %s", got.status, got.body, r.Value)
	}
	return w.calmApp(err)
}

// calmApp passes over the errors of the app that are predicted.
func (w storm) calmApp(err error) error {
	if allowed := predicted[w.store.name]; err != nil && allowed != nil && allowed.MatchString(err.Error()) {
		return nil
	}
	return err
}
