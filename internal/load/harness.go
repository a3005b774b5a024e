package load

import (
	"runtime/debug"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// harness measures bench itself over the measured part.
type harness struct {
	started bool
	at      time.Time
	length  time.Duration
	times   *cpu.TimesStat // the machine's; nil: unknown
	idle    *float64       // percent of the machine
	gc      int64          // collections before
	pause   time.Duration  // the longest since
}

func (h *harness) start() {
	h.started, h.at = true, time.Now()
	if t, err := cpu.Times(false); err == nil && len(t) == 1 {
		h.times = &t[0]
	}
	var s debug.GCStats
	debug.ReadGCStats(&s)
	h.gc = s.NumGC
}

func (h *harness) stop() {
	if !h.started {
		return
	}
	h.length = time.Since(h.at)
	if t, err := cpu.Times(false); err == nil && len(t) == 1 && h.times != nil {
		if all := busy(t[0]) + t[0].Idle - busy(*h.times) - h.times.Idle; all > 0 {
			share := 100 * (t[0].Idle - h.times.Idle) / all
			h.idle = &share
		}
	}
	var s debug.GCStats
	debug.ReadGCStats(&s)
	for _, pause := range s.Pause[:min(int64(len(s.Pause)), s.NumGC-h.gc)] { // most recent first
		h.pause = max(h.pause, pause)
	}
}

// busy is the time in which the machine's processors were not idle; waiting for
// the disk is idle to somebody who wants a processor, but says that work waited.
func busy(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal
}
