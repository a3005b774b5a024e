package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sessionbench/bench/drivers"
)

func open(ctx context.Context, cfg drivers.Config) (*driver, error) {
	if err := checkTable(cfg); err != nil {
		return nil, err
	}
	o, t := cfg.Options, tableOf(cfg.Options)
	c, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	p, err := newPool(ctx, c)
	if err != nil {
		return nil, err
	}
	d := &driver{
		pool: p, table: t, ttl: o.Duration(optTTL), disableTouch: o.Bool(optDisableTouch),
		get:     statement{name: nameGet, sql: t.sql(sqlGet)},
		set:     statement{name: nameSet, sql: t.sql(sqlSet)},
		touch:   statement{name: nameTouch, sql: t.sql(sqlTouch)},
		destroy: statement{name: nameDestroy, sql: t.sql(sqlDestroy)},
	}
	if err := d.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// start sees to the table, which also proves that the server answers and accepts
// the credentials, and prepares the statements.
func (d *driver) start(ctx context.Context, cfg drivers.Config) error {
	var there *string
	if err := d.pool.ask(ctx, sqlFind, []any{d.table.quoted()}, &there); err != nil {
		return d.failed(ctx, "look for the table "+d.table.quoted(), err)
	}
	var err error
	if there == nil {
		if err = d.make(ctx, cfg.Options.Bool(optCreateTable)); madeMeanwhile(err) {
			err = d.claim(ctx, cfg.UseExisting)
		}
	} else {
		err = d.claim(ctx, cfg.UseExisting)
	}
	if err != nil || cfg.Client != drivers.Native {
		return err
	}
	d.pool.prepare = []*statement{&d.get, &d.set, &d.touch, &d.destroy}
	if err := d.prepareOnFirst(ctx); err != nil {
		return errors.Join(d.failed(ctx, "prepare the statements", err), d.Drop(ctx))
	}
	return nil
}

// prepareOnFirst prepares on the one connection that is open by now.
func (d *driver) prepareOnFirst(ctx context.Context) error {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	for _, s := range d.pool.prepare {
		if s.prepared != nil { // the connection is a new one, the first was lost
			continue
		}
		if err := d.pool.prepareOn(ctx, c.Conn(), s); err != nil {
			return err
		}
	}
	return nil
}

// make creates the table and its mark, both or none.
func (d *driver) make(ctx context.Context, allowed bool) error {
	if !allowed {
		return fmt.Errorf("there is no table %s, and postgres.%s is false", d.table.quoted(), optCreateTable)
	}
	err := d.pool.aside(ctx, func(conn *pgx.Conn) error {
		return conn.PgConn().Exec(ctx, d.table.create()).Close()
	})
	if err != nil {
		return d.failed(ctx, "create the table "+d.table.quoted(), err)
	}
	d.made = true
	return nil
}

// madeMeanwhile tells whether somebody else was a moment quicker, such as another
// shard of the same run.
func madeMeanwhile(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && slices.Contains([]string{duplicateTable, duplicateObject, uniqueViolation}, refused.Code)
}

// Of two that make the same table at once, one finds it there, or the type of its
// rows, or the name of either taken in the catalogue (appendix A of PostgreSQL's
// manual).
const (
	duplicateTable  = "42P07"
	duplicateObject = "42710"
	uniqueViolation = "23505"
)

// claim uses a table that is there: one that an earlier run made, or with
// permission any other of that shape.
func (d *driver) claim(ctx context.Context, permitted bool) error {
	var comment *string
	if err := d.pool.ask(ctx, sqlMarkOf, []any{d.table.quoted()}, &comment); err != nil {
		return d.failed(ctx, "read the comment of the table "+d.table.quoted(), err)
	}
	if comment != nil && *comment == mark {
		d.made = true
		return nil
	}
	if !permitted {
		return fmt.Errorf("table %s %w: --use-existing works in it", d.table.quoted(), drivers.ErrExists)
	}
	if _, err := d.pool.change(ctx, d.table.sql(sqlProbe)); err != nil {
		return d.failed(ctx, "look into the table "+d.table.quoted(), err)
	}
	return nil
}
