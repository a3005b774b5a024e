package load

import (
	"math"
	"sync"
	"time"

	"github.com/sessionbench/bench/scenarios"
)

// session is what the harness knows of one visitor's session: what the store
// acknowledged, and so what it owes. Versions count the saves under one id from 1.
//
// Without overlap a session has one request open at a time, so after each answer
// the store's state is known exactly, but for two things that are remembered: a
// call that failed (it may have acted, or act later), and requests that ran at
// once (express-session overwrites whole sessions: whichever came last stands).
// Whatever either may explain is no violation: see check.go.
//
// A million of them are in memory at once, so it is kept at 40 bytes, and its lock
// is elsewhere.
type session struct {
	promised   int64  // the store must keep it until then, by the round's clock
	generation uint32 // of the current id; 0: none yet
	acked      uint32 // the newest version acknowledged
	tried      uint32 // the newest version sent
	floor      uint32 // the oldest version that the store may still return
	endings    endings
	late       uint16 // how long after promised the store's contract has it gone, in lateUnits
	ahead      uint8  // how many ids were given out beyond the current one
	open       uint8  // requests under way
	turn       uint8  // of the request that came last; never 0
	era        uint8  // the clock's, when the cookie of its last save or touch was made
	status     status
	seen       bool // read since it was last saved
	doubtful   bool // a call failed: it may yet act
	shared     bool // requests overlapped since a lone one last settled the state
	overwrote  bool // a lost update of this overlap is counted already
	crossed    bool // its last get returned what is not its own
}

// A session whose lifetime ends more than ten minutes late, or never, is never said
// to have expired late.
const (
	lateUnit  = int64(10 * time.Millisecond)
	neverLate = math.MaxUint16
)

// lasts notes until when the store must keep the session, and after when it must
// be gone.
func (s *session) lasts(promised, over int64) {
	s.promised = promised
	s.late = uint16(min((over-promised+lateUnit-1)/lateUnit, neverLate))
}

func (s *session) over() int64 {
	if s.late == neverLate {
		return forever
	}
	return s.promised + int64(s.late)*lateUnit
}

type status uint8

const (
	absent status = iota // logged out, expired, lost, or never logged in
	alive
	unsure // a login or logout failed, or runs while another request is open
)

// ending says why an id ended, and so what it means when it is readable again.
type ending uint8

const (
	never   ending = iota // it did not end, there was none, or nothing can be said of it
	logout                // destroyed by a logout: readable again is resurrected
	relogin               // destroyed by a login: readable again is fixation
	tangled               // destroyed while another request was open: readable again is a race
)

// endings are those of a visitor's newest ids, two bits each: the current one's are
// the lowest, and what was before the last 16 is forgotten.
type endings uint32

const remembered = 16

// of gives the ending of the id that came so many before the current one.
func (e endings) of(back uint32) ending { return ending(e >> (2 * back) & 3) }

func (e *endings) set(back uint32, why ending) {
	*e = *e&^(3<<(2*back)) | endings(why)<<(2*back)
}

// forever is the promise of a session that does not expire.
const forever = int64(1) << 62

// request is one request under way, as its session saw it begin.
type request struct {
	session    *session
	mu         *sync.Mutex // the session's
	number     uint64      // the session's
	kind       scenarios.Kind
	generation uint32 // of the id that its cookie has
	fresh      uint32 // the generation that a login makes
	probes     ending // an anonymous visit with a dead id: why that id ended
	turn       uint8  // session.turn when it began, when it began alone; else 0
	base       uint32 // the version that it read
	version    uint32 // the version that it saves
	cookie     bool   // whether it comes with a cookie
	clock      *clock
	made       int64 // when the cookie that it saves or touches with was, and
	era        uint8 // in which of the clock's eras
}

// locks guard the sessions, each many of them: a request holds one for some
// nanoseconds.
type locks [512]struct {
	sync.Mutex
	_ [56]byte // keeps neighbours off one cache line
}

func (l *locks) of(session uint64) *sync.Mutex { return &l[session%uint64(len(l))].Mutex }

// begin opens a request of the drawn class: a visitor without a session logs in
// first, whatever was drawn.
func (s *session) begin(c class, number uint64, mu *sync.Mutex) request {
	mu.Lock()
	defer mu.Unlock()
	r := request{session: s, mu: mu, number: number, generation: s.generation, cookie: true, turn: s.arrive()}
	switch {
	case c == drawAnonymous:
		r.kind = scenarios.Anonymous
		r.generation, r.probes = s.deadID()
	case c == drawLogin || s.status == absent:
		r.kind = scenarios.Login
		r.cookie = s.status != absent
		r.fresh = s.freshID()
	case c == drawRead:
		r.kind = scenarios.Read
	case c == drawWrite:
		r.kind = scenarios.Write
	case c == drawLogout:
		r.kind = scenarios.Logout
	}
	return r
}

// arrive opens a request. It gives its turn, or 0 when it is not alone. A turn comes
// again after 255 others, more than are open at once.
func (s *session) arrive() (turn uint8) {
	s.open++
	if s.turn++; s.turn == 0 {
		s.turn = 1
	}
	if s.open > 1 {
		s.shared = true
		return 0
	}
	return s.turn
}

