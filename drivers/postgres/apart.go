package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/sessionbench/bench/drivers"
)

// apart runs one transaction that is no session call on a connection apart from the
// pool's, which is opened when there is none.
func (p *pool) apart(ctx context.Context, do func(*pgx.Conn) error) error {
	return p.withApart(ctx, func(conn *pgx.Conn) (*pgx.Conn, error) {
		if conn == nil {
			var err error
			if conn, err = pgx.ConnectConfig(ctx, p.Config().ConnConfig); err != nil {
				return nil, err
			}
			p.count(conn)
		}
		err := do(conn)
		if err == nil {
			p.extra.Add(1)
		}
		return conn, err
	})
}

// withApart has the connection apart to itself; use is given nil while there is none,
// and gives back the one that there is then.
func (p *pool) withApart(ctx context.Context, use func(*pgx.Conn) (*pgx.Conn, error)) error {
	var conn *pgx.Conn
	select {
	case conn = <-p.other:
	case <-ctx.Done():
		return ctx.Err()
	}
	var err error
	if p.closed.Load() {
		err = drivers.ErrClosed
	} else {
		conn, err = use(conn)
	}
	if conn != nil && conn.IsClosed() { // as pgx does when a query's context ends
		p.end(conn)
		conn = nil
	}
	p.other <- conn
	return err
}

// closeApart ends the connection apart, as soon as nobody uses it.
func (p *pool) closeApart() {
	if conn := <-p.other; conn != nil {
		p.end(conn)
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		_ = conn.Close(ctx) // the server may be gone
	}
	p.other <- nil
}
