package load

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// slicing is how several targets share the time: in turn each has a slice of it, in
// groups that read the same forwards and backwards (ABBA), so that what drifts hits
// all alike; and of every two groups one begins with the one end and the next with the
// other (ABBA BAAB), so that what a slice has from its place, such as standing between
// two of the same target, hits all alike too.
type slicing struct {
	targets int
	length  int64 // of a slice, in ns
	groups  int   // in a unit
	seed    uint64
}

// slots is how many slices a unit has, of all targets.
func (s slicing) slots() int { return 2 * s.targets * s.groups }

// own is how long a unit is for one target.
func (s slicing) own() int64 { return 2 * int64(s.groups) * s.length }

// whole is how long a unit is.
func (s slicing) whole() int64 { return int64(s.slots()) * s.length }

// first tells where in the first half of a group a target's slice is. Which of two
// groups begins with the last target, the seed decides.
func (s slicing) first(group, target int) int {
	if (hash(s.seed, 5, uint64(group/2))+uint64(group))&1 == 1 {
		return s.targets - 1 - target
	}
	return target
}

// owner tells whose slice a slot is.
func (s slicing) owner(slot int) int {
	group, at := slot/(2*s.targets), slot%(2*s.targets)
	if at >= s.targets {
		at = 2*s.targets - 1 - at
	}
	return s.first(group, at) // reversing is its own inverse
}

// slot tells which slot a target's n-th slice is.
func (s slicing) slot(target, n int) int {
	group := n / 2
	at := s.first(group, target)
	if n%2 == 1 {
		at = 2*s.targets - 1 - at
	}
	return group*2*s.targets + at
}

// In a closed loop all workers start at once when a slice begins. What starts before
// all have is not counted, nor in the first twentieth of the slice, or in so long: the
// rest meets a store as busy as one that is never left alone.
const longestLeadIn = int64(3 * time.Millisecond)

func (s slicing) leadIn() int64 { return min(s.length/20, longestLeadIn) }

// turn is one target's part in a unit: whether it may send, and what it had.
type turn struct {
	slicing slicing
	target  int
	begin   int64 // of the unit, by the clock
	stretch int   // that what counts is of
	open    bool  // requests come due by the plan, and all count

	from    atomic.Int64   // what starts from then on counts
	until   atomic.Int64   // when the slice ends that runs, or ran last
	busy    atomic.Int64   // requests of a closed loop that are open
	drained chan struct{}  // is told when none is, after the end of a slice
	ready   sync.WaitGroup // workers of a closed loop that are still to come

	mu      sync.Mutex
	next    chan struct{} // closed when another slice begins
	over    chan struct{} // closed when the unit is
	waiting int           // workers, for the next slice
	missing int           // of those that waited for this one: have not started
	settled int64         // when the lead-in is over
	counted int64         // ns in which what starts counts
	cpu     time.Duration // that this process used in its slices
}

func newTurn(s slicing, target, stretch int, open bool) *turn {
	return &turn{
		slicing: s, target: target, stretch: stretch, open: open,
		next: make(chan struct{}), over: make(chan struct{}), drained: make(chan struct{}, 1),
	}
}

// The stretches of a unit's timeline.
const (
	uncounted = iota
	counted
)

// unitTimeline has what is not counted at no length of its own.
func unitTimeline(t timeline, own int64) timeline {
	level := t.stretches[len(t.stretches)-1].to
	return timeline{open: t.open, stretches: []stretch{
		uncounted: {name: "warm-up", warmup: true, from: level, to: level},
		counted:   {name: "slices", end: float64(own) / 1e9, from: level, to: level},
	}}
}

func (t *turn) phase() string {
	if t.stretch == uncounted {
		return "warm-up"
	}
	return "slices"
}

// moment is the clock's reading at one of the target's own seconds of the unit.
func (t *turn) moment(second float64) int64 {
	ns := int64(second * 1e9)
	n := min(max(0, ns/t.slicing.length), int64(2*t.slicing.groups-1))
	return t.begin + int64(t.slicing.slot(t.target, int(n)))*t.slicing.length + ns - n*t.slicing.length
}

// notYet is when what starts counts while not all workers have.
const notYet = int64(math.MaxInt64)

