// Package postgres speaks to PostgreSQL as connect-pg-simple 10 with node-pg 8
// does, and as a Go service would. Importing it registers the store "postgres".
//
// Both clients send the same SQL through a pool of pgx, one round trip and one
// transaction a call; the express one has the server parse and plan it each time
// (unnamed statements), the native one prepares it once on each connection.
package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// The names of the options.
const (
	optTable         = "table"
	optSchema        = "schema"
	optTTL           = "ttl"
	optDisableTouch  = "disable_touch"
	optPoolSize      = "pool_size"
	optPruneInterval = "prune_interval"
	optCreateTable   = "create_table"
)

// idleTimeout is after how long node-pg's pool closes an idle connection.
const idleTimeout = 10 * time.Second

func init() {
	drivers.Register(drivers.Store{
		Name:       "postgres",
		Title:      "PostgreSQL",
		Middleware: "connect-pg-simple 10 with pg 8",
		Schemes:    []string{"postgres", "postgresql"},
		TLS:        "?sslmode=require is with TLS, ?sslmode=disable without",
		Options: []drivers.Option{
			{Name: optTable, Kind: drivers.KindString, Express: "session", Doc: "table of the sessions"},
			{Name: optSchema, Kind: drivers.KindString, Doc: "schema of the table; empty: the first one of the search path"},
			{Name: optTTL, Kind: drivers.KindDuration, Express: "24h", Min: int64(time.Second), Doc: "lifetime of a session whose cookie has none"},
			{Name: optDisableTouch, Kind: drivers.KindBool, Express: "false", Doc: "touch sends nothing: a session ends its maxAge after the last write"},
			{Name: optPoolSize, Kind: drivers.KindInt, Express: "10", Native: "20", Min: 1, Max: 10_000, Doc: "connections at most, opened when they are needed; callers queue for them"},
			{Name: optPruneInterval, Kind: drivers.KindDuration, Express: "15m", Doc: "time between two removals of expired sessions, varied by half of it; 0s: never"},
			{Name: optCreateTable, Kind: drivers.KindBool, Express: "true", Doc: "create the table when it is missing"},
		},
		Facts:  facts,
		Wire:   wire,
		Check:  check,
		Advice: advice,
		Open: func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
			d, err := open(ctx, cfg)
			if err != nil {
				return nil, err
			}
			return d, nil
		},
	})
}

const (
	fromSource = "connect-pg-simple 10, index.js"
	measured   = "connect-pg-simple 10, measured"
)

func facts(cfg drivers.Config) drivers.Facts {
	o := cfg.Options
	f := drivers.Facts{
		Granularity:     time.Second,
		DefaultLifetime: o.Duration(optTTL),
		TouchMissing:    drivers.TouchSilent,
		TouchLazy:       o.Bool(optDisableTouch),
		Connections:     o.Int(optPoolSize),
		Purge:           drivers.Purge{By: "never"},
		Notes: []drivers.Note{
			{Name: drivers.NoteExpiry, Text: "the end of a session and the moment it is read are both rounded up to whole seconds: a session of 1500 ms lived 1.6 to 2.3 s", Source: measured},
			{Name: drivers.NoteLifetime, Source: fromSource},
			{Name: drivers.NoteTouch, Text: "an UPDATE: every read-only request makes a new row version, WAL and a commit; disable_touch avoids it", Source: measured},
			{Name: drivers.NoteTouchMissing, Text: "the UPDATE changes no row", Source: measured},
			{Name: drivers.NoteMiss, Source: fromSource},
			{Name: drivers.NoteConnections, Text: "opened when first needed; further callers queue for ever", Source: "pg-pool 3, max and connectionTimeoutMillis"},
			{Name: drivers.NotePurge, Text: purgeText(o), Source: fromSource},
			{Name: "time zone", Text: "expire is a timestamp without time zone, stored in the connection's TimeZone: clients with different zones see each other's sessions as expired, or not. None is set here, the server's, database's or role's holds", Source: measured},
			{Name: "HOT updates", Text: "expire is indexed, so a touch or set that moves it to another second is no HOT update: new entries in both indexes, and dead ones to vacuum. Of 500 touches within one second 499 were HOT, of 500 that moved the second 1: a benchmark that touches one session many times a second looks better than real traffic", Source: measured},
			{Name: "value", Text: "the column sess is json, which keeps the text byte for byte", Source: "connect-pg-simple 10, table.sql"},
			{Name: "index names", Text: "the primary key and the index of a table of another name than session are named after it; connect-pg-simple gives them the names of session's", Source: "connect-pg-simple 10, table.sql"},
		},
	}
	if every := o.Duration(optPruneInterval); every > 0 {
		f.Purge = drivers.Purge{By: "timer", Every: every, Jitter: 0.5}
	}
	if cfg.Client == drivers.Native {
		f.Notes = append(f.Notes,
			drivers.Note{Name: "statements", Text: "prepared once on each connection, so that the server parses and plans nothing anew: cheaper than what Node does, and not possible through a pooler in transaction mode", Source: "pgx 5, QueryExecModeCacheStatement"},
			drivers.Note{Name: "idle connections", Text: "are closed after 30 minutes, and every connection after an hour", Source: "pgx 5, pgxpool defaults"},
			drivers.Note{Name: "TLS", Text: "without sslmode in the URL it is tried first, then plain", Source: "pgx 5, sslmode prefer"})
		return f
	}
	f.Notes = append(f.Notes,
		drivers.Note{Name: "statements", Text: "unnamed: parsed and planned anew for each call, parameters and results as text", Source: "pg 8, extended protocol, recorded"},
		drivers.Note{Name: "idle connections", Text: fmt.Sprintf("are closed after %s", idleTimeout), Source: "pg-pool 3, idleTimeoutMillis"},
		drivers.Note{Name: "TLS", Text: "none without sslmode in the URL", Source: "pg 8, ssl"})
	return f
}

func purgeText(o drivers.Options) string {
	if o.Duration(optPruneInterval) == 0 {
		return "prune_interval is 0"
	}
	return "one DELETE of all expired rows; the space is free after a vacuum. A table that was there before is not purged"
}
