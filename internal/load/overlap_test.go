package load

import (
	"testing"
	"unsafe"
)

// aliveSession is one that was preloaded.
func aliveSession() *session {
	return &session{generation: 1, acked: 1, tried: 1, floor: 1, status: alive, promised: forever}
}

// The answers of requests that overlap are noted in any order. What another
// order at the store explains is no violation.
func TestOverlappingRequestsExplainWhatTheyMayHaveDone(t *testing.T) {
	t.Parallel()
	save := func(r *request) { r.saved(nil, forever, forever) }
	// enter begins a login beside a read, up to its first save.
	enter := func(s *session) request {
		login := s.begin(drawLogin, 0)
		s.begin(drawRead, 0)
		login.destroying()
		login.destroyed(nil)
		save(&login)
		return login
	}
	get := func(s *session, v uint32) verdict {
		r := s.begin(drawRead, 0)
		defer s.finish()
		return r.hit(v, true, 0)
	}
	miss := func(s *session) verdict {
		r := s.begin(drawRead, 0)
		defer s.finish()
		r.clock = newClock(nil)
		return r.miss(0, 0)
	}
	for name, c := range map[string]struct {
		overlap func(s *session)
		after   func(s *session) verdict
		want    verdict
	}{
		"a write between a login's two saves stands": {
			overlap: func(s *session) {
				login := enter(s)
				write := s.begin(drawWrite, 0)
				write.hit(1, true, 0)
				write.saving()
				save(&login)
				save(&write)
				s.finish()
				s.finish()
				s.finish()
			},
			after: func(s *session) verdict { return get(s, 2) },
		},
		"a login's second save overwrites a write: a lost update": {
			overlap: func(s *session) {
				login := enter(s)
				write := s.begin(drawWrite, 0)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				save(&login)
				s.finish()
				s.finish()
				s.finish()
			},
			after: func(s *session) verdict { return get(s, 1) },
			want:  verdict{found: lostUpdate},
		},
		"a login whose answer is noted after another login destroyed its id": {
			overlap: func(s *session) {
				first := enter(s)
				second := s.begin(drawLogin, 0)
				second.destroying()
				second.destroyed(nil)
				save(&second)
				save(&second)
				save(&first)
				s.finish()
				s.finish()
				s.finish()
			},
			after: miss,
			want:  verdict{expected: true},
		},
		"a get that was sent before a write and answered after it settles nothing": {
			overlap: func(s *session) {
				read := s.begin(drawRead, 0)
				write := s.begin(drawWrite, 0)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				s.finish()
				read.hit(1, true, 0)
				s.finish()
			},
			after: func(s *session) verdict { return get(s, 2) },
		},
		"without a logout or login a miss is lost": {
			overlap: func(s *session) {
				s.begin(drawRead, 0)
				s.begin(drawRead, 0)
				s.finish()
				s.finish()
			},
			after: miss,
			want:  verdict{found: lost},
		},
		"a write that was acknowledged beside a read is not undone by anything": {
			overlap: func(s *session) {
				s.begin(drawRead, 0)
				s.finish()
				write := s.begin(drawWrite, 0)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				s.finish()
			},
			after: func(s *session) verdict { return get(s, 1) },
			want:  verdict{found: stale},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := aliveSession()
			c.overlap(s)
			if got := c.after(s); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// What is known of a session is there once a session, a million times.
func TestASessionIsKeptAt48Bytes(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(session{}); size != 48 {
		t.Errorf("%d bytes", size)
	}
}
