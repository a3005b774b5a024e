package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
)

// VerifyMode says how much is read back after a round.
type VerifyMode string

// The modes: every live session; at most sampled of them; none.
const (
	VerifyAll    VerifyMode = "all"
	VerifySample VerifyMode = "sample"
	VerifyOff    VerifyMode = "off"
)

// A sample has this many live sessions. Of ended ones a few are tried in every
// mode but off: a miss may cost a store much (the file store retries for 252 ms).
const (
	sampled    = 10_000
	sampledOff = 256
)

// probe is one id to read back.
type probe struct {
	number     uint64
	session    *session
	generation uint32
	dead       ending // the id ended so: it must miss
}

// verify reads back what was acknowledged. It runs when no request is open. A call
// that is not answered within the patience ends it.
func (p *population) verify(ctx context.Context, d drivers.Driver, mode VerifyMode, patience time.Duration, revived *uint64) (results.Verify, error) {
	v := results.Verify{Mode: string(mode)}
	if mode == VerifyOff {
		return v, nil
	}
	var mu sync.Mutex
	var g ids
	err := each(ctx, p.probes(mode), func(ctx context.Context, pr probe) error {
		mu.Lock()
		id := g.id(p.identity, pr.number, pr.generation)
		mu.Unlock()
		ctx, cancel := drivers.WithPatience(ctx, patience)
		defer cancel()
		sent := p.clock.now()
		rec, err := d.Get(ctx, id)
		answered := p.clock.now()
		if err != nil && !errors.Is(err, drivers.ErrNotFound) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		v.Checked++
		switch {
		case pr.dead == tangled && err == nil:
			*revived++
		case pr.dead != never && err == nil:
			v.Resurrected++
		case pr.dead != never:
		case err != nil && answered < pr.session.promised && !p.clock.jumpedSince(pr.session.made):
			v.Lost++
		case err == nil && sent <= pr.session.over && !pr.session.allows(version(rec.Value, id)):
			v.Stale++
		}
		return nil
	})
	if err != nil {
		return v, fmt.Errorf("read back: %w", err)
	}
	return v, nil
}

// allows tells whether the store may return this version now.
func (s *session) allows(v uint32, err error) bool {
	return err == nil && v >= s.floor && v <= s.tried
}

// probes lists the ids to read back, evenly over the sessions.
func (p *population) probes(mode VerifyMode) iter.Seq[probe] {
	return func(yield func(probe) bool) {
		step, dead := 1, 0
		if mode == VerifySample {
			step = max(1, (len(p.sessions)+sampled-1)/sampled)
		}
		for i := 0; i < len(p.sessions); i += step {
			s := &p.sessions[i]
			if s.status == alive && !yield(probe{uint64(i), s, s.generation, never}) {
				return
			}
			if generation, why := s.deadID(); why != never && dead < sampledOff {
				dead++
				if !yield(probe{uint64(i), s, generation, why}) {
					return
				}
			}
		}
	}
}
