package file

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

func newQueue() *queue { return &queue{waiting: map[string][]chan struct{}{}} }

func TestWritersOfAPathTakeTurnsInTheirOrder(t *testing.T) {
	t.Parallel()
	q := newQueue()
	if err := q.wait(t.Context(), nil, "a"); err != nil {
		t.Fatal(err)
	}
	const writers = 8
	var order []int // written by the one whose turn it is
	done := make(chan error)
	for n := range writers {
		go func() {
			err := q.wait(t.Context(), nil, "a")
			order = append(order, n)
			q.done("a")
			done <- err
		}()
		waitFor(q, "a", n+1)
	}
	if err := q.wait(t.Context(), nil, "b"); err != nil { // another path is free
		t.Fatal(err)
	}
	q.done("b")
	q.done("a")
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(order) || len(order) != writers {
		t.Errorf("the turns were %v", order)
	}
	if len(q.waiting) != 0 {
		t.Errorf("left in the queue: %v", q.waiting)
	}
}

// waitFor returns when n writers wait for a path.
func waitFor(q *queue, path string, n int) {
	for have := 0; have < n; {
		q.Lock()
		have = len(q.waiting[path])
		q.Unlock()
	}
}

func TestWriterMayLeaveTheQueue(t *testing.T) {
	t.Parallel()
	q := newQueue()
	if err := q.wait(t.Context(), nil, "a"); err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.wait(canceled, nil, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	closed := make(chan struct{})
	close(closed)
	if err := q.wait(t.Context(), closed, "a"); !errors.Is(err, drivers.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	q.done("a")
	if err := q.wait(t.Context(), nil, "a"); err != nil {
		t.Errorf("after they left: %v", err)
	}
}

// A writer that gives up just as its turn comes passes it on.
func TestTurnOfAWriterThatLeftIsPassedOn(t *testing.T) {
	t.Parallel()
	q := newQueue()
	if err := q.wait(t.Context(), nil, "a"); err != nil {
		t.Fatal(err)
	}
	turn := make(chan struct{})
	q.waiting["a"] = append(q.waiting["a"], turn)
	q.done("a")
	<-turn
	q.giveUp("a", turn)
	if len(q.waiting) != 0 {
		t.Errorf("the path is still taken: %v", q.waiting)
	}
}
