package load

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// headroom is how much garbage a replay may make before the collector runs. The
// others are about what it will hold besides its population: histograms and the
// like, and a worker's stack and buffers. In bytes.
const (
	headroom  = 32 << 20
	recording = 8 << 20
	perWorker = 12 << 10
)

// steadyHeap lets the collector run when so much was allocated since it last did,
// whatever the population takes. By default it would wait until the heap has
// doubled: a million sessions would take twice their memory, and a few of them
// would have it run a hundred times a second.
//
// For a store in this process it changes nothing, as its data is on the same heap.
func (r *replay) steadyHeap() (restore func()) {
	if r.target.InProcess {
		return func() {}
	}
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	held := live[0].Value.Uint64() + recording + uint64(r.plan.workers)*perWorker
	const least = 10 // percent: below, it would hardly ever rest
	before := debug.SetGCPercent(max(least, int(100*headroom/held)))
	return func() { debug.SetGCPercent(before) }
}

// frugalHeap lets the collector run after every few allocations, for as long as a few
// large ones are made of which most are soon garbage: what makes a plan takes more
// than the plan, and nothing in it has to be looked through.
func frugalHeap() (restore func()) {
	before := debug.SetGCPercent(10)
	return func() { debug.SetGCPercent(before) }
}
