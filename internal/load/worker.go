package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/middleware"
	"github.com/sessionbench/bench/scenarios"
)

// worker serves one request at a time. It stands between the middleware and the
// driver: it times each call, judges each get, and is the web application that
// the middleware saves for.
type worker struct {
	*replay
	rec    *recorder
	ids    ids
	buffer []byte
	trace  drivers.Trace
	ctx    context.Context
	limit  *limit // of the time a call may take; nil: none

	group   group // the one being served, and of it:
	rq      request
	oldID   string
	freshID string
	rep     report
	samples [8]sample
	found   int
	onFirst func() // runs once the request's first call was answered
	typical int64  // how long a request takes that succeeds, lately
}

func (r *replay) newWorker(i int) *worker {
	w := &worker{replay: r, rec: r.recorders[i%len(r.recorders)]}
	if r.timeout > 0 {
		w.limit = r.limits.add()
	}
	w.renew()
	return w
}

// renew gives the worker a context to make its calls under.
func (w *worker) renew() {
	ctx := w.calls
	if w.limit != nil {
		ctx = w.limit.arm(ctx)
	}
	w.ctx = drivers.WithTrace(ctx, &w.trace)
}

// release gives up what newWorker took.
func (w *worker) release() {
	if w.limit != nil {
		w.limits.drop(w.limit)
	}
}

// serve makes the calls of one request and reports it. due is 0 in closed loop.
func (w *worker) serve(rq request, due int64, stretch int) {
	w.rq, w.found = rq, 0
	w.rq.clock = w.clock
	w.rep = report{kind: rq.kind, due: due, stretch: stretch, open: w.timeline.open, calls: w.samples[:0]}
	out := middleware.Request{MaxAge: w.people.ttl}
	if rq.number >= uint64(len(w.people.sessions)) {
		out.MaxAge = w.people.short
	}
	if rq.cookie {
		w.oldID = w.ids.id(w.people.identity, rq.number, rq.generation)
		out.Cookie = w.oldID
	}
	if rq.kind == scenarios.Login {
		w.freshID = w.ids.id(w.people.identity, rq.number, rq.fresh)
		out.Fresh = w.freshID
		out.Unborn = w.ids.id(w.people.identity, rq.number, 0)
	}
	w.rep.outcome, w.rep.err = w.middleware.Serve(w.ctx, w, w, rq.kind, out)
	w.rq.finish()
	w.finish()
}

// finish reports the request, unless the user ended the run meanwhile.
func (w *worker) finish() {
	if w.rep.err != nil {
		if w.interrupted.Load() && errors.Is(w.rep.err, context.Canceled) {
			return
		}
	}
	if !w.rep.open {
		w.rep.due = w.rep.sent
	}
	w.rec.record(&w.rep)
}

// call times one driver call.
func (w *worker) call(c drivers.Call, do func() error) (sent, answered int64, err error) {
	w.trace = drivers.Trace{}
	sent = w.clock.now()
	if w.limit != nil {
		w.limit.start(sent)
	}
	err = do()
	answered = w.clock.now()
	if w.limit != nil && w.limit.stop(sent) {
		w.renew()
		if err != nil {
			err = drivers.WithClass(drivers.ClassTimeout, fmt.Errorf("no answer within %s: %w", w.timeout, err))
		}
	}
	failed := err
	if c == drivers.Get && errors.Is(err, drivers.ErrNotFound) {
		failed = nil
	}
	if len(w.rep.calls) == 0 {
		w.rep.sent = sent
	}
	w.rep.done = answered
	w.rep.calls = append(w.rep.calls, sample{
		call: c, time: answered - sent, err: failed,
		pooled: w.trace.Pooled, poolWait: int64(w.trace.PoolWait),
	})
	if w.onFirst != nil && len(w.rep.calls) == 1 {
		w.onFirst()
	}
	return sent, answered, err
}

func (w *worker) note(v violation) {
	if v != none && w.found < len(w.rep.found) {
		w.rep.found[w.found] = v
		w.found++
	}
}

