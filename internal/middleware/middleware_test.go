package middleware

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// tape is a store that notes its calls; live ids are found.
type tape struct {
	live  map[string]bool
	calls []string
	fail  string // the call that fails
}

var errDown = errors.New("down")

func (s *tape) note(call, id string) error {
	s.calls = append(s.calls, call+" "+id)
	if call == s.fail {
		return errDown
	}
	return nil
}

func (s *tape) Get(_ context.Context, id string) (drivers.Record, error) {
	if err := s.note("get", id); err != nil {
		return drivers.Record{}, err
	}
	if !s.live[id] {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{ID: id, Value: drivers.Cookie{}.AppendJSON([]byte(`{"cookie":`))}, nil
}
func (s *tape) Set(_ context.Context, r drivers.Record) error   { return s.note("set", r.ID) }
func (s *tape) Touch(_ context.Context, r drivers.Record) error { return s.note("touch", r.ID) }
func (s *tape) Destroy(_ context.Context, id string) error      { return s.note("destroy", id) }

type app struct{}

func (app) Now() time.Time               { return time.Unix(1_800_000_000, 0) }
func (app) Save(c drivers.Cookie) []byte { return append(c.AppendJSON([]byte(`{"cookie":`)), '}') }

func TestAnOperationMakesTheCallsOfExpressSession(t *testing.T) {
	t.Parallel()
	standard := scenarios.Middleware{LoginSaves: 2, Touch: true}
	request := Request{Cookie: "old", Fresh: "new", Unborn: "unborn", MaxAge: time.Hour}
	noCookie := Request{Fresh: "new", Unborn: "unborn", MaxAge: time.Hour}
	dead := Request{Cookie: "dead", Fresh: "new", Unborn: "unborn", MaxAge: time.Hour}
	for _, c := range []struct {
		name     string
		settings scenarios.Middleware
		kind     scenarios.Kind
		rq       Request
		want     []string
		outcome  Outcome
	}{
		{"login without a cookie", standard, scenarios.Login, noCookie, []string{"destroy unborn", "set new", "set new"}, None},
		{"login with a cookie", standard, scenarios.Login, request, []string{"get old", "destroy old", "set new", "set new"}, Hit},
		{"login with a dead cookie", standard, scenarios.Login, dead, []string{"get dead", "destroy unborn", "set new", "set new"}, Miss},
		{"login, saved once", scenarios.Middleware{LoginSaves: 1}, scenarios.Login, noCookie, []string{"destroy unborn", "set new"}, None},
		{"read", standard, scenarios.Read, request, []string{"get old", "touch old"}, Hit},
		{"read with resave", scenarios.Middleware{Resave: true, Touch: true}, scenarios.Read, request, []string{"get old", "set old"}, Hit},
		{"read without touch", scenarios.Middleware{}, scenarios.Read, request, []string{"get old"}, Hit},
		{"read with a dead cookie", standard, scenarios.Read, dead, []string{"get dead"}, Miss},
		{"write", standard, scenarios.Write, request, []string{"get old", "set old"}, Hit},
		{"write with a dead cookie", standard, scenarios.Write, dead, []string{"get dead"}, Miss},
		{"logout", standard, scenarios.Logout, request, []string{"get old", "destroy old"}, Hit},
		{"logout with a dead cookie", standard, scenarios.Logout, dead, []string{"get dead"}, Miss},
		{"expire", standard, scenarios.Expire, dead, []string{"get dead"}, Miss},
		{"anonymous", standard, scenarios.Anonymous, dead, []string{"get dead"}, Miss},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := &tape{live: map[string]bool{"old": true}}
			outcome, err := Middleware{c.settings}.Serve(t.Context(), st, app{}, c.kind, c.rq)
			if err != nil || outcome != c.outcome || !slices.Equal(st.calls, c.want) {
				t.Errorf("made %v, outcome %v, error %v; want %v, %v", st.calls, outcome, err, c.want, c.outcome)
			}
		})
	}
}

// recorded reads testdata/opcounts.txt: the calls of each request as the real
// express-session made them on a store with the given resave.
func recorded(t *testing.T, resave string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/opcounts.txt")
	if err != nil {
		t.Fatal(err)
	}
	requests := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "redis" || fields[1] != "resave="+resave {
			continue
		}
		for _, field := range fields[2:] {
			request, calls, _ := strings.Cut(field, "=")
			requests[request] = calls
		}
	}
	return requests
}

func TestTheCallsAreThoseThatWereRecorded(t *testing.T) {
	t.Parallel()
	live := Request{Cookie: "old", Fresh: "new", Unborn: "unborn", MaxAge: time.Hour}
	for resave, m := range map[string]Middleware{
		"false": {scenarios.Middleware{LoginSaves: 2, Touch: true}},
		"true":  {scenarios.Middleware{LoginSaves: 2, Touch: true, Resave: true}},
	} {
		want := recorded(t, resave)
		for request, c := range map[string]struct {
			kind scenarios.Kind
			rq   Request
		}{
			"login":   {scenarios.Login, Request{Fresh: "new", Unborn: "unborn", MaxAge: time.Hour}},
			"relogin": {scenarios.Login, live},
			"read":    {scenarios.Read, live},
			"write":   {scenarios.Write, live},
			"logout":  {scenarios.Logout, live},
			"dead":    {scenarios.Read, Request{Cookie: "dead", MaxAge: time.Hour}},
		} {
			st := &tape{live: map[string]bool{"old": true}}
			if _, err := m.Serve(t.Context(), st, app{}, c.kind, c.rq); err != nil {
				t.Fatal(err)
			}
			var calls []string
			for _, call := range st.calls {
				name, _, _ := strings.Cut(call, " ")
				calls = append(calls, strings.ToUpper(name))
			}
			if got := strings.Join(calls, "+"); got != want[request] {
				t.Errorf("resave=%s %s: %s, recorded was %s", resave, request, got, want[request])
			}
		}
	}
}

func TestARequestEndsAtTheFirstCallThatFails(t *testing.T) {
	t.Parallel()
	for fail, want := range map[string]int{"get": 1, "destroy": 2, "set": 3} {
		st := &tape{live: map[string]bool{"old": true}, fail: fail}
		m := Middleware{scenarios.Middleware{LoginSaves: 2}}
		_, err := m.Serve(t.Context(), st, app{}, scenarios.Login, Request{Cookie: "old", Fresh: "new", MaxAge: time.Hour})
		if !errors.Is(err, errDown) || len(st.calls) != want {
			t.Errorf("%s fails: made %v, error %v; want %d calls", fail, st.calls, err, want)
		}
	}
}
