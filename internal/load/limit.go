package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// limits ends calls that take longer than the timeout. A context with a deadline
// for each call would cost allocations and a timer each; instead one goroutine
// looks at the workers' calls every hundredth of the timeout.
type limits struct {
	timeout int64
	clock   *clock
	mu      sync.Mutex
	all     map[*limit]struct{}
}

// limit is one worker's.
type limit struct {
	started atomic.Int64 // when the call under way was sent; 0: none; expired: it was cancelled
	cancel  context.CancelFunc
}

const expired = -1

func (l *limits) add() *limit {
	one := &limit{}
	l.mu.Lock()
	l.all[one] = struct{}{}
	l.mu.Unlock()
	return one
}

func (l *limits) drop(one *limit) {
	l.mu.Lock()
	delete(l.all, one)
	l.mu.Unlock()
	one.cancel()
}

// watch cancels what takes too long until done is closed.
func (l *limits) watch(done <-chan struct{}) {
	tick := time.NewTicker(max(time.Duration(l.timeout)/100, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		now := l.clock.now()
		l.mu.Lock()
		for one := range l.all {
			if t := one.started.Load(); t > 0 && now-t > l.timeout && one.started.CompareAndSwap(t, expired) {
				one.cancel()
			}
		}
		l.mu.Unlock()
	}
}

// arm gives the worker's next calls a context. It replaces the one before.
func (l *limit) arm(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	if l.cancel != nil {
		l.cancel()
	}
	l.cancel = cancel
	return ctx
}

func (l *limit) start(now int64) { l.started.Store(max(now, 1)) }

// stop ends the call and tells whether it was cancelled, which may be just after
// its answer came: the context is used up either way.
func (l *limit) stop(started int64) bool { return !l.started.CompareAndSwap(max(started, 1), 0) }
