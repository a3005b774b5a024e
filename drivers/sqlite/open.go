package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/sessionbench/bench/drivers"
	_ "modernc.org/sqlite" // the engine
)

// tableName is what needs no quotes: connect-sqlite3 uses none.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// engine is what database/sql knows modernc.org/sqlite as.
const engine = "sqlite"

// opener opens the store on an engine of database/sql.
func opener(engine string) func(context.Context, drivers.Config) (drivers.Driver, error) {
	return func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) { return open(ctx, engine, cfg) }
}

func open(ctx context.Context, engine string, cfg drivers.Config) (drivers.Driver, error) {
	o := cfg.Options
	d := &driver{table: o.Text(optTable), zeroIsDay: lastMillisecond(cfg.Client), now: time.Now}
	if !tableName.MatchString(d.table) {
		return nil, fmt.Errorf("sqlite.%s: %q is not a plain table name", optTable, d.table)
	}
	d.sql = statementsOf(d.table)
	path := o.Text(optFile)
	if path == "" {
		path = cfg.URL
	}
	var err error
	if d.file, err = newFile(path, d.table); err != nil {
		return nil, err
	}
	if d.db, err = sql.Open(engine, d.file.address()); err != nil {
		return nil, err
	}
	if err := d.start(ctx, cfg); err != nil {
		err = errors.Join(d.failure(ctx, err), d.disconnect())
		if d.file.created {
			err = errors.Join(err, d.file.remove())
		}
		return nil, err
	}
	return d, nil
}

// start makes the table and the connections.
func (d *driver) start(ctx context.Context, cfg drivers.Config) error {
	if d.file.created {
		if err := d.file.create(ctx); err != nil {
			d.file.created = false
			return err
		}
	}
	writer, err := d.connect(ctx, cfg)
	if err != nil {
		return err
	}
	if err := d.claim(ctx, writer, cfg); err != nil {
		return err
	}
	if !d.found { // else the rows are somebody else's
		if _, err := writer.exec(ctx, d.sql.prune, millis(d.now())); err != nil {
			return err
		}
	}
	var readers []*handle
	for range cfg.Options.Int(optReaders) {
		r, err := d.connect(ctx, cfg)
		if err != nil {
			return err
		}
		readers = append(readers, r)
	}
	if cfg.Client == drivers.Native {
		if err := writer.prepare(ctx, d.sql.get, d.sql.set, d.sql.touch, d.sql.destroy); err != nil {
			return err
		}
		for _, r := range readers {
			if err := r.prepare(ctx, d.sql.get); err != nil {
				return err
			}
		}
	}
	d.settings, err = settings(ctx, writer)
	d.handles = newHandles(writer, readers)
	return err
}

// disconnect closes the connections: the pool does not close those in use, nor
// the statements prepared on them, which keep SQLite's files open.
func (d *driver) disconnect() error {
	var errs []error
	for _, h := range d.connected {
		for _, s := range h.prepared {
			errs = append(errs, s.Close())
		}
		errs = append(errs, h.conn.Close())
	}
	return errors.Join(append(errs, d.db.Close())...)
}

func (d *driver) connect(ctx context.Context, cfg drivers.Config) (*handle, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	h := &handle{conn: conn, prepared: map[string]*sql.Stmt{}}
	d.connected = append(d.connected, h)
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA busy_timeout = %d", cfg.Options.Duration(optBusyTimeout).Milliseconds()),
		"PRAGMA synchronous = " + cfg.Options.Text(optSynchronous),
	} {
		if _, err := conn.ExecContext(ctx, pragma); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// make makes the table as connect-sqlite3 does in a new file.
func (d *driver) make(ctx context.Context, h *handle, mode string) error {
	_, err := h.exec(ctx, d.sql.opening(mode))
	return err
}

// claim makes the table. A file that was there keeps its journal mode, which
// would outlast the run.
func (d *driver) claim(ctx context.Context, h *handle, cfg drivers.Config) error {
	want := cfg.Options.Text(optJournalMode)
	if d.file.empty {
		return d.make(ctx, h, want)
	}
	var mode string
	if err := h.query(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	var id int // read through SQLite: to close the file otherwise would drop the locks on it
	if err := h.query(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	d.file.marked = id == madeByBench
	var all, tables, marks int
	if err := h.query(ctx, "SELECT COUNT(*), COUNT(*) FILTER (WHERE type = 'table' AND name = ? COLLATE NOCASE), COUNT(*) FILTER (WHERE name = ?) FROM sqlite_master", d.table, d.mark()).Scan(&all, &tables, &marks); err != nil {
		return err
	}
	if all == 0 && d.file.marked { // by a run that was killed before it made the table
		return d.make(ctx, h, want)
	}
	d.found, d.marked = tables > 0, d.file.marked || marks > 0
	if d.found && !cfg.UseExisting {
		hint := ""
		if d.marked {
			hint = "bench made it and bench clean removes it, "
		}
		return fmt.Errorf("the table %s %w: %s--use-existing works in it", d.table, drivers.ErrExists, hint)
	}
	if mode != want {
		return fmt.Errorf("the file has the journal mode %s, which bench does not change: set sqlite.%s=%s", mode, optJournalMode, mode)
	}
	if !d.found {
		if err := d.file.aside(ctx, "CREATE VIEW IF NOT EXISTS "+d.mark()+" AS SELECT 'bench made the table and drops it'"); err != nil {
			return err
		}
	}
	_, err := h.exec(ctx, d.sql.create)
	return err
}

// mark is the name of a view by which a later run knows the table that bench made
// in somebody's file.
func (d *driver) mark() string { return d.table + "_made_by_bench" }
