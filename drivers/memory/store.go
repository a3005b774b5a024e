package memory

import (
	"context"
	"runtime"
	"slices"
	"strconv"

	"github.com/sessionbench/bench/drivers"
)

const (
	pruneInterval = "prune_interval"

	fromSource = "express-session 1.19.0, session/memory.js"
	measured   = "express-session 1.19.0, measured"
)

func init() {
	drivers.Register(drivers.Store{
		Name:       "memory",
		Title:      "memory",
		Middleware: "express-session 1.19.0 MemoryStore",
		Options: []drivers.Option{{
			Name: pruneInterval, Kind: drivers.KindDuration, Express: "0s", Native: "1m",
			Doc: "how often expired sessions are removed; 0s: never, as MemoryStore",
		}},
		Durabilities: map[drivers.Durability][]map[string]string{drivers.DurabilityNone: {{}}},
		Facts:        facts,
		Wire:         wire,
		Open:         open,
	})
}

func facts(cfg drivers.Config) drivers.Facts {
	f := drivers.Facts{
		TouchMissing:  drivers.TouchSilent,
		TouchRewrites: true,
		Purge:         drivers.Purge{By: "never"},
		Notes: []drivers.Note{
			{Name: drivers.NoteExpiry, Text: "checked when a session is read", Source: measured},
			{Name: drivers.NoteLifetime, Source: fromSource},
			{Name: drivers.NoteTouch, Text: "the stored data with the new cookie", Source: fromSource},
			{Name: drivers.NoteTouchMissing, Source: fromSource},
			{Name: drivers.NoteMiss, Source: fromSource},
			{Name: drivers.NoteConnections, Source: fromSource},
			{Name: drivers.NotePurge, Text: "a session that is not read again stays in memory", Source: fromSource},
			{Name: "durability", Text: "none: a restart logs everybody out, and each process has its own sessions", Source: fromSource},
		},
	}
	if every := cfg.Options.Duration(pruneInterval); every > 0 {
		f.Purge = drivers.Purge{By: "timer", Every: every}
		f.Notes[slices.Index(drivers.Noted, drivers.NotePurge)] = drivers.Note{Name: drivers.NotePurge, Text: "a scan of all sessions", Source: "option " + pruneInterval}
	}
	return f
}

func wire(cfg drivers.Config) []drivers.WireCall {
	calls := []drivers.WireCall{
		{Call: "get", Sends: []string{"sessions[sid], deleted when cookie.expires <= now"}},
		{Call: "set", Sends: []string{"sessions[sid] = json"}},
		{Call: "touch", Sends: []string{"sessions[sid] = json with the new cookie"}},
		{Call: "destroy", Sends: []string{"delete sessions[sid]"}},
	}
	if cfg.Options.Duration(pruneInterval) > 0 {
		calls = append(calls, drivers.WireCall{Call: "prune", Sends: []string{"delete each session with cookie.expires <= now"}})
	}
	return calls
}

// Inspect gives the Go version: the store is a map of the runtime.
func (d *driver) Inspect(ctx context.Context) (drivers.Inspection, error) {
	return drivers.Inspection{
		Version:    runtime.Version(),
		Settings:   map[string]string{"shards": strconv.Itoa(shardCount), "persistence": "none"},
		Durability: drivers.DurabilityNone,
	}, d.each(ctx, func(*shard) {})
}
