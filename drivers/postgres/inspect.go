package postgres

import (
	"context"
	"crypto/tls"

	"github.com/jackc/pgx/v5"
	"github.com/sessionbench/bench/drivers"
)

// settings are those that decide what a call costs and what survives.
var settings = []string{
	"fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_sync_method",
	"shared_buffers", "max_connections", "autovacuum", "TimeZone",
}

const (
	sqlSettings    = `SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY($1::text[])`
	sqlPersistence = `SELECT coalesce((SELECT relpersistence::text FROM pg_class WHERE oid = to_regclass($1::text)), '')`
	unlogged       = "u"
)

// Inspect reads the version and the settings that hold for this connection.
func (d *driver) Inspect(ctx context.Context) (drivers.Inspection, error) {
	in := drivers.Inspection{Settings: map[string]string{}}
	err := d.pool.aside(ctx, func(conn *pgx.Conn) error {
		in.Version = conn.PgConn().ParameterStatus("server_version")
		_, in.TLS = conn.PgConn().Conn().(*tls.Conn)
		rows, err := conn.Query(ctx, sqlSettings, pgx.QueryExecModeExec, settings)
		if err != nil {
			return err
		}
		var name, value string
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
			in.Settings[name] = value
			return nil
		})
		return err
	})
	if err != nil {
		return drivers.Inspection{}, d.failed(ctx, "read the settings", err)
	}
	var persistence string
	if err := d.pool.ask(ctx, sqlPersistence, []any{d.table.quoted()}, &persistence); err != nil {
		return drivers.Inspection{}, d.failed(ctx, "read how the table is stored", err)
	}
	if persistence == unlogged {
		in.Settings["table"] = "unlogged"
	}
	if !d.made {
		in.Settings["purge"] = "off: the table was there before"
	}
	in.Durability = durability(in.Settings)
	return in, nil
}

// durability follows "Write Ahead Log" of PostgreSQL's manual. With
// synchronous_commit off a crash loses up to three times wal_writer_delay, 0.6 s.
// With fsync off a crash of the machine can lose the whole database, and an
// unlogged table is emptied by any crash: nothing is promised.
func durability(settings map[string]string) drivers.Durability {
	switch {
	case settings["fsync"] == "" || settings["synchronous_commit"] == "":
		return ""
	case settings["fsync"] == "off", settings["table"] == "unlogged":
		return drivers.DurabilityNone
	case settings["synchronous_commit"] == "off":
		return drivers.DurabilitySeconds
	}
	return drivers.DurabilityCommit
}
