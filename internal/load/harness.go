package load

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// harness measures bench itself over the measured part.
type harness struct {
	started bool
	at      time.Time
	length  time.Duration
	times   []cpu.TimesStat // of each processor, before; nil: unknown
	machine share           // idle of the machine's processors
	allowed share           // idle of those that bench may run on
	gc      debug.GCStats
	pauses  timing // of the garbage collector, one a collection
	quota   quota
	before  stops
	counted bool // whether before is known
	stops   stops
}

// stops are those of a process by its CPU quota: in how many of the quota's periods,
// and for how long, on all processors together.
type stops struct {
	periods uint64
	time    time.Duration
}

func (s stops) since(before stops) stops {
	return stops{s.periods - before.periods, s.time - before.time}
}

// share is how much of some processors was idle.
type share struct {
	processors int
	idle       float64 // of them; valid when there are any
}

func (h *harness) start() {
	h.started, h.at = true, time.Now()
	h.times, _ = cpu.Times(true)
	debug.ReadGCStats(&h.gc)
	h.quota = findQuota()
	h.before, h.counted = h.quota.read()
}

// look notes the collections since the last look. The runtime keeps the last 256.
func (h *harness) look() {
	if !h.started {
		return
	}
	before := h.gc.NumGC
	debug.ReadGCStats(&h.gc)
	for _, pause := range h.gc.Pause[:min(int64(len(h.gc.Pause)), h.gc.NumGC-before)] { // most recent first
		h.pauses.record(int64(pause))
	}
}

func (h *harness) stop() {
	if !h.started {
		return
	}
	h.look()
	h.length = time.Since(h.at)
	if after, ok := h.quota.read(); ok && h.counted {
		h.stops = after.since(h.before)
	}
	times, err := cpu.Times(true)
	if err != nil || len(times) != len(h.times) {
		return
	}
	mayRun := affinity()
	for i, t := range times {
		spare := idle(t) - idle(h.times[i])
		all := spare + busy(t) - busy(h.times[i])
		if all <= 0 {
			continue
		}
		h.machine.add(spare / all)
		if n, err := strconv.Atoi(strings.TrimPrefix(t.CPU, "cpu")); err == nil && mayRun(n) {
			h.allowed.add(spare / all)
		}
	}
}

// part begins bench's part in the round with what is known here.
func (h *harness) part() part {
	p := part{
		length: h.length, processors: float64(h.allowed.processors), gomaxprocs: float64(min(runtime.GOMAXPROCS(0), runtime.NumCPU())),
		stops: h.stops, pauses: h.pauses,
	}
	if h.allowed.processors > 0 {
		p.idle = &h.allowed.idle
	}
	return p
}

// percent is nil when nothing is known.
func (s *share) percent() *float64 {
	if s.processors == 0 {
		return nil
	}
	percent := 100 * s.idle / float64(s.processors)
	return &percent
}

func (s *share) add(idle float64) {
	s.processors++
	s.idle += idle
}

// idle is the time in which a processor had nothing to run. That it waited for a
// disk meanwhile makes no difference to who wanted a processor.
func idle(t cpu.TimesStat) float64 { return t.Idle + t.Iowait }

// busy is the rest of the time.
func busy(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
}
