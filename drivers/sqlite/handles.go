package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// handle is one SQLite connection. Statements that it has prepared are run so,
// others are prepared for the one call.
type handle struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	home     chan *handle
}

func (h *handle) prepare(ctx context.Context, statements ...string) error {
	for _, text := range statements {
		s, err := h.conn.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		h.prepared[text] = s
	}
	return nil
}

func (h *handle) query(ctx context.Context, statement string, args ...any) *sql.Row {
	if s, ok := h.prepared[statement]; ok {
		return s.QueryRowContext(ctx, args...)
	}
	return h.conn.QueryRowContext(ctx, statement, args...)
}

func (h *handle) exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if s, ok := h.prepared[statement]; ok {
		return s.ExecContext(ctx, args...)
	}
	return h.conn.ExecContext(ctx, statement, args...)
}

// handles are the connections: one for everything, or one for writing and
// several for reading. Each is used by one call at a time.
type handles struct {
	writing, reading chan *handle // the same one when there are no readers
	all              int
	closed           chan struct{}
	once             sync.Once
}

func newHandles(writer *handle, readers []*handle) *handles {
	hs := &handles{writing: make(chan *handle, 1), all: 1 + len(readers), closed: make(chan struct{})}
	writer.home = hs.writing
	hs.writing <- writer
	hs.reading = hs.writing
	if len(readers) > 0 {
		hs.reading = make(chan *handle, len(readers))
	}
	for _, r := range readers {
		r.home = hs.reading
		hs.reading <- r
	}
	return hs
}

func (hs *handles) reader(ctx context.Context) (*handle, error) { return hs.take(ctx, hs.reading) }
func (hs *handles) writer(ctx context.Context) (*handle, error) { return hs.take(ctx, hs.writing) }

// take waits for a free handle, in the order of the callers.
func (hs *handles) take(ctx context.Context, from chan *handle) (*handle, error) {
	if err := hs.check(ctx); err != nil {
		return nil, err
	}
	trace := drivers.TraceFrom(ctx)
	if trace != nil {
		trace.Pooled = true
	}
	select {
	case h := <-from:
		return h, nil
	default:
	}
	if trace != nil {
		began := time.Now()
		defer func() { trace.PoolWait += time.Since(began) }()
	}
	select {
	case h := <-from:
		return h, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-hs.closed:
		return nil, drivers.ErrClosed
	}
}

// check says whether a call may begin.
func (hs *handles) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-hs.closed:
		return drivers.ErrClosed
	default:
		return nil
	}
}

func (hs *handles) giveBack(h *handle) { h.home <- h }

// close takes every handle out of use, as the calls give them back. Only the
// first caller is told to go on.
func (hs *handles) close() (first bool) {
	hs.once.Do(func() {
		first = true
		close(hs.closed)
		<-hs.writing
		for range hs.all - 1 {
			<-hs.reading
		}
	})
	return first
}
