package load

import (
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// What is checked on each get, and why it is sound.
//
// A value names its id and its version, so what a get returns is of this session or
// it is swapped, and its version can only be one that was sent. Acknowledged
// versions of requests that did not overlap follow each other, so a get that began
// after version v was acknowledged must return v: less is stale, nothing is lost
// (or expired early, when the store had it and the lifetime was mostly over).
//
// A promise that is broken counts once, however many gets show it: what was found
// is what stands from then on, until a get finds better. So a dropped write that is
// read ten times is one violation, and ten old answers among new ones are ten.
//
// Two things widen what is accepted. After a call failed, its effect may come at
// any later time, so the floor stays where it was until the next login gives a
// new id. While requests of a session overlap, and until a lone get has settled
// it, any version from the last settled one to the newest sent may stand; a
// version below the newest acknowledged is then a lost update, a race and no
// violation. A miss is accepted only when a logout or login took part.
//
// A lifetime is the wall clock's. When that jumps, what was saved before may end at
// any time, so that only what was saved since is held to its lifetime.
//
// An id that ended must stay unreadable: after a logout it is resurrected, after
// a login fixation, and revived, a race, when a request overlapped the end.

// verdict is what a get's answer means.
type verdict struct {
	expected bool // a miss that had to be, or may be
	found    violation
}

// violation is a broken promise or a race.
type violation uint8

const (
	none violation = iota
	lost
	stale
	resurrected
	expiredEarly
	expiredLate
	fixation
	swapped
	lostUpdate // from here on: races
	revived
	numViolations int = iota
)

// promises counts the violations among what was found.
func promises(found *[numViolations]uint64) results.Violations {
	return results.Violations{
		Lost: found[lost], Stale: found[stale], Resurrected: found[resurrected],
		ExpiredEarly: found[expiredEarly], ExpiredLate: found[expiredLate],
		Fixation: found[fixation], Swapped: found[swapped],
	}
}

// hit judges a get that found version v (ok is false when the value is not this
// id's). It was sent and answered at the given times.
func (r *request) hit(v uint32, ok bool, sent int64) verdict {
	s := r.session
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kind == scenarios.Anonymous {
		return verdict{found: r.deadHit()}
	}
	if s.generation != r.generation || s.status == absent {
		return verdict{} // an overlapping login or logout came between
	}
	if !ok {
		return verdict{found: s.strange()}
	}
	s.crossed = false
	r.base = v
	switch {
	case v > s.tried:
		return verdict{found: stale}
	case v < s.floor:
		s.floor = v
		return verdict{found: stale}
	case sent > s.over() && !s.shared && !s.doubtful && !r.clock.jumpedSince(s.era):
		s.late = neverLate
		return verdict{found: expiredLate}
	}
	s.seen = true
	return verdict{found: r.settle(v)}
}

// strange judges a value that is not the session's.
func (s *session) strange() violation {
	if s.crossed {
		return none
	}
	s.crossed = true
	return swapped
}

// deadHit judges an anonymous visit that found a session.
func (r *request) deadHit() violation {
	r.session.endings.set(r.session.generation-r.generation, never)
	switch r.probes {
	case relogin:
		return fixation
	case tangled:
		return revived
	}
	return resurrected
}

// alone tells whether no other request was open at any time since this one began.
func (r *request) alone() bool { return r.turn != 0 && r.turn == r.session.turn }

// settle ends the uncertainty after an overlap: a lone get knows what stands. It
// also ends what a violation had widened.
func (r *request) settle(v uint32) violation {
	s := r.session
	if !r.alone() {
		return none
	}
	if !s.shared {
		if !s.doubtful {
			s.floor = v
		}
		return none
	}
	found := none
	if v < s.acked && !s.overwrote { // a touch that rewrites put back what it had read
		found = lostUpdate
	}
	s.shared, s.overwrote = false, false
	if !s.doubtful {
		s.status = alive
		s.acked, s.floor = v, v
	}
	return found
}

// miss judges a get that found nothing, answered at the given time. lifetime is
// the session's, 0 when unknown.
func (r *request) miss(answered, lifetime int64) verdict {
	s := r.session
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kind == scenarios.Anonymous || s.generation != r.generation || s.status == absent {
		return verdict{expected: true}
	}
	if s.status == unsure || answered >= s.promised || r.clock.jumpedSince(s.era) {
		if r.alone() {
			r.gone()
		}
		return verdict{expected: true}
	}
	early := s.seen && lifetime > 0 && s.promised-answered < lifetime/2
	r.gone()
	if early {
		return verdict{found: expiredEarly}
	}
	return verdict{found: lost}
}

// gone notes that the store does not have the session: the visitor will log in.
func (r *request) gone() {
	s := r.session
	if s.status == unsure {
		s.endings.set(0, tangled)
	}
	s.status = absent
	if r.alone() {
		s.shared = false
	}
}