// freshID gives out an id for a login. After 255 logins that came to no save, it is
// the last one again.
func (s *session) freshID() (generation uint32) {
	s.ahead = min(s.ahead, math.MaxUint8-1) + 1
	return s.generation + uint32(s.ahead)
}

// deadID chooses the id of an anonymous visit, a cookie whose session is gone:
// the visitor's last id that ended, or else one that was never stored.
func (s *session) deadID() (generation uint32, why ending) {
	switch {
	case s.status == absent && s.endings.of(0) != never:
		return s.generation, s.endings.of(0)
	case s.endings.of(1) != never:
		return s.generation - 1, s.endings.of(1)
	}
	return 0, never
}

// arrive opens a request that is made outside the traffic.
func (r *request) arrive() (turn uint8) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session.arrive()
}

// finish closes the request.
func (r *request) finish() {
	r.mu.Lock()
	r.session.open--
	r.mu.Unlock()
}

// saving gives the version that the request's save has: a login starts with 1.
func (r *request) saving() uint32 {
	if r.kind == scenarios.Login {
		return 1
	}
	if r.version == 0 {
		r.mu.Lock()
		r.session.tried++
		r.version = r.session.tried
		r.mu.Unlock()
	}
	return r.version
}

// saved notes the answer to a save: until when the store promises the session.
func (r *request) saved(err error, promised, over int64) (lostUpdate bool) {
	s := r.session
	r.mu.Lock()
	defer r.mu.Unlock()
	// Of logins that overlap, the visitor keeps the id that was given out last.
	entered := r.kind == scenarios.Login && r.fresh > s.generation
	if entered {
		s.enter(r.fresh)
	}
	if s.generation != r.generationSaved() { // another login came between
		return false
	}
	if err != nil {
		s.doubtful = true
		s.lasts(s.promised, max(s.over(), over))
		if r.kind == scenarios.Login {
			s.status, s.floor = unsure, 0
		}
		return false
	}
	if r.kind == scenarios.Login {
		s.loggedIn(entered)
	} else {
		lostUpdate = s.shared && s.acked > r.base && !s.overwrote
		s.overwrote = s.overwrote || lostUpdate
		s.acked = max(s.acked, r.version)
		if !s.shared && !s.doubtful {
			s.floor = r.version
		}
	}
	s.seen = false
	s.renew(r, promised, over)
	return lostUpdate
}

// loggedIn notes that a login's save was acknowledged, its first under this id or
// a further one. A further one may have overwritten what others saved meanwhile,
// and when others are at it the id may have ended already, by another login or a
// logout whose answer was noted before this one's.
func (s *session) loggedIn(first bool) {
	if first {
		s.acked, s.tried = 1, 1
	}
	s.floor, s.status = 1, alive
	if s.shared {
		s.status = unsure
	}
}

func (r *request) generationSaved() uint32 {
	if r.kind == scenarios.Login {
		return r.fresh
	}
	return r.generation
}

// enter begins a new generation: the id that a login made. Of ids between it and
// the last, of logins that overlapped or failed, nothing can be said.
func (s *session) enter(generation uint32) {
	s.endings <<= 2 * (generation - s.generation)
	s.ahead -= uint8(generation - s.generation)
	s.generation = generation
	s.acked, s.tried, s.floor = 0, 1, 0
	s.lasts(0, 0)
	s.doubtful, s.overwrote, s.seen, s.crossed = false, false, false, false
	s.shared = s.open > 1
}

// touched notes the answer to a touch. A touch that was answered when the session
// may have expired may have found nothing to extend, and says so or not.
func (r *request) touched(err error, extends, rewrites bool, answered, promised, over int64) {
	s := r.session
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.generation != r.generation {
		return
	}
	switch {
	case err == nil && extends && s.status == alive && answered < s.promised:
		s.renew(r, promised, over)
	case err != nil && rewrites:
		s.doubtful = true
		fallthrough
	default:
		s.lasts(s.promised, max(s.over(), over))
	}
}

// renew notes a lifetime that was acknowledged. Where more than one may stand, the
// session may last as long as the longest.
func (s *session) renew(r *request, promised, over int64) {
	if s.shared || s.doubtful {
		over = max(s.over(), over)
	}
	s.era = r.era
	s.lasts(promised, over)
}

// destroying notes that a destroy of the current id is sent.
func (r *request) destroying() {
	s := r.session
	r.mu.Lock()
	if s.generation == r.generation && s.shared {
		s.status = unsure
	}
	r.mu.Unlock()
}

// destroyed notes the answer to it.
func (r *request) destroyed(err error) {
	s := r.session
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.generation != r.generation {
		return
	}
	if err != nil {
		s.status, s.doubtful = unsure, true
		return
	}
	s.status = absent
	switch {
	case s.shared || s.doubtful:
		s.endings.set(0, tangled)
	case r.kind == scenarios.Login:
		s.endings.set(0, relogin)
	default:
		s.endings.set(0, logout)
	}
}
