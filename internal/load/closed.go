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
			w.serveGroup(g, &r.people.sessions[g.session], 0, stretch)
		}
	}
}

// slice is how long a worker goes on before it lets others run. A worker whose
// store never waits would otherwise be interrupted by the scheduler after 10 ms,
// in the middle of a call, and that call would seem to take as long as the slices
// of all the others.
const slice = int64(100 * time.Microsecond)

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
	s.ripe = s.over + slack
}
