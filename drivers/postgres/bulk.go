package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/sessionbench/bench/drivers"
)

// A batch is what one bulk statement carries.
const (
	batchSessions = 1000
	batchBytes    = 8 << 20
)

// batch is sessions by column, as unnest takes them.
type batch struct {
	values []string
	ends   []int64
	ids    []string
	bytes  int
	has    map[string]bool
}

func (b *batch) add(r drivers.Record, end int64) {
	b.values, b.ends, b.ids = append(b.values, string(r.Value)), append(b.ends, end), append(b.ids, r.ID)
	b.bytes += len(r.Value)
	b.has[r.ID] = true
}

func (b *batch) reset() {
	b.values, b.ends, b.ids, b.bytes = b.values[:0], b.ends[:0], b.ids[:0], 0
	clear(b.has)
}

// Load stores sessions by upserts of many rows. One statement can't store a
// session twice, so a repeated id begins another.
func (d *driver) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	b := batch{has: map[string]bool{}}
	flush := func() error {
		_, err := d.pool.change(ctx, d.table.sql(sqlLoad), b.values, b.ends, b.ids)
		err = d.failed(ctx, fmt.Sprintf("load %d sessions", len(b.ids)), err)
		b.reset()
		return err
	}
	for r := range records {
		if len(b.ids) == batchSessions || b.bytes >= batchBytes || b.has[r.ID] {
			if err := flush(); err != nil {
				return err
			}
		}
		b.add(r, seconds(d.end(r.Cookie)))
	}
	if len(b.ids) == 0 {
		return d.failed(ctx, "load sessions", d.usable(ctx))
	}
	return flush()
}

// Remove destroys sessions by their ids.
func (d *driver) Remove(ctx context.Context, ids iter.Seq[string]) error {
	var batch []string
	flush := func() error {
		_, err := d.pool.change(ctx, d.table.sql(sqlRemove), batch)
		err = d.failed(ctx, fmt.Sprintf("remove %d sessions", len(batch)), err)
		batch = batch[:0]
		return err
	}
	for id := range ids {
		if batch = append(batch, id); len(batch) < batchSessions {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	if len(batch) == 0 {
		return d.failed(ctx, "remove sessions", d.usable(ctx))
	}
	return flush()
}

// Clean removes our sessions whose id starts with idPrefix, which must not be
// empty: that would be every session, whosever it is.
func (d *driver) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (removed int64, err error) {
	if idPrefix == "" {
		return 0, errors.New("remove sessions by prefix: the prefix is empty")
	}
	ids, err := d.pool.list(ctx, d.table.sql(sqlList), idPrefix)
	if err != nil {
		return 0, d.failed(ctx, "list sessions "+idPrefix+"*", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return !ours(id) })
	for some := range slices.Chunk(ids, batchSessions) {
		n, err := d.pool.change(ctx, d.table.sql(sqlRemove), some)
		removed += n
		if err != nil {
			return removed, d.failed(ctx, "remove sessions "+idPrefix+"*", err)
		}
	}
	return removed, nil
}

// Count counts all rows, expired ones included. connect-pg-simple has no
// length().
func (d *driver) Count(ctx context.Context) (n int64, err error) {
	err = d.pool.ask(ctx, d.table.sql(sqlCount), nil, &n)
	return n, d.failed(ctx, "count sessions", err)
}

// Drop removes the table that Open or an earlier run of bench made, when it is
// empty: runs that go on at the same time share it, and the last one drops it.
func (d *driver) Drop(ctx context.Context) error {
	if !d.made {
		return d.failed(ctx, "drop nothing", d.usable(ctx))
	}
	drop := d.table.literal(sqlDropMade)
	err := d.pool.aside(ctx, func(conn *pgx.Conn) error { return conn.PgConn().Exec(ctx, drop).Close() })
	return d.failed(ctx, "drop the table "+d.table.quoted(), err)
}
