package load

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// empty is a store that returns what it was made with and does nothing else: what
// is left is the harness's own cost.
type empty struct{ value map[string][]byte }

func (e *empty) Get(_ context.Context, id string) (drivers.Record, error) {
	return drivers.Record{ID: id, Value: e.value[id]}, nil
}
func (*empty) Set(context.Context, drivers.Record) error   { return nil }
func (*empty) Touch(context.Context, drivers.Record) error { return nil }
func (*empty) Destroy(context.Context, string) error       { return nil }
func (*empty) Close() error                                { return nil }

// BenchmarkRequest is the harness's own cost of a read (two calls: get, touch) on
// an empty store: drawing, pacing, checking, timing and recording it.
func BenchmarkRequest(b *testing.B) {
	s := web(b, func(s *scenarios.Scenario) {
		s.Mix = scenarios.Mix{scenarios.Read: 100}
		s.Load.Workers = 1
		s.Warmup, s.Duration = 0, scenarios.Duration(time.Hour)
	})
	store := &empty{value: map[string][]byte{}}
	o := options()
	p := newPlan(s, 1, 0, Shard{})
	r := newReplay(b.Context(), p, &Target{Driver: store, Facts: drivers.Facts{}}, 0, o)
	var g ids
	for i := range r.people.sessions {
		id := g.id(r.people.identity, uint64(i), 1)
		c := drivers.NewCookie(time.Now(), time.Hour)
		store.value[id] = r.people.value(nil, id, uint64(i), 1, c)
		r.people.sessions[i] = session{generation: 1, acked: 1, tried: 1, floor: 1, status: alive, promised: forever}
	}
	r.start()
	w := r.newWorker(0)
	lane := sequence{dealer: p.dealers[0]}
	b.ReportAllocs()
	for b.Loop() {
		g := lane.nextGroup()
		w.serveGroup(g, 0, r.timeline.index(r.second(r.clock.now())))
	}
	var n atomic.Int64
	for _, rec := range r.recorders {
		for _, v := range rec.found {
			n.Add(int64(v))
		}
	}
	if n.Load() != 0 {
		b.Errorf("%d violations", n.Load())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/call")
}
