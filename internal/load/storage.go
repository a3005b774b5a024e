package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
)

// storage reads beside the calls what the sessions take. It has a goroutine of its
// own, so that a slow reading keeps no tick of the watch waiting.
type storage struct {
	store  drivers.Stored // nil: it can't be read so
	second func() float64 // of the round

	mu     sync.Mutex
	fresh  []storageReading // those that no row has
	latest drivers.Storage  // also when a row has it
	reason string           // why the last reading failed that did

	readings, failed int
}

type storageReading struct {
	at float64 // the second at which it came back
	drivers.Storage
}

// A reading that took some time is repeated after so many times as long, so that it
// has two per cent of the run and of a server's processor at most, and never sooner
// than a second later.
const (
	storageThrift = 50
	storageRest   = time.Second
)

// storageResting is how long no reading is due after one that took so long.
func storageResting(took time.Duration) time.Duration { return max(storageRest, storageThrift*took) }

// storagePatience is how long a reading may take, and at the replay's end so much
// longer: one that is cut off may have been counted by the server, and no more by us.
const (
	storagePatience = 2 * time.Second
	storageGrace    = time.Second
)

// open reads once before the round, so that a connection which is opened for it is
// there already, and among the idle descriptors.
func (s *storage) open(ctx context.Context) {
	if s.store != nil {
		s.read(ctx)
		*s = storage{store: s.store, second: s.second}
	}
}

// watch reads from the beginning of the measured part on until done.
func (s *storage) watch(begin time.Duration, done <-chan struct{}) {
	if s.store == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-done:
		}
		select {
		case <-ctx.Done():
		case <-time.After(storageGrace):
			cancel()
		}
	}()
	due := time.NewTimer(begin)
	defer due.Stop()
	for {
		select {
		case <-done:
			return
		case <-due.C:
		}
		due.Reset(storageResting(s.read(ctx)))
	}
}

// read gives how long it took.
func (s *storage) read(ctx context.Context) (took time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, storagePatience)
	defer cancel()
	began := time.Now()
	reading, err := s.store.Stored(ctx)
	took = time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings++
	if err != nil {
		s.failed, s.reason = s.failed+1, err.Error()
		return took
	}
	s.latest, s.fresh = reading, append(s.fresh, storageReading{s.second(), reading})
	return took
}

// before gives the latest reading before a second, if no row has it. A row is ended a
// moment late, when the next one's reading may be there.
func (s *storage) before(end float64) (taken drivers.Storage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.fresh) > 0 && s.fresh[0].at < end {
		taken, s.fresh = s.fresh[0].Storage, s.fresh[1:]
	}
	return taken
}

// storageOverTime says why rows of the series lack figures that are known at the
// round's ends.
func (m *measurement) storageOverTime(ends *results.Storage) {
	s := &m.stored
	const series = "storage_series"
	switch {
	case m.turn != nil: // there is no series either
		return
	case s.store == nil:
		m.unavailable[series] = "the store does not say"
		return
	case s.readings == 0:
		m.unavailable[series] = "the round was over before the first reading"
		return
	case s.failed > 0:
		m.unavailable[series] = fmt.Sprintf("%d of %d readings failed: %s", s.failed, s.readings, s.reason)
	}
	if s.failed == s.readings || ends == nil {
		return
	}
	for name, f := range map[string]struct{ at, over *int64 }{
		"stored_bytes": {ends.BytesEnd, s.latest.Bytes}, "dead_rows": {ends.DeadRows, s.latest.DeadRows},
		"expired_present": {ends.ExpiredPresent, s.latest.ExpiredPresent},
	} {
		if f.at != nil && f.over == nil {
			m.unavailable[series+"."+name] = "it is read before and after the round only: the calls would feel it"
		}
	}
}
