package load

import (
	"math"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// BenchmarkPacer is an open loop of gets on an empty store for five seconds: how
// late they are sent, from due to sent, what the pacer's thread costs, and by how
// much the second that is furthest off the rate is off it, which fails when that is
// more than one per cent. On a busy machine it shows that machine.
func BenchmarkPacer(b *testing.B) {
	const seconds = 5
	for _, rate := range []scenarios.Rate{3000, 50_000} {
		b.Run(rate.String(), func(b *testing.B) {
			var lag timing
			var cpu time.Duration
			off, runs := 0.0, 0
			for b.Loop() {
				m := newMeasurement(onEmpty(b, web(b, gets(scenarios.Uniform, scenarios.DefaultMaxInFlight, phase("steady", rate, rate, seconds)))))
				cpu += m.pacerCPU()
				lag.merge(&m.merged(0).lag)
				off = max(off, furthestOff(m.series[:min(seconds, len(m.series))], float64(rate)))
				runs++
			}
			if off > 0.01 {
				b.Errorf("a second is %.1f %% off the rate", 100*off)
			}
			const microsecond = 1e3
			b.ReportMetric(float64(lag.h.ValueAtPercentile(50))/microsecond, "lag-p50-µs")
			b.ReportMetric(float64(lag.h.ValueAtPercentile(99))/microsecond, "lag-p99-µs")
			b.ReportMetric(100*cpu.Seconds()/float64(seconds*runs), "pacer-cpu-%")
			b.ReportMetric(100*off, "furthest-second-%")
		})
	}
}

// pacerCPU runs the replay, and gives what its pacer's thread used of a processor.
func (m *measurement) pacerCPU() time.Duration {
	used := make(chan time.Duration)
	m.start()
	m.begin()
	go func() {
		runtime.LockOSThread() // runOpen is the pacer, and does nothing else while it waits for the workers
		before := threadCPU()
		m.runOpen()
		used <- threadCPU() - before
	}()
	cpu := <-used
	m.end()
	return cpu
}

// threadCPU is what the calling thread used so far.
func threadCPU() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		panic(err) // there is no such error for the calling thread
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// furthestOff is the largest share by which a second is off the rate.
func furthestOff(series []results.Second, rate float64) float64 {
	off := 0.0
	for _, row := range series {
		off = max(off, math.Abs(float64(row.Count)/rate-1))
	}
	return off
}
