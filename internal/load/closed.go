package load

import (
	"runtime"
	"sync"
	"time"

	"github.com/sessionbench/bench/scenarios"
)

// runClosed has each worker replay its lane: the next request as soon as the last
// was answered. Each session is of one lane, so that no two requests of one
// session meet unless the scenario wants them to.
func (r *replay) runClosed() {
	var wg sync.WaitGroup
	for i := range r.plan.lanes {
		if r.plan.runs(i) {
			wg.Go(func() { r.replayLane(i) })
		}
	}
	wg.Wait()
}

func (r *replay) replayLane(i int) {
	w := r.newWorker(i)
	defer w.release()
	lane, short := &r.lanes[i], r.people.lanes[i]
	yielded := int64(0)
	if r.turn != nil {
		r.turn.ready.Done()
	}
	for !r.ending() {
		now := r.clock.now()
		if now-yielded > burst {
			runtime.Gosched()
			now = r.clock.now()
			yielded = now
		}
		now, stretch, ok := r.place(i, now)
		if !ok {
			return
		}
		g := lane.nextGroup()
		if g.classes[0] == drawShort {
			w.nextShort(short, now, stretch)
		} else {
			w.serveGroup(g, 0, stretch)
		}
		if r.turn != nil {
			r.turn.leave(r.clock)
		}
		time.Sleep(w.pause())
	}
}

// place waits until a worker may begin a request, and tells in which stretch that is
// then; ok is false when none shall begin any more.
func (r *replay) place(worker int, now int64) (begins int64, stretch int, ok bool) {
	if r.turn != nil {
		return r.turn.await(r.clock)
	}
	for !r.ending() {
		second := r.second(now)
		if second >= r.timeline.end() {
			break
		}
		if float64(worker) < r.timeline.level(second) {
			return now, r.timeline.index(second), true
		}
		time.Sleep(idlePoll) // a phase with fewer workers
		now = r.clock.now()
	}
	return now, 0, false
}

// burst is how long a worker goes on before it lets others run. A worker whose
// store never waits would otherwise be interrupted by the scheduler after 10 ms,
// in the middle of a call, and that call would seem to take as long as the bursts
// of all the others.
const burst = int64(100 * time.Microsecond)

// A worker whose request failed waits until it has taken as long as those that
// succeeded do: a server that refuses at once would otherwise be asked a million
// times a second, and its failures would stand for no time. Waits are within:
const (
	leastPause = int64(time.Millisecond)
	mostPause  = int64(100 * time.Millisecond)
)

// pause is how long to wait after the request that was just served.
func (w *worker) pause() time.Duration {
	took := w.rep.done - w.rep.sent
	if w.rep.err != nil {
		return time.Duration(min(max(w.typical, leastPause), mostPause) - took)
	}
	if w.typical == 0 {
		w.typical = took
	}
	w.typical += (took - w.typical) / 8
	return 0
}

// idlePoll is how often a worker without work looks for its phase to begin.
const idlePoll = 5 * time.Millisecond

// nextShort looks for the oldest short-lived session when its time is over, and
// makes a new one otherwise, so that as many are made as are looked for.
func (w *worker) nextShort(lane *shortLived, now int64, stretch int) {
	if s := lane.take(now); s != nil {
		w.serveShort(s, scenarios.Expire, 0, stretch)
		return
	}
	s := lane.add(forever)
	w.serveShort(s, scenarios.Login, 0, stretch)
	s.ripe = s.over() + slack
}
