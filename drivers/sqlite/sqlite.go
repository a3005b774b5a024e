package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// driver speaks to one table of one file.
type driver struct {
	db        *sql.DB
	connected []*handle
	handles   *handles
	sql       statements
	table     string
	file      file
	found     bool // the table was there before Open
	marked    bool // an earlier run of bench made it
	zeroIsDay bool // a maxAge of 0 is taken for none
	dropped   bool // the table that Open made is gone again; under the writer's handle
	settings  map[string]string
	now       func() time.Time
}

// millis is a time as node-sqlite3 binds it: a JavaScript number, so REAL.
func millis(t time.Time) float64 { return float64(t.UnixMilli()) }

// expiry is what set stores: now + cookie.maxAge, which is cookie.expires, or a
// day from now when maxAge is missing, and to connect-sqlite3 also when it is 0.
func (d *driver) expiry(c drivers.Cookie) float64 {
	now := millis(d.now())
	if c.Expires.IsZero() || d.zeroIsDay && millis(c.Expires) == now {
		return now + float64(oneDay.Milliseconds())
	}
	return millis(c.Expires)
}

// lastMillisecond tells whether a maxAge of 0 is taken for none.
func lastMillisecond(c drivers.Client) bool { return c == drivers.Express }

func (d *driver) Get(ctx context.Context, id string) (drivers.Record, error) {
	h, err := d.handles.reader(ctx)
	if err != nil {
		return drivers.Record{}, err
	}
	defer d.handles.giveBack(h)
	var value []byte
	err = h.query(ctx, d.sql.get, id, millis(d.now())).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = drivers.ErrNotFound
	}
	if err != nil {
		return drivers.Record{}, fmt.Errorf("get %s: %w", id, d.failure(ctx, err))
	}
	return drivers.Record{ID: id, Value: value}, nil
}

func (d *driver) Set(ctx context.Context, r drivers.Record) error {
	_, err := d.write(ctx, d.sql.set, r.ID, d.expiry(r.Cookie), string(r.Value))
	if err != nil {
		return fmt.Errorf("set %s: %w", r.ID, err)
	}
	return nil
}

// Touch moves the expiry of a live session. Without maxAge connect-sqlite3 sends
// nothing.
func (d *driver) Touch(ctx context.Context, r drivers.Record) error {
	if r.Cookie.Expires.IsZero() {
		return d.handles.check(ctx)
	}
	_, err := d.write(ctx, d.sql.touch, millis(r.Cookie.Expires), r.ID, millis(d.now()))
	if err != nil {
		return fmt.Errorf("touch %s: %w", r.ID, err)
	}
	return nil
}

func (d *driver) Destroy(ctx context.Context, id string) error {
	_, err := d.write(ctx, d.sql.destroy, id)
	if err != nil {
		return fmt.Errorf("destroy %s: %w", id, err)
	}
	return nil
}

// Prune removes the expired rows, as connect-sqlite3's dbCleanup. It removes
// nothing from a table that was there before Open: the rows are somebody else's.
func (d *driver) Prune(ctx context.Context) (int64, error) {
	if d.found {
		return 0, d.handles.check(ctx)
	}
	removed, err := d.write(ctx, d.sql.prune, millis(d.now()))
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	return removed, nil
}

// write runs a statement and gives the number of rows it changed.
func (d *driver) write(ctx context.Context, statement string, args ...any) (int64, error) {
	h, err := d.handles.writer(ctx)
	if err != nil {
		return 0, err
	}
	defer d.handles.giveBack(h)
	result, err := h.exec(ctx, statement, args...)
	if err != nil {
		return 0, d.failure(ctx, err)
	}
	return result.RowsAffected()
}

// Close waits for the statements in flight. The file of a table that was dropped
// goes with it when Open made that too.
func (d *driver) Close() error {
	if !d.handles.close() {
		return nil
	}
	err := d.disconnect()
	if d.dropped && (d.file.created || d.file.marked) {
		err = errors.Join(err, d.file.remove())
	}
	return err
}