// await waits for the target's slice, and tells whether what starts then counts; ok
// is false when the unit is over. The caller leaves when its request is answered.
func (t *turn) await(c *clock) (begins int64, stretch int, ok bool) {
	for waited := false; ; waited = true {
		t.busy.Add(1) // before the time is looked at: see leave
		now := c.now()
		if now < t.until.Load() {
			if waited {
				t.started(now)
			}
			if now < t.from.Load() {
				return now, uncounted, true
			}
			return now, t.stretch, true
		}
		t.leave(c)
		next := t.wait(now)
		select {
		case <-t.over:
			return now, uncounted, false
		case <-next:
		}
	}
}

// wait gives what ends the wait for the slice after the one that is over.
func (t *turn) wait(now int64) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now < t.until.Load() { // it began meanwhile
		begun := make(chan struct{})
		close(begun)
		t.missing++
		return begun
	}
	t.waiting++
	return t.next
}

// started is told of the first request of each worker that waited for the slice.
func (t *turn) started(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.missing--; t.missing == 0 {
		t.from.Store(max(now+1, t.settled)) // this one is the last that does not count
	}
}

// leave is the end of a request. Who enters when the slice is over sees that, so that
// the last one to leave then leaves nothing open.
func (t *turn) leave(c *clock) {
	if t.busy.Add(-1) == 0 && c.now() >= t.until.Load() {
		select {
		case t.drained <- struct{}{}:
		default:
		}
	}
}

// give lets the target send from now until a moment.
func (t *turn) give(now, until int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.drained: // of the slice before
	default:
	}
	t.missing, t.waiting = t.waiting, 0
	t.settled = now + t.slicing.leadIn()
	t.from.Store(notYet)
	if t.missing == 0 {
		t.from.Store(t.settled)
	}
	t.until.Store(until)
	close(t.next)
	t.next = make(chan struct{})
}

// take ends the slice.
func (t *turn) take() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted += max(0, t.until.Load()-t.from.Load())
}

// end is the end of the unit.
func (t *turn) end() {
	close(t.over)
	if t.open {
		t.counted = t.slicing.own()
	}
}

// prelude is how long before a unit begins everything is made for it.
const prelude = int64(10 * time.Millisecond)

// takeTurns gives each target its slices, until the unit is over or the user ends it.
// In a closed loop a slice begins when what the one before has sent is answered, so
// that no target's requests meet another's; for a straggler nobody waits longer than
// a slice. An open loop's requests come due by the plan.
//
// No thread sleeps here: until the runtime notices, it would keep a processor from the
// workers, for ten milliseconds at times.
func takeTurns(turns []*turn, c *clock, cpu cpuClock, stop <-chan struct{}) {
	defer func() {
		for _, t := range turns {
			t.end()
		}
	}()
	for _, t := range turns { // who comes late would seem to start in the middle of a slice
		t.ready.Wait()
	}
	s, begins := turns[0].slicing, turns[0].begin
	if !c.sleepUntil(begins, stop) {
		return
	}
	used := cpu()
	for slot := range s.slots() {
		t := turns[s.owner(slot)]
		ends := begins + s.length
		if !t.open {
			ends = c.now() + s.length
		}
		t.give(ends-s.length, ends)
		if !t.finish(c, ends, stop) {
			return
		}
		before := used
		used = cpu()
		t.cpu += used - before
		begins = ends
	}
}

// finish waits for the end of the slice, and in a closed loop until it has drained; it
// is false when the user ends the run.
func (t *turn) finish(c *clock, ends int64, stop <-chan struct{}) bool {
	defer t.take()
	if t.open {
		return c.sleepUntil(ends, stop)
	}
	over := time.NewTimer(time.Duration(ends - c.now()))
	late := time.NewTimer(time.Duration(ends + t.slicing.length - c.now()))
	defer over.Stop()
	defer late.Stop()
	for {
		select {
		case <-t.drained:
			if c.now() >= ends { // and not a word of the slice before that came late
				return true
			}
		case <-over.C:
			if t.busy.Load() == 0 { // none was open at the end, who would tell
				return true
			}
		case <-late.C:
			return true
		case <-stop:
			return false
		}
	}
}
