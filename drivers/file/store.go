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
			{Name: optRetries, Kind: drivers.KindInt, Express: "5", Native: "0", Max: 1000, Doc: "how often a failed read is tried again"},
			{Name: optRetryDelay, Kind: drivers.KindDuration, Express: "50ms", Doc: "wait before a read is tried again"},
			{Name: optTTL, Kind: drivers.KindDuration, Express: "1h", Min: int64(time.Second), Doc: "lifetime of a session whose cookie has no maxAge"},
			{Name: optFileExtension, Kind: drivers.KindString, Express: ".json", Doc: "end of the file names, with its dot"},
			{Name: optReapInterval, Kind: drivers.KindDuration, Express: "1h", Doc: "how often expired sessions are removed; 0s: never"},
			{Name: optFsync, Kind: drivers.KindBool, Express: "true", Doc: "wait for the disk at each write"},
		},
		Durabilities: map[drivers.Durability][]map[string]string{
			drivers.DurabilitySeconds: {{optFsync: "false"}},
			drivers.DurabilityCommit:  {{optFsync: "true"}},
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
		NotInIDs:        notInNames,
		Purge:           drivers.Purge{By: "never"},
		Notes: []drivers.Note{
			{Name: drivers.NoteLifetime, Source: fromSource},
			{Name: drivers.NoteMiss, Text: fmt.Sprintf("its file is opened %d times, %s apart", 1+o.Int(optRetries), o.Duration(optRetryDelay)), Source: measured},
			{Name: drivers.NoteConnections, Text: "but a file descriptor for each call in flight", Source: measured},
			{Name: drivers.NotePurge, Text: "a get leaves the file of an expired session", Source: fromSource},
			{Name: "durability", Text: "the file is synced before it is renamed, its folder is not: a power cut may lose a session that is new", Source: "write-file-atomic 3.0.3, index.js"},
		},
	}
	if every := o.Duration(optReapInterval); every > 0 {
		f.Purge = drivers.Purge{By: "timer", Every: every}
	}
	if cfg.Client == drivers.Native {
		f.Notes = append(f.Notes,
			drivers.Note{Name: drivers.NoteExpiry, Text: "the file's modification time; session-file-store would never let such a file expire", Source: ours},
			drivers.Note{Name: drivers.NoteTouch, Text: "the modification time, which is not synced: a power cut may undo it", Source: ours},
			drivers.Note{Name: drivers.NoteTouchMissing, Text: "as there is no file", Source: ours},
		)
		return f
	}
	f.TouchRewrites = true
	f.Notes = append(f.Notes,
		drivers.Note{Name: drivers.NoteExpiry, Text: "__lastAccess + originalMaxAge, not cookie.expires; a file without __lastAccess never expires", Source: fromSource},
		drivers.Note{Name: drivers.NoteTouch, Text: "a read and a write with its fsync: a read-only request is a write", Source: measured},
		drivers.Note{Name: drivers.NoteTouchMissing, Text: "ENOENT, after the time of a missing session", Source: measured},
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
		{Call: "prune", Sends: []string{"readdir FOLDER", "get each FILE, 10 at a time", "lstat and unlink each expired FILE"}},
	}
}
