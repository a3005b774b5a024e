package load

import (
	"sync/atomic"
	"time"
)

// clock counts nanoseconds from a round's beginning. It is monotonic, and so is
// all that is measured. Only the lifetimes that cookies state are times of the
// wall clock, as the stores count them; that clock may jump (a correction by
// hand, a virtual machine that was asleep), and what was saved before it did ends
// earlier or later than it promised, through no fault of the store.
type clock struct {
	epoch time.Time
	wall  func() time.Time // without a monotonic reading
	ahead atomic.Int64     // of where it would be if it had not jumped since the epoch
	jumps atomic.Uint32    // how often it was seen to have jumped
}

func newClock(wall func() time.Time) *clock {
	if wall == nil {
		wall = func() time.Time { return time.Now().Round(0) }
	}
	return &clock{epoch: time.Now(), wall: wall}
}

func (c *clock) now() int64 { return int64(time.Since(c.epoch)) }

// sleepUntil waits for a moment, and is false when it was stopped before. It is late by
// up to a millisecond, as Go's timers are.
func (c *clock) sleepUntil(moment int64, stop <-chan struct{}) bool {
	wait := time.NewTimer(time.Duration(moment - c.now()))
	defer wait.Stop()
	select {
	case <-wait.C:
		return true
	case <-stop:
		return false
	}
}

// at is what the wall clock shows at a moment, as far as its jumps are known. A
// moment of the newest era has them all.
func (c *clock) at(n int64) time.Time { return c.epoch.Add(time.Duration(n + c.ahead.Load())) }

// leastJump is more than two readings of the same clock differ by.
const leastJump = 10 * time.Millisecond

// look takes note when the wall clock has jumped. Between two readings of the one
// clock and the other this thread may not have run, which makes no jump.
func (c *clock) look() {
	before := c.now()
	shows := c.wall()
	after := c.now()
	ahead := int64(shows.Sub(c.epoch.Round(0))) - before
	jump := time.Duration(ahead - c.ahead.Load())
	if jump.Abs() < leastJump+time.Duration(after-before) {
		return
	}
	c.ahead.Store(ahead)
	c.jumps.Add(1) // after ahead: see at
}

// era is the time between two jumps that it is now, as far as they are known. The
// count begins again after 256.
func (c *clock) era() uint8 { return uint8(c.jumps.Load()) }

// jumpedSince tells whether a lifetime that was stated in an era can't be judged any
// more.
func (c *clock) jumpedSince(era uint8) bool {
	c.look()
	return era != c.era()
}
