package load

import (
	"sync"
	"testing"
	"unsafe"
)

// aliveSession is one that was preloaded.
func aliveSession() *session {
	return &session{generation: 1, acked: 1, tried: 1, floor: 1, status: alive, promised: forever}
}

// begin opens a request.
func begin(s *session, c class) request { return s.begin(c, 0, &sync.Mutex{}) }

// finish closes one.
func finish(s *session) { s.open-- }

// The answers of requests that overlap are noted in any order. What another
// order at the store explains is no violation.
func TestOverlappingRequestsExplainWhatTheyMayHaveDone(t *testing.T) {
	t.Parallel()
	save := func(r *request) { r.saved(nil, forever, forever) }
	// enter begins a login beside a read, up to its first save.
	enter := func(s *session) request {
		login := begin(s, drawLogin)
		begin(s, drawRead)
		login.destroying()
		login.destroyed(nil)
		save(&login)
		return login
	}
	get := func(s *session, v uint32) verdict {
		r := begin(s, drawRead)
		defer finish(s)
		return r.hit(v, true, 0)
	}
	miss := func(s *session) verdict {
		r := begin(s, drawRead)
		defer finish(s)
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
				write := begin(s, drawWrite)
				write.hit(1, true, 0)
				write.saving()
				save(&login)
				save(&write)
				finish(s)
				finish(s)
				finish(s)
			},
			after: func(s *session) verdict { return get(s, 2) },
		},
		"a login's second save overwrites a write: a lost update": {
			overlap: func(s *session) {
				login := enter(s)
				write := begin(s, drawWrite)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				save(&login)
				finish(s)
				finish(s)
				finish(s)
			},
			after: func(s *session) verdict { return get(s, 1) },
			want:  verdict{found: lostUpdate},
		},
		"a login whose answer is noted after another login destroyed its id": {
			overlap: func(s *session) {
				first := enter(s)
				second := begin(s, drawLogin)
				second.destroying()
				second.destroyed(nil)
				save(&second)
				save(&second)
				save(&first)
				finish(s)
				finish(s)
				finish(s)
			},
			after: miss,
			want:  verdict{expected: true},
		},
		"a get that was sent before a write and answered after it settles nothing": {
			overlap: func(s *session) {
				read := begin(s, drawRead)
				write := begin(s, drawWrite)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				finish(s)
				read.hit(1, true, 0)
				finish(s)
			},
			after: func(s *session) verdict { return get(s, 2) },
		},
		"without a logout or login a miss is lost": {
			overlap: func(s *session) {
				begin(s, drawRead)
				begin(s, drawRead)
				finish(s)
				finish(s)
			},
			after: miss,
			want:  verdict{found: lost},
		},
		"a write that was acknowledged beside a read is not undone by anything": {
			overlap: func(s *session) {
				begin(s, drawRead)
				finish(s)
				write := begin(s, drawWrite)
				write.hit(1, true, 0)
				write.saving()
				save(&write)
				finish(s)
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
func TestASessionIsKeptAt40Bytes(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(session{}); size != 40 {
		t.Errorf("%d bytes", size)
	}
}
