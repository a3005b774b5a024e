package load

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
)

// measurement watches a replay from the side: file descriptors, processor time
// and memory of both sides each tick, the latencies of each second, what the sessions
// take now and then, the server's own counters before and after.
type measurement struct {
	*replay
	unavailable map[string]string
	startedAt   time.Time
	client      watched
	server      watched
	stored      storage
	before      *drivers.Reading
	after       *drivers.Reading
	harness     harness
	rows        int // how many seconds a row of the series has
	row         second
	series      []results.Second
	failed      uint64 // since the replay began
	outage      outage
	ahead       time.Duration // what the clock's jumps come to, as the events have it
	done        chan struct{}
	finished    sync.WaitGroup
	ended       float64 // second at which the replay was over
}

// tick is how often all is looked at, and glance how often a side is whose reading
// costs next to nothing: descriptors may be open for a moment only.
const (
	tick   = 100 * time.Millisecond
	glance = 10 * time.Millisecond
)

func newMeasurement(r *replay) *measurement {
	m := &measurement{replay: r, unavailable: map[string]string{}, done: make(chan struct{})}
	m.ahead = time.Duration(r.clock.ahead.Load())
	m.rows = rowSeconds(float64(r.options.Rounds) * (r.timeline.end() - r.timeline.begin()))
	m.client.read, m.server.read = r.options.Client, r.target.Server
	m.server.reason = r.target.ServerReason
	if r.turn == nil { // a unit has no rows
		m.stored.store, _ = r.driver.(drivers.Stored)
	}
	m.stored.second = func() float64 { return r.second(r.clock.now()) }
	m.stored.open(r.calls)
	m.client.rest()
	m.server.rest()
	return m
}

// readBefore is called when the population is loaded.
func (m *measurement) readBefore(ctx context.Context) { m.before = m.readServer(ctx) }

// begin is called when the timeline has begun.
func (m *measurement) begin() {
	m.startedAt = time.Now()
	m.outage = newOutage(m.timeline)
	if m.turn != nil { // what this takes would be in the unit's first slice
		m.harness.start()
	}
	m.finished.Go(m.watch)
	m.finished.Go(func() {
		m.stored.watch(time.Duration(m.moment(0)-m.clock.now()), m.done)
	})
}

// end is called when the replay is over.
func (m *measurement) end() {
	m.ended = m.second(m.clock.now())
	close(m.done)
	m.finished.Wait()
}

// readAfter is called then, if the server is still there.
func (m *measurement) readAfter(ctx context.Context) { m.after = m.readServer(ctx) }

// serverPatience is how long the server may take to tell its counters.
const serverPatience = 5 * time.Second

func (m *measurement) readServer(ctx context.Context) *drivers.Reading {
	meter, ok := m.driver.(drivers.Meter)
	if !ok {
		m.unavailable["server_calls"] = "the store keeps no counters"
		m.unavailable["storage"] = "the store does not say"
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, serverPatience)
	defer cancel()
	reading, err := meter.Meter(ctx)
	if err != nil {
		m.unavailable["server_calls"] = err.Error()
		m.unavailable["storage"] = err.Error()
		return nil
	}
	m.server.connections = reading.Connections
	return &reading
}

// watch samples until the replay is over.
func (m *measurement) watch() {
	ticks, glances := time.NewTicker(tick), time.NewTicker(glance)
	defer ticks.Stop()
	defer glances.Stop()
	if m.turn != nil { // what opens for a moment shows in the other units
		glances.Stop()
	}
	measured := time.NewTimer(time.Duration(m.moment(0) - m.clock.now()))
	defer measured.Stop()
	var last second
	next := int(math.Floor(m.timeline.begin())) // the second that is running
	row := next                                 // the first of the row's
	phase := -1
	for {
		over := false
		select {
		case <-m.done:
			over = true
		case <-measured.C: // what is used from here on counts
		case <-ticks.C:
		case <-glances.C:
			now := m.second(m.clock.now())
			m.client.glance(now)
			m.server.glance(now)
			continue
		}
		now := m.second(m.clock.now())
		if now >= 0 && !m.harness.started {
			m.harness.start()
		}
		m.client.sample(now)
		m.server.sample(now)
		m.harness.look()
		m.watchOutage(now)
		m.watchClock(now)
		if at := m.timeline.index(now); at != phase && !over {
			phase = at
			if now < m.timeline.end() && len(m.timeline.stretches) > 1 && m.turn == nil {
				m.events.add(m.timeline.stretches[at].start, "phase", m.timeline.stretches[at].name)
			}
		}
		if now >= float64(next+1) || over {
			nextSecond(m.recorders, &last)
			m.row.merge(&last)
			m.show(now, float64(next)+0.5, &last)
			next = int(math.Floor(now))
			if m.turn != nil {
				m.row.reset() // a unit is a moment of its own
			} else if over {
				m.addRow(row, next+1-row, over)
			} else if next >= rowEnd(row, m.rows) { // more than its seconds when this came late
				m.addRow(row, next-row, over)
				row = next
			}
		}
		if over {
			m.harness.stop()
			return
		}
	}
}

// watchClock notes when the wall clock jumps.
func (m *measurement) watchClock(now float64) {
	m.clock.look()
	ahead := time.Duration(m.clock.ahead.Load())
	if ahead == m.ahead {
		return
	}
	m.events.add(now, "clock", fmt.Sprintf("the clock jumped by %s: what was saved before can't be held to its lifetime", (ahead-m.ahead).Round(time.Millisecond)))
	m.ahead = ahead
}

// show reports the second around the given moment, which is over now.
func (m *measurement) show(now, moment float64, s *second) {
	m.failed += s.failed
	p := Progress{
		Phase: "drain", PerSecond: s.count, Errors: m.failed,
		ClientFDs: m.client.now, ServerFDs: -1,
		Elapsed: time.Duration((now - m.timeline.begin()) * 1e9), Second: int(math.Floor(moment)),
	}
	if moment < m.timeline.end() {
		p.Phase = m.timeline.stretches[m.timeline.index(moment)].name
		p.Left = time.Duration(max(0, m.timeline.end()-now) * 1e9)
	}
	if t := m.turn; t != nil {
		p.Phase, p.Share = t.phase(), 1/float64(t.slicing.targets)
		p.Left = time.Duration(int64(m.options.First+m.options.Rounds-m.stay.round-1) * t.slicing.whole())
	}
	if s.count > 0 {
		p.P50 = time.Duration(s.times.h.ValueAtPercentile(50))
		p.P99 = time.Duration(s.times.h.ValueAtPercentile(99))
		p.Max = time.Duration(s.times.max)
		p.Times = s.times.h
	}
	if m.server.read != nil && m.server.reason == "" {
		p.ServerFDs = m.server.now
	}
	m.observe(p)
}

// observe shows progress, with what is the same for the whole round filled in.
func (r *replay) observe(p Progress) {
	if r.options.Observe == nil {
		return
	}
	p.Target, p.Round, p.Rounds = r.target.Name, r.round+1, r.options.First+r.options.Rounds
	r.options.Observe(p)
}
