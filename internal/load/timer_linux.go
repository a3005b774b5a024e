package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// longestSleep bounds one sleep, so that the end of a run is noticed.
const longestSleep = 20 * time.Millisecond

// timer sleeps precisely. Go's own timers are late by up to a millisecond, as
// the runtime waits in epoll; a thread of one's own in clock_nanosleep with the
// least timer slack is late by some 50 µs.
type timer struct{}

// newTimer ties the calling goroutine to a thread until release.
func newTimer() timer {
	runtime.LockOSThread()
	// Without it the kernel may be 50 µs later; nothing else changes.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return timer{}
}

// release ends the thread, as its slack is changed: a goroutine that ends locked
// takes its thread with it, so it stays locked.
func (timer) release() {}

func (timer) sleep(ns int64) {
	ts := unix.NsecToTimespec(ns)
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, nil) // woken early: the caller looks again
}
