// Package sqlite keeps sessions in a table of one SQLite file, with the SQL of
// connect-sqlite3 0.9.18. SQLite is linked in through modernc.org/sqlite, a
// translation of the C library, where Node has the C library itself: file
// accesses and fsyncs are the same, the time in the library is not.
package sqlite

import (
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// The names of the options.
const (
	optFile          = "file"
	optTable         = "table"
	optJournalMode   = "journal_mode"
	optSynchronous   = "synchronous"
	optBusyTimeout   = "busy_timeout"
	optReaders       = "read_connections"
	optPruneInterval = "prune_interval"
)

// oneDay is the lifetime of a session whose cookie has none.
const oneDay = 24 * time.Hour

const (
	fromSource = "connect-sqlite3 0.9.18, lib/connect-sqlite3.js"
	measured   = "connect-sqlite3 0.9.18, measured"
)

func init() {
	drivers.Register(drivers.Store{
		Name:       "sqlite",
		Title:      "SQLite",
		Middleware: "connect-sqlite3 0.9.18",
		Options: []drivers.Option{
			{Name: optFile, Kind: drivers.KindString, Doc: "the database file, or a folder for one named like the table; empty: the one given as address"},
			{Name: optTable, Kind: drivers.KindString, Express: "sessions", Doc: "the table"},
			{Name: optJournalMode, Kind: drivers.KindChoice, Express: "delete", Native: "wal", Choices: []string{"delete", "wal"}, Doc: "how a write is made safe; wal is connect-sqlite3's concurrentDb"},
			{Name: optSynchronous, Kind: drivers.KindChoice, Express: "full", Choices: []string{"full", "normal", "off"}, Doc: "when SQLite waits for the disk"},
			{Name: optBusyTimeout, Kind: drivers.KindDuration, Express: "1s", Native: "5s", Doc: "how long a statement waits for the locks of other processes"},
			{Name: optReaders, Kind: drivers.KindInt, Express: "0", Native: "4", Max: 1000, Doc: "connections for reading beside the one for writing; 0: one connection for all"},
			{Name: optPruneInterval, Kind: drivers.KindDuration, Express: "24h", Doc: "how often expired sessions are removed; 0s: never"},
		},
		// With synchronous=off a power cut may damage the file, with normal in wal it
		// takes the last transactions alone (pragma.html#pragma_synchronous).
		Durabilities: map[drivers.Durability][]map[string]string{
			drivers.DurabilitySeconds: {{optJournalMode: "wal", optSynchronous: "normal"}, {optSynchronous: "off"}},
			drivers.DurabilityCommit:  {{optSynchronous: "full"}, {optJournalMode: "delete", optSynchronous: "normal"}},
		},
		Facts: facts,
		Wire:  wire,
		Open:  opener(engine),
	})
}

// statements are connect-sqlite3's, for one table.
type statements struct{ create, get, set, touch, destroy, count, prune string }

func statementsOf(table string) statements {
	return statements{
		create:  "CREATE TABLE IF NOT EXISTS " + table + " (sid PRIMARY KEY, expired, sess)",
		get:     "SELECT sess FROM " + table + " WHERE sid = ? AND ? <= expired",
		set:     "INSERT OR REPLACE INTO " + table + " VALUES (?, ?, ?)",
		touch:   "UPDATE " + table + " SET expired=? WHERE sid = ? AND ? <= expired",
		destroy: "DELETE FROM " + table + " WHERE sid = ?",
		count:   "SELECT COUNT(*) AS count FROM " + table,
		prune:   "DELETE FROM " + table + " WHERE ? > expired",
	}
}

const setWAL = "PRAGMA journal_mode = wal; "

// opening is what a new file is sent first.
func (s statements) opening(journalMode string) string {
	if journalMode == "wal" {
		return setWAL + s.create
	}
	return s.create
}

func wire(cfg drivers.Config) []drivers.WireCall {
	s := statementsOf(cfg.Options.Text(optTable))
	return []drivers.WireCall{
		{Call: "open", Sends: []string{s.opening(cfg.Options.Text(optJournalMode)), s.prune}},
		{Call: "get", Sends: []string{s.get}},
		{Call: "set", Sends: []string{s.set}},
		{Call: "touch", Sends: []string{s.touch}},
		{Call: "destroy", Sends: []string{s.destroy}},
		{Call: "prune", Sends: []string{s.prune}},
	}
}

func facts(cfg drivers.Config) drivers.Facts {
	o := cfg.Options
	f := drivers.Facts{
		DefaultLifetime: oneDay,
		TouchMissing:    drivers.TouchSilent,
		Connections:     1 + o.Int(optReaders),
		Purge:           drivers.Purge{By: "never"},
		Notes: []drivers.Note{
			{Name: drivers.NoteExpiry, Text: "the column expired, in milliseconds, as REAL; checked when a session is read", Source: measured},
			{Name: drivers.NoteLifetime, Text: "from when it was last set: a touch of such a session does nothing", Source: fromSource},
			{Name: drivers.NoteTouch, Text: "only of a session that is not over", Source: fromSource},
			{Name: drivers.NoteTouchMissing, Text: "the UPDATE changes no row", Source: fromSource},
			{Name: drivers.NoteMiss, Source: fromSource},
			{Name: drivers.NoteConnections, Text: "whatever the concurrency", Source: measured},
			{Name: drivers.NotePurge, Text: "a scan of the whole table, since expired has no index; also at the start, unless the table was there before", Source: fromSource},
			{Name: "set", Text: "INSERT OR REPLACE: the old row is deleted and a new one written", Source: fromSource},
			{Name: "fsyncs of one set", Text: "4 in journal mode delete, 1 in wal", Source: measured},
			{Name: "other processes", Text: fmt.Sprintf("a statement waits %s for their locks, then fails with SQLITE_BUSY", o.Duration(optBusyTimeout)), Source: measured},
			{Name: "library", Text: "modernc.org/sqlite, not the C library that Node links", Source: "this driver"},
		},
	}
	if every := o.Duration(optPruneInterval); every > 0 {
		f.Purge = drivers.Purge{By: "timer", Every: every}
	}
	if f.LastMillisecond = lastMillisecond(cfg.Client); f.LastMillisecond {
		f.Notes = append(f.Notes, drivers.Note{Name: "the last millisecond", Text: "a session that is set in the very millisecond in which it ends lives for a day: its maxAge is 0", Source: fromSource})
	}
	if cfg.Client == drivers.Native {
		f.Notes = append(f.Notes, drivers.Note{Name: "statements", Text: "prepared once on each connection", Source: "the native client"})
	} else {
		f.Notes = append(f.Notes, drivers.Note{Name: "statements", Text: "prepared anew for each call, on one connection", Source: measured})
	}
	return f
}
