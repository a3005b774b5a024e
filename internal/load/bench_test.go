package load

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
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

// onEmpty is a replay on an empty store that has all sessions.
func onEmpty(b *testing.B, s *scenarios.Scenario) *replay {
	store := &empty{value: map[string][]byte{}}
	r := newReplay(b.Context(), newPlan(s, 1, 0, Shard{}), &Target{Driver: store}, 0, options())
	var g ids
	for i := range r.people.sessions {
		id := g.id(r.people.identity, uint64(i), 1)
		c := drivers.NewCookie(time.Now(), time.Hour)
		store.value[id] = r.people.value(nil, id, uint64(i), 1, c)
		r.people.sessions[i] = session{generation: 1, acked: 1, tried: 1, floor: 1, status: alive, promised: forever}
	}
	return r
}

// BenchmarkRequest is the harness's own cost of a read (two calls: get, touch) on
// an empty store: drawing, pacing, checking, timing and recording it.
func BenchmarkRequest(b *testing.B) {
	r := onEmpty(b, web(b, func(s *scenarios.Scenario) {
		s.Mix = scenarios.Mix{scenarios.Read: 100}
		s.Load.Workers = 1
		s.Warmup, s.Duration = 0, scenarios.Duration(time.Hour)
	}))
	r.start()
	w := r.newWorker(0)
	lane := sequence{dealer: r.plan.dealers[0]}
	b.ReportAllocs()
	used := processorTime(b)
	for b.Loop() {
		g := lane.nextGroup()
		w.serveGroup(g, 0, r.timeline.index(r.second(r.clock.now())))
	}
	used = processorTime(b) - used
	var n atomic.Int64
	for _, rec := range r.recorders {
		for _, v := range rec.found {
			n.Add(int64(v))
		}
	}
	if n.Load() != 0 {
		b.Errorf("%d violations", n.Load())
	}
	b.ReportMetric(float64(used.Nanoseconds())/float64(2*b.N), "cpu-ns/call")
}

// processorTime is what this process has used.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkHonestStore makes b.N operations on the honest memory store, and finds
// nothing wrong with it: -benchtime=10000000x makes ten million.
func BenchmarkHonestStore(b *testing.B) {
	for name, overlap := range map[string]float64{"apart": 0, "overlapping": 20} {
		b.Run(name, func(b *testing.B) {
			s := web(b, func(s *scenarios.Scenario) {
				s.Sessions, s.Load.Workers, s.Overlap = 10_000, 64, overlap
				s.Mix = scenarios.Mix{
					scenarios.Read: 50, scenarios.Write: 20, scenarios.Login: 15, scenarios.Logout: 5,
					scenarios.Expire: 5, scenarios.Anonymous: 5,
				}
				s.Warmup, s.Duration = 0, scenarios.Duration(min(time.Duration(b.N)*5*time.Microsecond+100*time.Millisecond, 5*time.Second))
			})
			o, target := options(), memoryTarget(b)
			var made uint64
			var races results.Races
			for made < uint64(b.N) {
				o.Seed++
				o.RunID = fmt.Sprint(o.Seed)
				r := one(b, s, target, o)
				if r.Violations != (results.Violations{}) || r.Verify.Violations != (results.Violations{}) {
					b.Fatalf("seed %d: violations %+v, read back %+v", o.Seed, r.Violations, r.Verify)
				}
				made += r.Operations["all"].Count
				races.LostUpdates += r.Races.LostUpdates
				races.Revived += r.Races.Revived
			}
			if (races != results.Races{}) != (overlap > 0) {
				b.Errorf("races with an overlap of %g %%: %+v", overlap, races)
			}
			b.ReportMetric(float64(made), "operations")
			b.ReportMetric(float64(races.LostUpdates+races.Revived), "races")
		})
	}
}
