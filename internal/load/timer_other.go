//go:build !linux

package load

import "time"

// longestSleep bounds one sleep, so that the end of a run is noticed.
const longestSleep = 20 * time.Millisecond

// timer sleeps as well as Go's own timers do here.
type timer struct{}

func newTimer() timer { return timer{} }

func (timer) release() {}

func (timer) sleep(ns int64) { time.Sleep(time.Duration(ns)) }
