package file

import (
	"context"
	"slices"
	"sync"

	"github.com/sessionbench/bench/drivers"
)

// queue lets one writer at a time at each path, in the order they came, as
// write-file-atomic does inside one process.
type queue struct {
	sync.Mutex
	waiting map[string][]chan struct{} // by path: those behind the writer
}

// wait returns when it is the caller's turn, which done ends.
func (q *queue) wait(ctx context.Context, closed <-chan struct{}, path string) error {
	q.Lock()
	behind, busy := q.waiting[path]
	if !busy {
		q.waiting[path] = nil
		q.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q.waiting[path] = append(behind, turn)
	q.Unlock()
	var err error
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closed:
		err = drivers.ErrClosed
	}
	q.giveUp(path, turn)
	return err
}

// giveUp leaves the queue, or passes the turn on when it came meanwhile.
func (q *queue) giveUp(path string, turn chan struct{}) {
	q.Lock()
	defer q.Unlock()
	if at := slices.Index(q.waiting[path], turn); at >= 0 {
		q.waiting[path] = slices.Delete(q.waiting[path], at, at+1)
		return
	}
	q.next(path)
}

func (q *queue) done(path string) {
	q.Lock()
	defer q.Unlock()
	q.next(path)
}

// next gives the turn to the first one waiting.
func (q *queue) next(path string) {
	behind := q.waiting[path]
	if len(behind) == 0 {
		delete(q.waiting, path)
		return
	}
	close(behind[0])
	q.waiting[path] = behind[1:]
}
