package load

import (
	"errors"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// job is a group of requests that came due.
type job struct {
	group   group
	short   *shortSession
	kind    scenarios.Kind // of a short-lived session's request
	due     int64
	handed  int64 // when the pacer handed it over
	free    bool  // whether a worker was free for it then
	stretch int
}

// requests is how many the job has.
func (j *job) requests() int {
	if j.short != nil {
		return 1
	}
	return j.group.n
}

// kept is how long bench itself kept the job after it was due: until it was handed
// over and, when a worker was free for it, until that one began. What comes on top
// of it, the job waited for the store.
func (j *job) kept(begun int64) int64 {
	if j.free {
		return begun - j.due
	}
	return j.handed - j.due
}

// errUnsent is the failure of a request that was due and never sent.
var errUnsent = drivers.WithClass(drivers.ClassCanceled,
	errors.New("not sent: it still waited when the run ended"))

// runOpen sends each request when it is due, whatever became of those before:
// what can't be sent at once stays due, and is sent late.
func (r *replay) runOpen() {
	var wg sync.WaitGroup
	q := r.queue
	spawn := func(i int) { wg.Go(func() { r.serveJobs(q, i) }) }
	r.course = newCourse(r.timeline, r.moment)
	r.pace(func(j job) {
		r.course.reach(j.due, j.handed, q)
		if i, ok := q.push(j, r.plan.workers); ok {
			spawn(i)
		}
	})
	if !r.userEnds() {
		r.course.reach(r.moment(r.timeline.end()), r.clock.now(), q)
	}
	q.close()
	wg.Wait()
	r.reportUnsent(q)
}

// next gives the replay's next job; ok is false when its time is over.
func (r *replay) next() (job, bool) {
	d, ok := r.schedule.before(r.closes)
	if !ok {
		return job{}, false
	}
	second := d.second - r.opens
	j := job{group: d.group, due: r.moment(second), stretch: r.timeline.index(second)}
	if d.group.classes[0] != drawShort {
		return j, true
	}
	// The lane's oldest short-lived session if its time is over when the job is due,
	// and a new one otherwise.
	lane := r.people.lanes[d.lane]
	if j.short = lane.take(j.due); j.short != nil {
		j.kind = scenarios.Expire
		return j, true
	}
	j.kind = scenarios.Login
	j.short = lane.add(j.due + r.people.ripens())
	return j, true
}

// pace walks the schedule and hands out each job when it is due. When the run ends
// before, the schedule has what was not handed out.
func (r *replay) pace(push func(job)) {
	t := newTimer()
	defer t.release()
	for !r.ending() {
		j, ok := r.next()
		if !ok {
			return
		}
		for j.handed = r.clock.now(); j.handed < j.due; j.handed = r.clock.now() {
			if r.ending() { // only the user ends a run before what is due
				return
			}
			r.sleep(t, j.due-j.handed)
		}
		push(j)
	}
}

// whileOthers is from when on a pacer waits for its target's slice as other goroutines
// do: a thread that sleeps keeps a processor from them for a while, and one of the other
// pacers does so meanwhile.
const whileOthers = int64(4 * time.Millisecond)

// sleep waits so long at most.
func (r *replay) sleep(t timer, ns int64) {
	if r.turn != nil && ns > whileOthers {
		time.Sleep(time.Duration(min(ns-whileOthers/2, int64(longestSleep))))
		return
	}
	t.sleep(min(ns, int64(longestSleep)))
}

func (r *replay) serveJobs(q *queue, i int) {
	w := r.newWorker(i)
	defer w.release()
	for {
		j, ok := q.pop()
		if !ok {
			return
		}
		w.rec.recordKept(j.stretch, j.kept(r.clock.now()))
		if j.short != nil {
			w.serveShort(j.short, j.kind, j.due, j.stretch)
		} else {
			w.serveGroup(j.group, j.due, j.stretch)
		}
		q.done(j)
	}
}

// reportUnsent counts what was due and never sent as failed: what no worker took,
// and what the pacer did not come to.
func (r *replay) reportUnsent(q *queue) {
	if r.userEnds() {
		return
	}
	now := r.clock.now()
	for _, j := range q.unsent() {
		r.reportOneUnsent(&j, now)
	}
	for j, ok := r.next(); ok; j, ok = r.next() {
		if r.userEnds() {
			r.interrupted.Store(true)
			return
		}
		r.recorders[0].recordKept(j.stretch, now-j.due)
		r.reportOneUnsent(&j, now)
	}
}

func (r *replay) reportOneUnsent(j *job, now int64) {
	for i := range j.requests() {
		rep := report{
			kind: j.kind, stretch: j.stretch, due: j.due, sent: now, done: now,
			err: errUnsent, open: true,
		}
		if j.short == nil {
			rep.kind = j.group.classes[i].kind()
		}
		r.recorders[0].recordUnsent(&rep)
	}
}
