// Package middleware makes express-session's decisions: one web request becomes
// calls to the session store, as express-session 1.19 with
// saveUninitialized:false makes them.
package middleware

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// Store is what express-session asks of a store: a driver, or what measures one.
type Store interface {
	Get(ctx context.Context, id string) (drivers.Record, error)
	Set(ctx context.Context, r drivers.Record) error
	Touch(ctx context.Context, r drivers.Record) error
	Destroy(ctx context.Context, id string) error
}

// Handler is the web application behind the middleware.
type Handler interface {
	// Now is the time that lifetimes count from.
	Now() time.Time
	// Save gives the session's JSON text, with this cookie in it, as the request
	// leaves it. The text is the store's until the call that takes it returns.
	Save(c drivers.Cookie) []byte
}

// Request is one web request.
type Request struct {
	// Cookie is the session id that came with the request; empty for none.
	Cookie string
	// Fresh is the id that a login's regenerate() makes.
	Fresh string
	// Unborn is the id that express-session makes for a request without a live
	// session. It is never stored, yet a login destroys it.
	Unborn string
	// MaxAge is cookie.maxAge; 0 is a session cookie.
	MaxAge time.Duration
}

// Outcome says what the request's get found.
type Outcome uint8

// The outcomes. None is a request that made no get, or whose get failed.
const (
	None Outcome = iota
	Hit
	Miss
)

// Middleware is express-session with its settings.
type Middleware struct{ Settings scenarios.Middleware }

// Serve makes the calls of one operation, in order, and stops at the first that
// fails, as express-session hands the error to the application. A missing
// session is no failure.
func (m Middleware) Serve(ctx context.Context, st Store, h Handler, kind scenarios.Kind, rq Request) (Outcome, error) {
	switch kind {
	case scenarios.Login:
		return m.login(ctx, st, h, rq)
	case scenarios.Read:
		return m.read(ctx, st, h, rq)
	case scenarios.Write:
		return m.write(ctx, st, h, rq)
	case scenarios.Logout:
		return m.logout(ctx, st, rq)
	case scenarios.Expire, scenarios.Anonymous:
		outcome, _, err := load(ctx, st, rq.Cookie)
		return outcome, err
	}
	panic(fmt.Sprintf("middleware: no operation %d", kind))
}

// load is the get with which each request that has a cookie begins.
func load(ctx context.Context, st Store, id string) (Outcome, drivers.Record, error) {
	r, err := st.Get(ctx, id)
	switch {
	case err == nil:
		return Hit, r, nil
	case errors.Is(err, drivers.ErrNotFound):
		return Miss, r, nil
	}
	return None, r, err
}

// login is `req.session.regenerate(…)`, the user into the session, and
// `req.session.save(cb)`. The id that the request had is destroyed against
// session fixation. Two saves by default: regenerate() makes an unwrapped
// session, so the explicit save is forgotten and the end of the request saves
// again (expressjs/session#935).
func (m Middleware) login(ctx context.Context, st Store, h Handler, rq Request) (Outcome, error) {
	outcome, old := None, rq.Unborn
	if rq.Cookie != "" {
		var err error
		if outcome, _, err = load(ctx, st, rq.Cookie); err != nil {
			return outcome, err
		}
		if outcome == Hit {
			old = rq.Cookie
		}
	}
	if err := st.Destroy(ctx, old); err != nil {
		return outcome, err
	}
	for range m.Settings.LoginSaves {
		if err := save(ctx, st, h, rq.Fresh, rq.MaxAge); err != nil {
			return outcome, err
		}
	}
	return outcome, nil
}

// read ends with a touch, or with a save under resave.
func (m Middleware) read(ctx context.Context, st Store, h Handler, rq Request) (Outcome, error) {
	outcome, r, err := load(ctx, st, rq.Cookie)
	if outcome != Hit {
		return outcome, err
	}
	switch {
	case m.Settings.Resave:
		r.Cookie = drivers.NewCookie(h.Now(), rq.MaxAge)
		if r.Value, err = drivers.AppendRenewed(nil, r.Value, r.Cookie); err != nil {
			return outcome, fmt.Errorf("resave session %s: %w", rq.Cookie, err)
		}
		return outcome, st.Set(ctx, r)
	case m.Settings.Touch:
		r.Cookie = drivers.NewCookie(h.Now(), rq.MaxAge)
		return outcome, st.Touch(ctx, r)
	}
	return outcome, nil
}

func (m Middleware) write(ctx context.Context, st Store, h Handler, rq Request) (Outcome, error) {
	outcome, _, err := load(ctx, st, rq.Cookie)
	if outcome != Hit {
		return outcome, err
	}
	return outcome, save(ctx, st, h, rq.Cookie, rq.MaxAge)
}

func (m Middleware) logout(ctx context.Context, st Store, rq Request) (Outcome, error) {
	outcome, _, err := load(ctx, st, rq.Cookie)
	if outcome != Hit {
		return outcome, err
	}
	return outcome, st.Destroy(ctx, rq.Cookie)
}

func save(ctx context.Context, st Store, h Handler, id string, maxAge time.Duration) error {
	c := drivers.NewCookie(h.Now(), maxAge)
	return st.Set(ctx, drivers.Record{ID: id, Value: h.Save(c), Cookie: c})
}