// Get implements middleware.Store. Like the other calls it is made under the
// worker's own context, which one call's time limit may have replaced.
func (w *worker) Get(_ context.Context, id string) (rec drivers.Record, err error) {
	sent, answered, err := w.call(drivers.Get, func() error {
		var err error
		rec, err = w.driver.Get(w.ctx, id)
		return err
	})
	var v verdict
	switch {
	case err == nil:
		n, bad := version(rec.Value, id)
		v = w.rq.hit(n, bad == nil, sent)
	case errors.Is(err, drivers.ErrNotFound):
		ttl := w.people.ttl
		if w.rq.kind == scenarios.Expire {
			ttl = w.people.short
		}
		v = w.rq.miss(answered, w.people.owed(ttl))
		w.rep.expected = v.expected
	}
	w.note(v.found)
	return rec, err
}

// Set implements middleware.Store.
func (w *worker) Set(_ context.Context, r drivers.Record) error {
	sent, answered, err := w.call(drivers.Set, func() error { return w.driver.Set(w.ctx, r) })
	if err != nil {
		w.buffer = nil // the driver may hold it still
	}
	promised, over := w.people.lifetime(r.Cookie, w.rq.made, sent, answered)
	if w.rq.kind == scenarios.Read { // resave: the value that was read
		w.rq.touched(err, true, true, answered, promised, over)
		return err
	}
	if w.rq.saved(err, promised, over) {
		w.note(lostUpdate)
	}
	return err
}

// Touch implements middleware.Store.
func (w *worker) Touch(_ context.Context, r drivers.Record) error {
	sent, answered, err := w.call(drivers.Touch, func() error { return w.driver.Touch(w.ctx, r) })
	promised, over := w.people.lifetime(r.Cookie, w.rq.made, sent, answered)
	extends := !w.people.facts.TouchLazy && !r.Cookie.Expires.IsZero()
	w.rq.touched(err, extends, w.people.facts.TouchRewrites, answered, promised, over)
	return err
}

// Destroy implements middleware.Store.
func (w *worker) Destroy(_ context.Context, id string) error {
	current := w.rq.cookie && id == w.oldID
	if current {
		w.rq.destroying()
	}
	_, _, err := w.call(drivers.Destroy, func() error { return w.driver.Destroy(w.ctx, id) })
	if current {
		w.rq.destroyed(err)
	}
	return err
}

// Now implements middleware.Handler.
func (w *worker) Now() time.Time {
	w.rq.era = w.clock.era()
	if w.rq.made = w.rep.done; len(w.rep.calls) == 0 { // no answer tells the time
		w.rq.made = w.clock.now()
	}
	return w.clock.at(w.rq.made)
}

// Save implements middleware.Handler.
func (w *worker) Save(c drivers.Cookie) []byte {
	id := w.oldID
	if w.rq.kind == scenarios.Login {
		id = w.freshID
	}
	w.buffer = w.people.value(w.buffer[:0], id, w.rq.number, w.rq.saving(), c)
	return w.buffer
}

// serveGroup serves a group: its first request on w, the others at the same time
// on workers of their own. The first one's last calls wait until all have begun,
// so that they truly overlap.
func (w *worker) serveGroup(g group, due int64, stretch int) {
	w.group = g // here and not on the stack, where the companions could not see it
	first := w.people.begin(g.session, g.classes[0])
	if g.n == 1 {
		w.serve(first, due, stretch)
		return
	}
	var begun, done sync.WaitGroup
	begun.Add(g.n - 1)
	for i := 1; i < g.n; i++ {
		done.Go(func() {
			rq := w.people.begin(w.group.session, w.group.classes[i])
			begun.Done()
			companion := w.newWorker(i)
			companion.serve(rq, due, stretch)
			companion.release()
		})
	}
	w.onFirst = begun.Wait
	w.serve(first, due, stretch)
	w.onFirst = nil
	done.Wait()
}

// serveShort makes a short-lived session, or looks for one whose time is over.
func (w *worker) serveShort(s *shortSession, kind scenarios.Kind, due int64, stretch int) {
	rq := request{session: &s.session, mu: w.people.locks.of(s.number), number: s.number, kind: kind, generation: 1, cookie: true}
	rq.mu.Lock()
	rq.turn = s.arrive()
	if kind == scenarios.Login {
		rq.generation, rq.cookie, rq.fresh = 0, false, s.freshID()
	}
	rq.mu.Unlock()
	w.serve(rq, due, stretch)
}
