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
	lane := sequence{dealer: r.plan.dealers[i]}
	short := r.people.lanes[i]
	yielded := int64(0)
	for !r.ending() {
		now := r.clock.now()
		if now-yielded > slice {
			runtime.Gosched()
			now = r.clock.now()
			yielded = now
		}
		second := r.second(now)
		if second >= r.timeline.end() {
			return
		}
		if float64(i) >= r.timeline.level(second) { // a phase with fewer workers
			time.Sleep(idlePoll)
			continue
		}
		g := lane.nextGroup()
		stretch := r.timeline.index(second)
		if g.classes[0] == drawShort {
			w.nextShort(short, now, stretch)
		} else {
			w.serveGroup(g, 0, stretch)
		}
		time.Sleep(w.pause())
	}
}

// slice is how long a worker goes on before it lets others run. A worker whose
// store never waits would otherwise be interrupted by the scheduler after 10 ms,
// in the middle of a call, and that call would seem to take as long as the slices
// of all the others.
const slice = int64(100 * time.Microsecond)

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
