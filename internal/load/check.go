package load

import (
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// What is checked on each get, and why it is sound.
//
// A session's version can only be one that was sent. Acknowledged versions of
// requests that did not overlap follow each other, so a get that began after
// version v was acknowledged must return v: less is stale, nothing is lost (or
// expired early, when the store had it and the lifetime was mostly over).
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
	lostUpdate // from here on: races
	revived
	numViolations int = iota
)

// addTo adds n of the kind to a result's counts.
func (v violation) addTo(f *results.Figures, n uint64) {
	switch v {
	case lost:
		f.Violations.Lost += n
	case stale:
		f.Violations.Stale += n
	case resurrected:
		f.Violations.Resurrected += n
	case expiredEarly:
		f.Violations.ExpiredEarly += n
	case expiredLate:
		f.Violations.ExpiredLate += n
	case fixation:
		f.Violations.Fixation += n
	case lostUpdate:
		f.Races.LostUpdates += n
	case revived:
		f.Races.Revived += n
	}
}

// hit judges a get that found version v (ok is false when the value is not this
// id's). It was sent and answered at the given times.
func (r *request) hit(v uint32, ok bool, sent int64) verdict {
	s := r.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.kind == scenarios.Anonymous {
		return verdict{found: r.deadHit()}
	}
	if s.generation != r.generation || s.status == absent {
		return verdict{} // an overlapping login or logout came between
	}
	r.base = v
	switch {
	case !ok || v > s.tried || v < s.floor:
		return verdict{found: stale}
	case sent > s.over && !s.shared && !s.doubtful && !r.clock.jumpedSince(s.made):
		return verdict{found: expiredLate}
	}
	s.seen = true
	return verdict{found: r.settle(v)}
}

// deadHit judges an anonymous visit that found a session. Each id counts once.
func (r *request) deadHit() violation {
	s := r.session
	if r.generation == s.generation {
		s.ended = never
	} else {
		s.before = never
	}
	switch r.probes {
	case relogin:
		return fixation
	case tangled:
		return revived
	}
	return resurrected
}

// alone tells whether no other request was open at any time since this one began.
func (r *request) alone() bool { return r.begun != 0 && r.begun == r.session.begun }

// settle ends the uncertainty after an overlap: a lone get knows what stands.
func (r *request) settle(v uint32) violation {
	s := r.session
	if !s.shared || !r.alone() {
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.kind == scenarios.Anonymous || s.generation != r.generation || s.status == absent {
		return verdict{expected: true}
	}
	explained := s.status == unsure || answered >= s.promised || r.clock.jumpedSince(s.made)
	if r.alone() {
		if s.status == unsure {
			s.ended = tangled
		}
		s.status, s.shared = absent, false
	}
	switch {
	case explained:
		return verdict{expected: true}
	case s.seen && lifetime > 0 && s.promised-answered < lifetime/2:
		return verdict{found: expiredEarly}
	}
	return verdict{found: lost}
}
