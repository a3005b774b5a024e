package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// population is the visitors of one round on one target, and the short-lived
// sessions that expires look for.
type population struct {
	*identity
	clock    *clock
	facts    drivers.Facts
	ttl      time.Duration
	short    time.Duration // the lifetime of the short-lived
	sessions []session
	locks    locks
	mine     func(session uint32) bool // whether a session is of this shard
	lanes    []*shortLived             // one a lane
}

// begin opens a visitor's request of the drawn class.
func (p *population) begin(session uint32, c class) request {
	number := uint64(session)
	return p.sessions[session].begin(c, number, p.locks.of(number))
}

// slack is added to when a session must be gone: stores count in milliseconds
// and read their own clocks.
const slack = int64(20 * time.Millisecond)

// lifetime gives what a save or touch with the cookie promises: readable until
// promised, gone after over. The cookie was made, and the call sent and answered,
// at the given times; the store may count from any of them.
func (p *population) lifetime(c drivers.Cookie, made, sent, answered int64) (promised, over int64) {
	promised = made + int64(c.MaxAge)
	if c.Expires.IsZero() {
		if p.facts.DefaultLifetime == 0 {
			return forever, forever
		}
		promised = sent + int64(p.facts.DefaultLifetime)
	}
	over = promised + (answered - sent) + int64(p.facts.Granularity) + slack
	return promised - int64(2*time.Millisecond), over
}

// owed is the whole lifetime that a save promises.
func (p *population) owed(ttl time.Duration) int64 {
	if ttl == 0 {
		ttl = p.facts.DefaultLifetime
	}
	return int64(ttl)
}

// shortLived is a lane's queue of sessions with a short lifetime, oldest first.
// Their numbers count on from the population's, a lane's in steps of lanes.
type shortLived struct {
	first, step uint64
	runs        bool   // whether the lane is of this shard
	made        uint64 // how many were ever made
	queue       []*shortSession
}

type shortSession struct {
	session
	number uint64
	ripe   int64 // when it may be looked for
}

// add makes the next one.
func (l *shortLived) add(ripe int64) *shortSession {
	s := &shortSession{number: l.first + l.made*l.step, ripe: ripe}
	l.queue = append(l.queue, s)
	l.made++
	return s
}

// take returns the oldest one if it is ripe.
func (l *shortLived) take(now int64) *shortSession {
	if len(l.queue) == 0 || l.queue[0].ripe > now {
		return nil
	}
	s := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	return s
}

// ripens is how long after its making a short-lived session may be looked for.
func (p *population) ripens() int64 {
	return int64(p.short) + int64(p.facts.Granularity) + 3*slack
}

// preload stores every session of the shard, and short of them short-lived ones
// a lane. It returns the number stored. When ctx ends it stops between two
// sessions: what a cancelled call still stores, a clean-up would not find.
func (p *population) preload(ctx context.Context, d drivers.Driver, short int) (int64, error) {
	calls, release := drivers.Outlast(ctx)
	defer release()
	var stored atomic.Int64
	var g ids
	records := func(yield func(drivers.Record) bool) {
		for number, s := range p.stored(short) {
			if ctx.Err() != nil {
				return
			}
			ttl := p.ttl
			if number >= uint64(len(p.sessions)) {
				ttl = p.short
			}
			era, now := p.clock.era(), p.clock.now()
			c := drivers.NewCookie(p.clock.at(now), ttl)
			s.generation, s.status = 1, alive
			s.acked, s.tried, s.floor = 1, 1, 1
			s.era = era
			s.lasts(p.lifetime(c, now, now, now))
			id := g.id(p.identity, number, 1)
			if !yield(drivers.Record{ID: id, Value: p.value(nil, id, number, 1, c), Cookie: c}) {
				return
			}
			stored.Add(1)
		}
	}
	err := errors.Join(unstalled(calls, records, func(ctx context.Context, records iter.Seq[drivers.Record]) error {
		return p.store(ctx, d, records)
	}), ctx.Err())
	// A bulk load may answer late for what was built early; stores that count a
	// lifetime from when they got it (Redis) then keep it longer.
	end := p.clock.now()
	for _, s := range p.stored(0) {
		s.lasts(s.promised, min(forever, s.over()+end))
	}
	for _, lane := range p.lanes {
		for _, s := range lane.queue {
			over := s.over() + end
			s.lasts(s.promised, over)
			s.ripe = over + slack
		}
	}
	if err != nil {
		return stored.Load(), fmt.Errorf("preload: %w", err)
	}
	return stored.Load(), nil
}

func (p *population) store(ctx context.Context, d drivers.Driver, records iter.Seq[drivers.Record]) error {
	if l, ok := d.(drivers.Loader); ok {
		return l.Load(ctx, records)
	}
	return each(ctx, records, d.Set)
}

// stored lists the shard's sessions, and makes and lists short short-lived ones
// a lane.
func (p *population) stored(short int) iter.Seq2[uint64, *session] {
	return func(yield func(uint64, *session) bool) {
		for i := range p.sessions {
			if p.mine(uint32(i)) && !yield(uint64(i), &p.sessions[i]) {
				return
			}
		}
		for _, lane := range p.lanes {
			for range short {
				if !lane.runs {
					break
				}
				s := lane.add(0)
				if !yield(s.number, &s.session) {
					return
				}
			}
		}
	}
}

// given lists every id that was ever given out, whatever became of it.
func (p *population) given() iter.Seq[string] {
	return func(yield func(string) bool) {
		var g ids
		for i := range p.sessions {
			s := &p.sessions[i]
			for generation := range s.generation + uint32(s.ahead) {
				if !yield(g.id(p.identity, uint64(i), generation+1)) {
					return
				}
			}
		}
		for _, lane := range p.lanes {
			for i := range lane.made {
				if !yield(g.id(p.identity, lane.first+i*lane.step, 1)) {
					return
				}
			}
		}
	}
}

// remove destroys every session that was ever made.
func (p *population) remove(ctx context.Context, d drivers.Driver) error {
	err := unstalled(ctx, p.given(), func(ctx context.Context, ids iter.Seq[string]) error {
		return removeAll(ctx, d, ids)
	})
	if err != nil {
		return fmt.Errorf("remove the sessions of this run: %w", err)
	}
	return nil
}

// removeAll destroys sessions in the store's quickest way.
func removeAll(ctx context.Context, d drivers.Driver, ids iter.Seq[string]) error {
	if r, ok := d.(drivers.Remover); ok {
		return r.Remove(ctx, ids)
	}
	return each(ctx, ids, d.Destroy)
}

// atOnce is how many calls bulk work has open.
const atOnce = 64

// each does the work for every item, some at once, and stops at the first error.
func each[T any](ctx context.Context, items iter.Seq[T], do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan T)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for item := range queue {
				if err := do(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for item := range items {
		if ctx.Err() != nil {
			break
		}
		queue <- item
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}
