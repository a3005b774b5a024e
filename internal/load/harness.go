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
		spare := idle(t[0]) - idle(*h.times)
		if all := spare + busy(t[0]) - busy(*h.times); all > 0 {
			share := 100 * spare / all
			h.idle = &share
		}
	}
	var s debug.GCStats
	debug.ReadGCStats(&s)
	for _, pause := range s.Pause[:min(int64(len(s.Pause)), s.NumGC-h.gc)] { // most recent first
		h.pause = max(h.pause, pause)
	}
}

// idle is the time in which the machine's processors had nothing to run. That it
// waited for a disk meanwhile makes no difference to who wanted a processor.
func idle(t cpu.TimesStat) float64 { return t.Idle + t.Iowait }

// busy is the rest of the time.
func busy(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
}
