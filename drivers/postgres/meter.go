package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sessionbench/bench/drivers"
)

// sqlFlush makes a connection's server process publish its counters at the end
// of this transaction, which is otherwise up to a second late and longer on an
// idle connection. It looks into a table because without any access to one a
// process publishes nothing, its transactions included
// (pgstat_report_stat, src/backend/utils/activity/pgstat.c).
const sqlFlush = `SELECT pg_stat_force_next_flush(), EXISTS (SELECT FROM pg_database)`

const undefinedFunction = "42883"

// What is stored. A function that is parallel unsafe keeps the server from taking other
// processes to count with: they would cost more than they help, and it counts a
// transaction for each ("When Can Parallel Query Be Used?" in PostgreSQL's manual).
const (
	storedColumns = `pg_stat_get_dead_tuples(t.oid), pg_total_relation_size(t.oid),
(SELECT count(*) FROM "session" WHERE expire < to_timestamp($2))`
	storedFrom = `(SELECT to_regclass($1::text)::oid AS oid, current_schema() AS alone) AS t`
	sqlStored  = `SELECT ` + storedColumns + ` FROM ` + storedFrom
	sqlMeter   = `SELECT xact_commit, numbackends, ` + storedColumns + `
FROM pg_stat_database, ` + storedFrom + ` WHERE datname = current_database()`
)

// Meter reads the server's counters of this database and table.
//
// AllCalls counts the transactions that were committed in the database, less
// those of this driver that were no session call: starts of connections,
// preparations, bulk loads, the meter's own and those of Stored. While no call is in flight, the
// difference of two readings is exactly the number of calls that succeeded, and
// that others made. It is too large by what autovacuum commits in the database
// (a few transactions, about once a minute), by one a connection when the URL
// has target_session_attrs, and by what calls committed whose answer was not
// awaited. What others' connections committed shows up to a second late, and on
// those that are idle then up to ten, since their server processes publish it so;
// of a client that goes on at a rate, a second's worth may be missing, or be there
// from before. It is nil before PostgreSQL 15, which can't be made to publish its
// counters.
//
// Connections counts those to this database. ExpiredPresent counts what Prune
// would remove.
func (d *driver) Meter(ctx context.Context) (r drivers.Reading, err error) {
	var commits, extra, connections, dead, bytes, expired int64
	var exact bool
	err = d.pool.aside(ctx, func(conn *pgx.Conn) (err error) {
		if exact, err = d.pool.flush(ctx, conn); err != nil {
			return err
		}
		extra = d.pool.extra.Load()
		return conn.QueryRow(ctx, d.table.sql(sqlMeter), pgx.QueryExecModeExec, d.table.quoted(), string(secondsText(time.Now()))).
			Scan(&commits, &connections, &dead, &bytes, &expired)
	})
	if err != nil {
		return r, d.failed(ctx, "read the server's counters", err)
	}
	r = drivers.Reading{Connections: &connections, Storage: drivers.Storage{DeadRows: &dead, Bytes: &bytes, ExpiredPresent: &expired}}
	if exact {
		calls := commits - extra
		r.AllCalls = &calls
	}
	return r, nil
}

// Stored reads the same of the table, on a connection of its own. The dead rows are
// as the sessions' connections published them, up to a second ago.
func (d *driver) Stored(ctx context.Context) (drivers.Storage, error) {
	var dead, bytes, expired int64
	err := d.pool.apart(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, d.table.sql(sqlStored), pgx.QueryExecModeExec, d.table.quoted(), string(secondsText(time.Now()))).
			Scan(&dead, &bytes, &expired)
	})
	if err != nil {
		return drivers.Storage{}, d.failed(ctx, "read what the sessions take", err)
	}
	return drivers.Storage{DeadRows: &dead, Bytes: &bytes, ExpiredPresent: &expired}, nil
}

// flush publishes the counters of the caller's connection, of every idle one and of
// the one apart, and tells whether the server can. An idle connection that fails is closed, and
// with it its server process, which publishes its counters at its end.
func (p *pool) flush(ctx context.Context, own *pgx.Conn) (bool, error) {
	if err := p.flushOn(ctx, own); err != nil {
		var unknown *pgconn.PgError
		if errors.As(err, &unknown) && unknown.Code == undefinedFunction {
			return false, nil
		}
		return false, err
	}
	for _, c := range p.AcquireAllIdle(ctx) {
		_ = p.flushOn(ctx, c.Conn())
		c.Release()
	}
	if err := p.withApart(ctx, func(conn *pgx.Conn) (*pgx.Conn, error) {
		if conn != nil {
			_ = p.flushOn(ctx, conn)
		}
		return conn, nil
	}); err != nil {
		return false, err
	}
	return true, ctx.Err()
}

func (p *pool) flushOn(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, sqlFlush, pgx.QueryExecModeSimpleProtocol)
	if err == nil {
		p.extra.Add(1)
	}
	return err
}
