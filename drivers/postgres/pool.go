package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/sessionbench/bench/drivers"
)

// pool is a pgxpool whose waits are measured and whose connections can be cut.
type pool struct {
	*pgxpool.Pool
	closed atomic.Bool

	// prepare are the statements to prepare on each new connection. Open sets
	// them, once the table is there.
	prepare []*statement

	// extra counts the transactions so far that were no session call: see Meter.
	extra atomic.Int64

	mu   sync.Mutex
	open map[*pgx.Conn]struct{} // the pool's, and the one apart

	// other has the connection apart from the pool's, or nil while there is none: see
	// apart.
	other chan *pgx.Conn
}

// newPool makes a pool that opens connections when they are needed. It never
// pings, which would be a second round trip within a call: a connection that the
// server ended while it was idle is noticed by what lies in its socket, as Node's
// event loop notices it.
func newPool(ctx context.Context, c *pgxpool.Config) (*pool, error) {
	p := &pool{open: map[*pgx.Conn]struct{}{}, other: make(chan *pgx.Conn, 1)}
	p.other <- nil
	timeout := c.ConnConfig.ConnectTimeout
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return p.begin(ctx, conn)
	}
	c.BeforeClose = p.end
	c.ShouldPing = func(_ context.Context, a pgxpool.ShouldPingParams) bool {
		return a.IdleDuration > settled && !silent(a.Conn.PgConn().Conn())
	}
	var err error
	p.Pool, err = pgxpool.NewWithConfig(ctx, c)
	return p, err
}

// settled is how long a connection is trusted without a look at its socket.
const settled = 10 * time.Millisecond

// begin makes a new connection ready. The server counts its start as a
// transaction, and each preparation.
func (p *pool) begin(ctx context.Context, conn *pgx.Conn) error {
	p.count(conn)
	for _, s := range p.prepare {
		if err := p.prepareOn(ctx, conn, s); err != nil {
			p.end(conn)
			return err
		}
	}
	return nil
}

// count notes a new connection.
func (p *pool) count(conn *pgx.Conn) {
	p.mu.Lock()
	p.open[conn] = struct{}{}
	p.mu.Unlock()
	p.extra.Add(1)
}

func (p *pool) prepareOn(ctx context.Context, conn *pgx.Conn, s *statement) error {
	description, err := conn.PgConn().Prepare(ctx, s.name, s.sql, nil)
	if err != nil {
		return err
	}
	p.extra.Add(1)
	if s.prepared == nil {
		s.prepared = description
	}
	return nil
}

func (p *pool) end(conn *pgx.Conn) {
	p.mu.Lock()
	delete(p.open, conn)
	p.mu.Unlock()
}

// cut ends the calls in flight by closing their connections' sockets.
func (p *pool) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		conn.PgConn().Conn().Close()
	}
}

// take waits for a connection and adds the time to the call's trace. Opening one
// is part of it, as it is in node-pg's pool.connect.
func (p *pool) take(ctx context.Context) (*pgxpool.Conn, error) {
	if p.closed.Load() {
		return nil, drivers.ErrClosed
	}
	trace := drivers.TraceFrom(ctx)
	if trace == nil {
		return p.acquire(ctx)
	}
	trace.Pooled = true
	began := time.Now()
	c, err := p.acquire(ctx)
	trace.PoolWait += time.Since(began)
	return c, err
}

// acquire is Acquire, which does not tell a wait for one of the connections in
// use from a wait for the server.
func (p *pool) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	c, err := p.Acquire(ctx)
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return c, err
	}
	if s := p.Stat(); s.AcquiredConns() >= s.MaxConns() {
		err = drivers.WithClass(drivers.ClassPoolExhausted, fmt.Errorf("all %d connections of the pool are in use: %w", s.MaxConns(), ctx.Err()))
	}
	return nil, err
}

// run makes a session call: one statement in one round trip, with its parameters
// as text. It gives the first column of the last row, or nil.
func (p *pool) run(ctx context.Context, s *statement, params ...[]byte) (value []byte, err error) {
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	conn := c.Conn().PgConn()
	var r *pgconn.ResultReader
	if s.prepared != nil {
		r = conn.ExecStatement(ctx, s.prepared, params, nil, nil)
	} else {
		r = conn.ExecParams(ctx, s.sql, params, nil, nil, nil)
	}
	for r.NextRow() {
		value = bytes.Clone(r.Values()[0])
	}
	if _, err := r.Close(); err != nil {
		return nil, err
	}
	return value, nil
}

// aside runs what is no session call, one transaction, on a connection.
func (p *pool) aside(ctx context.Context, do func(*pgx.Conn) error) error {
	if p.closed.Load() {
		return drivers.ErrClosed
	}
	c, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if err := do(c.Conn()); err != nil {
		return err
	}
	p.extra.Add(1)
	return nil
}

// change runs one statement aside and gives how many rows it changed.
func (p *pool) change(ctx context.Context, sql string, args ...any) (changed int64, err error) {
	err = p.aside(ctx, func(conn *pgx.Conn) error {
		// With arguments this is the mode of the express client; without, pgx
		// sends a simple query.
		tag, err := conn.Exec(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
		changed = tag.RowsAffected()
		return err
	})
	return changed, err
}

// ask runs one query of one row aside.
func (p *pool) ask(ctx context.Context, sql string, args []any, into ...any) error {
	return p.aside(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...).Scan(into...)
	})
}

// list runs one query of one text column aside.
func (p *pool) list(ctx context.Context, sql string, args ...any) (texts []string, err error) {
	err = p.aside(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
		if err != nil {
			return err
		}
		texts, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return texts, err
}

// grace is how long Close lets calls in flight finish by themselves.
const grace = time.Second

// close is Close of the driver. Sockets that are cut may take a while longer to
// be given back, since pgx first asks the server to cancel what runs on them.
func (p *pool) close() {
	if p.closed.Swap(true) {
		return
	}
	done := make(chan struct{})
	go func() {
		p.closeApart()
		p.Close()
		close(done)
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		p.cut()
	}
}
