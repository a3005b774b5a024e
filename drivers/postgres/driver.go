package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sessionbench/bench/drivers"
)

var (
	_ drivers.Driver    = (*driver)(nil)
	_ drivers.Pruner    = (*driver)(nil)
	_ drivers.Counter   = (*driver)(nil)
	_ drivers.Connected = (*driver)(nil)
	_ drivers.Loader    = (*driver)(nil)
	_ drivers.Remover   = (*driver)(nil)
	_ drivers.Cleaner   = (*driver)(nil)
	_ drivers.Dropper   = (*driver)(nil)
	_ drivers.Inspector = (*driver)(nil)
	_ drivers.Meter     = (*driver)(nil)
	_ drivers.Stored    = (*driver)(nil)
)

// Connections implements drivers.Connected.
func (d *driver) Connections() int {
	d.pool.mu.Lock()
	defer d.pool.mu.Unlock()
	return len(d.pool.open)
}

// driver speaks to one table of sessions.
type driver struct {
	pool         *pool
	table        table
	made         bool // the table is bench's: Open created it, or another run did
	ttl          time.Duration
	disableTouch bool

	get, set, touch, destroy statement
}

// Get reads a live session.
func (d *driver) Get(ctx context.Context, id string) (drivers.Record, error) {
	value, err := d.pool.run(ctx, &d.get, []byte(id), secondsText(time.Now()))
	switch {
	case err != nil:
		return drivers.Record{}, d.failed(ctx, "get session "+id, err)
	case value == nil:
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{ID: id, Value: value}, nil
}

// Set overwrites a session or makes it.
func (d *driver) Set(ctx context.Context, r drivers.Record) error {
	if _, err := d.pool.run(ctx, &d.set, r.Value, secondsText(d.end(r.Cookie)), []byte(r.ID)); err != nil {
		return d.failed(ctx, "set session "+r.ID, err)
	}
	return nil
}

// Touch moves the end of a session; one that is gone is no error.
func (d *driver) Touch(ctx context.Context, r drivers.Record) error {
	var err error
	if d.disableTouch {
		err = d.usable(ctx)
	} else {
		_, err = d.pool.run(ctx, &d.touch, secondsText(d.end(r.Cookie)), []byte(r.ID))
	}
	if err != nil {
		return d.failed(ctx, "touch session "+r.ID, err)
	}
	return nil
}

// Destroy removes a session.
func (d *driver) Destroy(ctx context.Context, id string) error {
	if _, err := d.pool.run(ctx, &d.destroy, []byte(id)); err != nil {
		return d.failed(ctx, "destroy session "+id, err)
	}
	return nil
}

// Prune removes the expired sessions, as connect-pg-simple's pruneSessions. It
// removes nothing from a table that was there before: the rows are somebody
// else's.
func (d *driver) Prune(ctx context.Context) (int64, error) {
	if !d.made {
		return 0, d.failed(ctx, "prune", d.usable(ctx))
	}
	removed, err := d.pool.change(ctx, d.table.sql(sqlPrune), string(secondsText(time.Now())))
	return removed, d.failed(ctx, "prune", err)
}

// Close closes the connections. Calls in flight may finish for a second, then
// they fail.
func (d *driver) Close() error {
	d.pool.close()
	return nil
}

// usable tells why no call can be made at all.
func (d *driver) usable(ctx context.Context) error {
	if d.pool.closed.Load() {
		return drivers.ErrClosed
	}
	return ctx.Err()
}

// end is when a session with this cookie ends, not yet in whole seconds.
func (d *driver) end(c drivers.Cookie) time.Time {
	if c.Expires.IsZero() {
		return time.Now().Add(d.ttl)
	}
	return c.Expires
}

// secondsText gives a moment in whole seconds, as connect-pg-simple's
// Math.ceil(milliseconds / 1000).
func secondsText(t time.Time) []byte {
	return strconv.AppendInt(make([]byte, 0, 16), seconds(t), 10)
}

func seconds(t time.Time) int64 {
	ms := t.UnixMilli()
	s := ms / 1000
	if ms%1000 > 0 {
		s++
	}
	return s
}

// failed says what failed and why, in one class. A nil err stays nil.
func (d *driver) failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case d.pool.closed.Load():
		err = drivers.ErrClosed
	case drivers.Classify(err) == drivers.ClassPoolExhausted: // the pool said so
	case ctx.Err() != nil:
		err = drivers.Ended(ctx)
	default:
		err = cause(err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
