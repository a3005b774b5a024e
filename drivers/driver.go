// Package drivers speaks to session stores exactly as their Express middleware
// does: one Driver a store, each registered as a Store with its typed options
// and the facts that tell it from the others.
//
// The package knows nothing of load, measuring or reports. A store lives in a
// folder of its own below this one and registers itself in init; drivers/all
// imports every one of them, and drivers/drivertest holds them to this contract.
package drivers

import (
	"context"
	"iter"
	"time"
)

// Driver speaks to one session store. Methods are safe for concurrent use.
//
// Every method honours ctx: when it ends, the call returns soon with an error
// that wraps ctx's, the driver stays usable, and whether the store acted is
// unknown. Errors are classed by Classify. After Close, calls fail with an
// error that wraps ErrClosed.
//
// A driver must not retain Record.Value after Set, Touch or Load returned nil.
// After an error it may still hold it, so the caller gives the buffer up.
type Driver interface {
	// Get reads a live session. The Record has ID and Value as stored; Cookie is
	// left zero (ParseCookie reads it from Value). The caller owns Value. The
	// error wraps ErrNotFound when the session is absent or expired.
	Get(ctx context.Context, id string) (Record, error)

	// Set overwrites the whole session, last write wins, and renews its lifetime
	// from r.Cookie (or the store's default lifetime when r.Cookie has none).
	Set(ctx context.Context, r Record) error

	// Touch extends the lifetime to r.Cookie's. r.Value is the session as this
	// request read it; some stores rewrite the value, some only its expiry. What
	// happens when the session is missing is Facts.TouchMissing.
	Touch(ctx context.Context, r Record) error

	// Destroy removes a session; an absent one is no error.
	Destroy(ctx context.Context, id string) error

	// Close ends connections, files and timers; it leaves the stored sessions.
	// Calls in flight end. A second Close does nothing and returns nil.
	Close() error
}

// Record is one session.
type Record struct {
	// ID is the session id without the store's prefix: 32 characters of base64url.
	ID string
	// Value is the JSON text that express-session stores, as JSON.stringify of
	// req.session gives it: an object whose first key is "cookie".
	Value []byte
	// Cookie has the lifetime that Value's cookie states, so that drivers need
	// not parse it.
	Cookie Cookie
}

// The interfaces below are abilities that a driver may have; callers find them
// by assertion.

// Pruner runs the store's own purge of expired sessions once, as the
// middleware's timer does (Facts.Purge says when).
type Pruner interface {
	// Prune returns how many sessions it removed, or -1 when the store does not say.
	Prune(ctx context.Context) (int64, error)
}

// Connected tells how many connections the driver has open now. A driver has it whose
// number changes; it may be asked at any time, and costs next to nothing.
type Connected interface {
	Connections() int
}

// Counter counts the stored sessions, expired ones included where the
// middleware's length() includes them.
type Counter interface {
	Count(ctx context.Context) (int64, error)
}

// Loader stores many sessions at once, faster than Set would: the preload. What
// it leaves is what Set would have left. Durability of each single session is
// not waited for; when Load returns nil, all of them are readable.
type Loader interface {
	Load(ctx context.Context, records iter.Seq[Record]) error
}

// Remover destroys many sessions at once, faster than Destroy would: the
// clean-up. Absent ones are no error.
type Remover interface {
	Remove(ctx context.Context, ids iter.Seq[string]) error
}

// Cleaner removes the sessions whose id starts with idPrefix and is ours, and
// nothing else: what a killed run left in an external store. ours is asked for
// ids that are stored now, by one goroutine.
type Cleaner interface {
	Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (removed int64, err error)
}

// Dropper removes the table, collection or folder that Open created, and does
// nothing when Open found it there.
type Dropper interface {
	Drop(ctx context.Context) error
}

// Inspector tells what the store is and how it is set up.
type Inspector interface {
	Inspect(ctx context.Context) (Inspection, error)
}

// Inspection is what decides a store's figures and is true for a whole run.
type Inspection struct {
	Version    string            // the server's or library's version
	Settings   map[string]string // the settings that matter: persistence, fsync, eviction, journal
	Durability Durability        // what those settings give
	TLS        bool              // whether the connection is encrypted
}

// Durability says what an acknowledged write survives.
type Durability string

// The durability classes, the weakest first.
const (
	DurabilityNone    Durability = "none"    // lost when the process ends
	DurabilitySeconds Durability = "seconds" // a crash loses the last seconds
	DurabilityCommit  Durability = "commit"  // on the disk before it is acknowledged
)

// Durabilities has the classes, the weakest first.
var Durabilities = []Durability{DurabilityNone, DurabilitySeconds, DurabilityCommit}

// Meter reads the server's own counters; a caller reads it before and after a
// round and takes the difference.
type Meter interface {
	Meter(ctx context.Context) (Reading, error)
}

// Reading holds what a store says of itself at one moment. A nil pointer, and a
// missing key of Calls, is a figure that the store can't give.
type Reading struct {
	// Calls counts the server's calls since its start, by call, as far as the
	// server tells them apart.
	Calls map[Call]int64
	// AllCalls counts the session calls that the server can't tell apart
	// (transactions of PostgreSQL, for one); nil when Calls has them all.
	AllCalls *int64
	// Connections is the number of clients connected, ours included, also the one of
	// Stored.
	Connections *int64
	Storage
}

// Stored reads what the sessions take, beside the calls: it waits for nothing that
// calls use, takes no connection of theirs and makes none of them wait longer than a
// call of another caller would. A figure that can't be read so is nil, although Meter
// may have it.
//
// What it sends counts in no figure of Reading but Connections. A connection of its
// own is opened when it is first needed, counted by Connected, not by
// Facts.Connections, and ended by Close.
type Stored interface {
	Stored(ctx context.Context) (Storage, error)
}

// Storage is what the sessions of a store take at one moment. A nil pointer is a
// figure that the store can't give.
type Storage struct {
	// Bytes is the storage that the sessions take, indexes included.
	Bytes *int64
	// DeadRows counts row versions that await a vacuum.
	DeadRows *int64
	// ExpiredPresent counts expired sessions that still take storage.
	ExpiredPresent *int64
}

// Call is one kind of driver call.
type Call uint8

// The driver calls.
const (
	Get Call = iota
	Set
	Touch
	Destroy
	NumCalls int = iota
)

var callNames = [NumCalls]string{"get", "set", "touch", "destroy"}

// String gives the call's name as results and reports spell it.
func (c Call) String() string { return callNames[c] }

// Trace collects what a driver knows about the inside of the calls made under a
// context. It belongs to one goroutine at a time; the caller resets it.
type Trace struct {
	// PoolWait is the time spent waiting for a connection of the driver's pool.
	PoolWait time.Duration
	// Pooled says that the driver has a pool to wait for at all.
	Pooled bool
}

type traceKey struct{}

// WithTrace returns a context under which drivers add to t.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceFrom returns the Trace of WithTrace, or nil.
func TraceFrom(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}
