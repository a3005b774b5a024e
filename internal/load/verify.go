package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// VerifyMode says how much is read back after a round.
type VerifyMode string

// The modes: every live session; at most sampled of them; none.
const (
	VerifyAll    VerifyMode = "all"
	VerifySample VerifyMode = "sample"
	VerifyOff    VerifyMode = "off"
)

// A sample has this many live sessions. Of ids that ended it tries the newest of a
// few, and so does every mode where a miss takes the store long by its contract.
const (
	sampled    = 10_000
	sampledOff = 256
)

// verify reads back what was acknowledged, and looks for what ended, when no
// request is open. What it finds is judged as in the replay. A call that is not
// answered within the patience ends it.
func (p *population) verify(ctx context.Context, d drivers.Driver, mode VerifyMode, patience time.Duration) (checked uint64, found [numViolations]uint64, err error) {
	if mode == VerifyOff {
		return 0, found, nil
	}
	var mu sync.Mutex
	var g ids
	err = each(ctx, p.probes(mode), func(ctx context.Context, rq request) error {
		mu.Lock()
		id := g.id(p.identity, rq.number, rq.generation)
		mu.Unlock()
		ctx, cancel := drivers.WithPatience(ctx, patience)
		defer cancel()
		if rq.kind == scenarios.Read {
			rq.turn = rq.arrive()
			defer rq.finish()
		}
		sent := p.clock.now()
		rec, err := d.Get(ctx, id)
		answered := p.clock.now()
		var v verdict
		switch {
		case err == nil:
			n, bad := version(rec.Value, id)
			v = rq.hit(n, bad == nil, sent)
		case errors.Is(err, drivers.ErrNotFound):
			v = rq.miss(answered, p.owed(p.ttl))
		default:
			return err
		}
		mu.Lock()
		checked++
		found[v.found]++
		mu.Unlock()
		return nil
	})
	if err != nil {
		err = fmt.Errorf("read back: %w", err)
	}
	return checked, found, err
}

// probes lists the ids to read back, evenly over the sessions: the one that each
// visitor has, and those that ended.
func (p *population) probes(mode VerifyMode) iter.Seq[request] {
	every, dead, back := 1, len(p.sessions)*remembered, uint32(remembered)
	if mode == VerifySample {
		every = max(1, (len(p.sessions)+sampled-1)/sampled)
	}
	if mode == VerifySample || p.facts.MissDelay > 0 {
		dead, back = sampledOff, 2
	}
	return func(yield func(request) bool) {
		for i := 0; i < len(p.sessions); i += every {
			s, number := &p.sessions[i], uint64(i)
			mu := p.locks.of(number)
			mu.Lock()
			was := *s // what probes find changes it
			mu.Unlock()
			rq := request{session: s, mu: mu, number: number, clock: p.clock}
			if was.status == alive {
				live := rq
				live.kind, live.generation = scenarios.Read, was.generation
				if !yield(live) {
					return
				}
			}
			for n := uint32(0); n < min(back, was.generation) && dead > 0; n++ {
				rq.kind, rq.generation, rq.probes = scenarios.Anonymous, was.generation-n, was.endings.of(n)
				if rq.probes == never {
					continue
				}
				dead--
				if !yield(rq) {
					return
				}
			}
		}
	}
}
