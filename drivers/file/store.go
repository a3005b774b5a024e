// Package file keeps each session in a file of its own, as session-file-store
// 1.5.0 does with fs-extra 8.1.0 and write-file-atomic 3.0.3: the same system
// calls in the same order, so that the same file descriptors, fsyncs and waits
// are measured. It uses the system calls directly, since package os adds some of
// its own (epoll_ctl, a second read).
package file

import (
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// The names of the options.
const (
	optPath          = "path"
	optRetries       = "retries"
	optRetryDelay    = "retry_delay"
	optTTL           = "ttl"
	optFileExtension = "file_extension"
	optReapInterval  = "reap_interval"
	optFsync         = "fsync"
)

const (
	fromSource = "session-file-store 1.5.0, lib/session-file-helpers.js"
	measured   = "session-file-store 1.5.0, measured"
	ours       = "the native client"
)

func init() {
	drivers.Register(drivers.Store{
		Name:       "file",
		Title:      "file",
		Middleware: "session-file-store 1.5.0",
		Options: []drivers.Option{
			{Name: optPath, Kind: drivers.KindString, Doc: "the folder; empty: the one given as address"},
			{Name: optRetries, Kind: drivers.KindInt, Express: "5", Native: "0", Doc: "how often a failed read is tried again"},
			{Name: optRetryDelay, Kind: drivers.KindDuration, Express: "50ms", Doc: "wait before a read is tried again"},
			{Name: optTTL, Kind: drivers.KindDuration, Express: "1h", Min: int64(time.Second), Doc: "lifetime of a session whose cookie has no maxAge"},
			{Name: optFileExtension, Kind: drivers.KindString, Express: ".json", Doc: "end of the file names, with its dot"},
			{Name: optReapInterval, Kind: drivers.KindDuration, Express: "1h", Doc: "how often expired sessions are removed; 0s: never"},
			{Name: optFsync, Kind: drivers.KindBool, Express: "true", Doc: "wait for the disk at each write"},
		},
		Facts: facts,
		Wire:  wire,
		Open:  open,
	})
}

func facts(cfg drivers.Config) drivers.Facts {
	o := cfg.Options
	f := drivers.Facts{
		DefaultLifetime: o.Duration(optTTL),
		TouchMissing:    drivers.TouchFails,
		MissDelay:       time.Duration(o.Int(optRetries)) * o.Duration(optRetryDelay),
		Purge:           drivers.Purge{By: "never"},
		Notes: []drivers.Note{
			{Name: "file descriptors", Text: "one for each call in flight, none when idle", Source: measured},
			{Name: "expired sessions", Text: "a get leaves the file; only the purge removes it", Source: fromSource},
			{Name: "durability", Text: "the file is synced before it is renamed, its folder is not: a power cut may lose a session that is new", Source: "write-file-atomic 3.0.3, index.js"},
		},
	}
	if every := o.Duration(optReapInterval); every > 0 {
		f.Purge = drivers.Purge{By: "timer", Every: every}
	}
	if f.MissDelay > 0 {
		f.Notes = append(f.Notes, drivers.Note{
			Name:   "missing sessions",
			Text:   fmt.Sprintf("opened %d times, %s apart: a dead cookie costs %s", o.Int(optRetries)+1, o.Duration(optRetryDelay), f.MissDelay),
			Source: measured,
		})
	}
	if cfg.Client == drivers.Native {
		f.Notes = append(f.Notes,
			drivers.Note{Name: "expiry", Text: "the file's modification time, to the millisecond; session-file-store would never let such a file expire", Source: ours},
			drivers.Note{Name: "touch", Text: "sets the modification time; it is not synced, so that a power cut may undo it", Source: ours},
		)
		return f
	}
	f.TouchRewrites = true
	f.Notes = append(f.Notes,
		drivers.Note{Name: "expiry", Text: "__lastAccess + originalMaxAge, not cookie.expires; a file without __lastAccess never expires", Source: fromSource},
		drivers.Note{Name: "touch", Text: "reads the file and writes it again, with its fsync: a read-only request is a write", Source: measured},
		drivers.Note{Name: "touch of an expired session", Text: "revives it without its data", Source: fromSource},
		drivers.Note{Name: "no descriptors left", Text: "reads wait (graceful-fs), writes fail with EMFILE", Source: measured},
		drivers.Note{Name: "a file that is not JSON", Text: "is deleted by the get that finds it", Source: measured},
		drivers.Note{Name: "leftovers", Text: "temporary files of a crash are never removed", Source: fromSource},
	)
	return f
}

func wire(cfg drivers.Config) []drivers.WireCall {
	sync := cfg.Options.Bool(optFsync)
	if cfg.Client == drivers.Native {
		return []drivers.WireCall{
			{Call: "get", Sends: readSteps},
			{Call: "set", Sends: writeSteps(nativeWrite, sync)},
			{Call: "touch", Sends: []string{"lstat FILE", "utimensat FILE"}},
			{Call: "destroy", Sends: []string{"unlink FILE"}},
			{Call: "prune", Sends: []string{"readdir FOLDER", "lstat each FILE", "unlink each expired FILE"}},
		}
	}
	get := readSteps
	if n := cfg.Options.Int(optRetries); n > 0 {
		get = append(get[:len(get):len(get)], fmt.Sprintf("on an error, %d times again, %s apart", n, cfg.Options.Duration(optRetryDelay)))
	}
	set := writeSteps(expressWrite, sync)
	return []drivers.WireCall{
		{Call: "get", Sends: get},
		{Call: "set", Sends: set},
		{Call: "touch", Sends: append(get[:len(get):len(get)], set...)},
		{Call: "destroy", Sends: []string{"lstat FILE", "unlink FILE"}},
		{Call: "prune", Sends: []string{"readdir FOLDER", "get each FILE, 10 at a time", "unlink each expired FILE"}},
	}
}
