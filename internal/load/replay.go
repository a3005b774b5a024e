package load

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
)

// replay is the traffic of one round on one target, or of one unit of slices, and
// what is measured of it.
type replay struct {
	*stay
	timeline    timeline
	opens       float64 // where second 0 is in the plan's timeline
	closes      float64 // where what comes due there is no more of this replay
	turn        *turn   // when it may send, where several targets share the time; nil: always
	zero        int64   // when the measured part begins, by the clock
	limits      *limits
	calls       context.Context // ends with the drain
	cancelCalls context.CancelFunc
	stop        <-chan struct{} // closed when the user ends the run
	interrupted atomic.Bool
	queue       *queue  // of the open loop; nil in the closed
	course      *course // its
	events      events
	silent      error // why the store is taken to answer no more
}

func newReplay(ctx context.Context, p *plan, t *Target, round int, o Options) *replay {
	return newStay(p, t, round, newClock(o.Wall), o).replay(ctx, p.timeline)
}

// replay makes one that goes on with the traffic where the one before ended.
func (s *stay) replay(ctx context.Context, t timeline) *replay {
	r := &replay{stay: s, timeline: t, stop: ctx.Done(), closes: math.Inf(1)}
	r.limits = &limits{timeout: int64(r.timeout), clock: r.clock, all: map[*limit]struct{}{}}
	r.calls, r.cancelCalls = context.WithCancel(context.WithoutCancel(ctx))
	for _, rec := range s.recorders {
		for c, n := range rec.totals {
			s.sent[c] += n
		}
		rec.begin(len(t.stretches))
	}
	if t.open {
		r.queue = newQueue(len(r.people.sessions))
	}
	return r
}

// replayUntil makes one of the traffic that comes next, for as long as its timeline.
func (s *stay) replayUntil(ctx context.Context, t timeline) *replay {
	r := s.replay(ctx, t)
	r.opens = s.reached
	s.reached += t.end()
	r.closes = s.reached
	return r
}

// second is a moment's time since the measured part began.
func (r *replay) second(now int64) float64 { return float64(now-r.zero) / 1e9 }

// moment is the clock's reading at a second of the measured part; where the time is
// shared, at one of the replay's own seconds.
func (r *replay) moment(second float64) int64 {
	if r.turn != nil {
		return r.turn.moment(second)
	}
	return r.zero + int64(second*1e9)
}

// start lets the timeline begin now.
func (r *replay) start() { r.zero = r.clock.now() - int64(r.timeline.begin()*1e9) }

// run replays the traffic: warm-up, phases, drain.
func (r *replay) run() {
	done := make(chan struct{})
	var aside sync.WaitGroup
	if r.timeout > 0 {
		aside.Go(func() { r.limits.watch(done) })
	}
	aside.Go(func() { r.prune(done) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if r.timeline.open {
			r.runOpen()
		} else {
			r.runClosed()
		}
	}()
	r.drain(ended)
	close(done)
	aside.Wait()
}

// drain waits for the traffic to end: until its schedule does, then at most for
// the drain time; when the user ends the run, only a moment longer. What is still
// open is cancelled then.
func (r *replay) drain(ended <-chan struct{}) {
	defer r.cancelCalls()
	scheduled := r.scheduled()
	patience := r.options.Drain
	select {
	case <-ended:
		return
	case <-r.stop:
		r.interrupted.Store(true)
		patience = min(patience, drivers.Grace)
		if r.queue != nil {
			r.queue.abandon()
		}
	case <-scheduled:
	}
	drained := time.NewTimer(patience)
	defer drained.Stop()
	select {
	case <-ended:
		return
	case <-r.stopped():
		r.interrupted.Store(true)
	case <-drained.C:
	}
	r.giveUp()
	<-ended
}

// scheduled is closed when nothing new begins any more.
func (r *replay) scheduled() <-chan struct{} {
	if r.turn != nil {
		return r.turn.over
	}
	over := make(chan struct{})
	time.AfterFunc(time.Duration(r.moment(r.timeline.end())-r.clock.now()), func() { close(over) })
	return over
}

// giveUp ends what is open. What was not sent yet is taken away first, so that no
// worker sends it only to see it cancelled.
func (r *replay) giveUp() {
	if r.queue != nil {
		r.queue.abandon()
	}
	r.cancelCalls()
}

// stopped is the user's end of the run, once: nil when it was seen already.
func (r *replay) stopped() <-chan struct{} {
	if r.interrupted.Load() {
		return nil
	}
	return r.stop
}

// userEnds tells whether the user has ended the run.
func (r *replay) userEnds() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}

// ending tells whether no further request shall begin.
func (r *replay) ending() bool { return r.userEnds() || r.calls.Err() != nil }

// prune runs the store's own purge as the middleware's timer would.
func (r *replay) prune(done <-chan struct{}) {
	purge := r.people.facts.Purge
	pruner, ok := r.driver.(drivers.Pruner)
	if !ok || purge.By != "timer" || purge.Every <= 0 {
		return
	}
	for n := uint64(0); ; n++ {
		jitter := 1 + purge.Jitter*(2*unit(hash(r.options.Seed, 3, n))-1)
		wait := time.NewTimer(time.Duration(float64(purge.Every) * jitter))
		select {
		case <-done:
			wait.Stop()
			return
		case <-wait.C:
		}
		removed, err := pruner.Prune(r.calls)
		switch {
		case r.calls.Err() != nil:
		case err != nil:
			r.events.add(r.second(r.clock.now()), "warning", "the store's purge failed: "+err.Error())
		default:
			r.events.add(r.second(r.clock.now()), "purge", purgedText(removed))
		}
	}
}

// events notes what happened during a round.
type events struct {
	mu   sync.Mutex
	list []results.Event
	more int // beyond the most that are kept
}

const mostEvents = 1000

func (e *events) add(second float64, kind, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) < mostEvents {
		e.list = append(e.list, results.Event{Second: second, Kind: kind, Text: text})
		return
	}
	e.more++
	e.list[mostEvents-1] = results.Event{Second: second, Kind: "warning", Text: fmt.Sprintf("%d further events are left out", e.more+1)}
}
