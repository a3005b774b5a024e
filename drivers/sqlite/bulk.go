package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/sessionbench/bench/drivers"
)

// batch is how many changes are committed at once.
const batch = 1000

func (d *driver) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	return bulk(ctx, d, records, func(h *handle, r drivers.Record) error {
		_, err := h.exec(ctx, d.sql.set, r.ID, d.expiry(r.Cookie), string(r.Value))
		return err
	})
}

func (d *driver) Remove(ctx context.Context, ids iter.Seq[string]) error {
	return bulk(ctx, d, ids, func(h *handle, id string) error {
		_, err := h.exec(ctx, d.sql.destroy, id)
		return err
	})
}

// bulk makes one change for each item, in transactions.
func bulk[T any](ctx context.Context, d *driver, items iter.Seq[T], change func(*handle, T) error) error {
	h, err := d.handles.writer(ctx)
	if err != nil {
		return err
	}
	defer d.handles.giveBack(h)
	if err := inTransactions(ctx, h, items, change); err != nil {
		return d.failure(ctx, errors.Join(err, rollBack(h)))
	}
	return nil
}

func inTransactions[T any](ctx context.Context, h *handle, items iter.Seq[T], change func(*handle, T) error) error {
	open := 0 // changes of the transaction
	for item := range items {
		if open == 0 {
			if _, err := h.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
				return err
			}
		}
		if err := change(h, item); err != nil {
			return err
		}
		if open++; open < batch {
			continue
		}
		if _, err := h.exec(ctx, "COMMIT"); err != nil {
			return err
		}
		open = 0
	}
	if open == 0 {
		return ctx.Err()
	}
	_, err := h.exec(ctx, "COMMIT")
	return err
}

// rollBack ends a transaction also when the caller's context has ended. SQLite
// may have done so by itself, and then says that there is none.
func rollBack(h *handle) error {
	_, err := h.exec(context.Background(), "ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}

// Clean removes our sessions whose id starts with idPrefix.
func (d *driver) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (removed int64, err error) {
	ids, err := d.list(ctx, idPrefix)
	if err != nil {
		return 0, fmt.Errorf("clean: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return !ours(id) })
	err = bulk(ctx, d, slices.Values(ids), func(h *handle, id string) error {
		result, err := h.exec(ctx, d.sql.destroy, id)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		removed += n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("clean: %w", err)
	}
	return removed, nil
}

// list gives the ids that start with idPrefix. It compares bytes: LIKE would take
// "_" for any character, and a for A.
func (d *driver) list(ctx context.Context, idPrefix string) ([]string, error) {
	h, err := d.handles.reader(ctx)
	if err != nil {
		return nil, err
	}
	defer d.handles.giveBack(h)
	rows, err := h.conn.QueryContext(ctx, "SELECT sid FROM "+d.table+" WHERE sid >= ? AND substr(sid, 1, ?) = ?", idPrefix, len(idPrefix), idPrefix)
	if err != nil {
		return nil, d.failure(ctx, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, d.failure(ctx, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, d.failure(ctx, err)
	}
	return ids, nil
}

// Count gives the number of rows, expired ones included, as connect-sqlite3's
// length.
func (d *driver) Count(ctx context.Context) (int64, error) { return d.number(ctx, d.sql.count) }

// number is the answer of a query that has one.
func (d *driver) number(ctx context.Context, query string, args ...any) (int64, error) {
	h, err := d.handles.reader(ctx)
	if err != nil {
		return 0, err
	}
	defer d.handles.giveBack(h)
	var n int64
	if err := h.query(ctx, query, args...).Scan(&n); err != nil {
		return 0, d.failure(ctx, err)
	}
	return n, nil
}

// Drop removes the table that Open made, and one that an earlier run made when it
// is empty; Close then removes a file that either made, when nothing else is in it.
func (d *driver) Drop(ctx context.Context) error {
	if d.found {
		sessions, err := d.Count(ctx)
		if err != nil || sessions > 0 || !d.marked {
			return err
		}
	}
	for _, drop := range []string{"DROP TABLE IF EXISTS " + d.table, "DROP VIEW IF EXISTS " + d.mark()} {
		if _, err := d.write(ctx, drop); err != nil {
			return fmt.Errorf("drop the table %s: %w", d.table, err)
		}
	}
	rest, err := d.number(ctx, "SELECT COUNT(*) FROM sqlite_master")
	d.dropped = err == nil && rest == 0
	return err
}
