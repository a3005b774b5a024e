package load

import (
	"errors"
	"syscall"
	"time"

	"github.com/sessionbench/bench/results"
)

// watched is one side's process figures over the measured part.
type watched struct {
	read        func() (Process, error)
	reason      string // why it can't be read
	idle        int
	sum, peak   int
	samples     int
	now         int
	limit       *uint64
	cpuStart    time.Duration
	cpuEnd      time.Duration
	started     bool
	memory      uint64
	connections *int64
	resting     time.Time // until then no glance is due
}

// rest reads the file descriptors before the round.
func (w *watched) rest() {
	if w.read == nil {
		return
	}
	p, err := w.read()
	if err != nil {
		w.reason = err.Error()
		return
	}
	w.idle, w.now, w.limit = p.FileDescriptors, p.FileDescriptors, p.Limit
}

// thrift is how many times as long as it took to read a side it is not glanced at
// again, so that glances cost half a per cent of a processor at most.
const thrift = 200

// glance samples the side if that is cheap.
func (w *watched) glance(second float64) {
	if time.Now().After(w.resting) {
		w.sample(second)
	}
}

// sample reads the process; only the measured part counts.
func (w *watched) sample(second float64) {
	if w.read == nil || w.reason != "" {
		return
	}
	began := time.Now()
	p, err := w.read()
	ended := time.Now()
	w.resting = ended.Add(thrift * ended.Sub(began))
	if errors.Is(err, syscall.EMFILE) { // this process has no descriptor left to look with
		return
	}
	if err != nil {
		w.reason = err.Error()
		return
	}
	w.now = p.FileDescriptors
	if second < 0 {
		return
	}
	if !w.started {
		w.started, w.cpuStart = true, p.CPU
	}
	w.cpuEnd = p.CPU
	w.limit = p.Limit
	w.sum += p.FileDescriptors
	w.samples++
	w.peak = max(w.peak, p.FileDescriptors)
	w.memory = max(w.memory, p.Memory)
}

// figures are nil when the side could not be read throughout, and the usage also
// when there are no two readings to take the difference of.
func (w *watched) figures() (*results.Descriptors, *results.Usage) {
	if w.read == nil || w.reason != "" || w.samples == 0 {
		return nil, nil
	}
	descriptors := &results.Descriptors{
		Idle: w.idle, Mean: float64(w.sum) / float64(w.samples), Peak: w.peak, Limit: w.limit,
	}
	if w.samples < 2 || w.cpuEnd <= w.cpuStart || w.memory == 0 {
		return descriptors, nil
	}
	return descriptors, &results.Usage{
		CPUSeconds: (w.cpuEnd - w.cpuStart).Seconds(), MemoryPeakBytes: w.memory,
		Connections: w.connections,
	}
}
