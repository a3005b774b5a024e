// Package memory keeps sessions in this process, as express-session's
// MemoryStore does: the JSON text of each in a map, expiry checked when a session
// is read, and never otherwise.
//
// It is also what the cost of the load generator itself is measured on, so its
// calls take one lock of a shard and allocate the value's copy, nothing else.
// Node runs the store's calls one after the other; here they are atomic, which
// callers can't tell apart.
package memory

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// shardCount is far above the number of cores, so that callers seldom meet.
const shardCount = 256

// session is one stored session. The value is never changed once it is stored,
// so that it may be copied outside the lock.
type session struct {
	value   []byte
	expires int64 // epoch ms; 0: never
}

func (s session) expired(nowMillis int64) bool { return s.expires != 0 && s.expires <= nowMillis }

type shard struct {
	sync.RWMutex
	sessions map[string]session // nil when the driver is closed
	_        [64]byte           // keeps neighbours' locks off one cache line
}

// driver is the store without a purge: MemoryStore.
type driver struct {
	seed   maphash.Seed
	shards [shardCount]shard
	now    func() time.Time
}

// pruning is the store with a purge (option prune_interval).
type pruning struct{ *driver }

func open(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg.URL != "" {
		return nil, fmt.Errorf("memory takes no address")
	}
	d := newDriver(time.Now)
	if cfg.Options.Duration(pruneInterval) > 0 {
		return pruning{d}, nil
	}
	return d, nil
}

func newDriver(now func() time.Time) *driver {
	d := &driver{seed: maphash.MakeSeed(), now: now}
	for i := range d.shards {
		d.shards[i].sessions = map[string]session{}
	}
	return d
}

func (d *driver) shard(id string) *shard {
	return &d.shards[maphash.String(d.seed, id)%shardCount]
}

func missing(id string) error { return fmt.Errorf("get %s: %w", id, drivers.ErrNotFound) }

func (d *driver) Get(ctx context.Context, id string) (drivers.Record, error) {
	if err := ctx.Err(); err != nil {
		return drivers.Record{}, err
	}
	s := d.shard(id)
	s.RLock()
	closed := s.sessions == nil
	found, ok := s.sessions[id]
	s.RUnlock()
	switch {
	case closed:
		return drivers.Record{}, drivers.ErrClosed
	case !ok:
		return drivers.Record{}, missing(id)
	case found.expired(d.now().UnixMilli()):
		s.removeExpired(id, found)
		return drivers.Record{}, missing(id)
	}
	return drivers.Record{ID: id, Value: append([]byte(nil), found.value...)}, nil
}

// removeExpired removes what a read found expired, unless it was set again
// meanwhile.
func (s *shard) removeExpired(id string, found session) {
	s.Lock()
	defer s.Unlock()
	if have, ok := s.sessions[id]; ok && have.expires == found.expires {
		delete(s.sessions, id)
	}
}

func (d *driver) Set(ctx context.Context, r drivers.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stored := session{append([]byte(nil), r.Value...), expiry(r.Cookie)}
	s := d.shard(r.ID)
	s.Lock()
	defer s.Unlock()
	if s.sessions == nil {
		return drivers.ErrClosed
	}
	s.put(r.ID, stored)
	return nil
}

// put keeps a copy of a new id: the caller's may be a part of something larger.
func (s *shard) put(id string, stored session) {
	if _, ok := s.sessions[id]; !ok {
		id = strings.Clone(id)
	}
	s.sessions[id] = stored
}

func expiry(c drivers.Cookie) int64 {
	if c.Expires.IsZero() {
		return 0
	}
	return c.Expires.UnixMilli()
}

// Touch replaces the cookie in the stored text and keeps the stored data.
func (d *driver) Touch(ctx context.Context, r drivers.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := d.shard(r.ID)
	s.Lock()
	defer s.Unlock()
	if s.sessions == nil {
		return drivers.ErrClosed
	}
	found, ok := s.sessions[r.ID]
	if !ok {
		return nil
	}
	if found.expired(d.now().UnixMilli()) {
		delete(s.sessions, r.ID)
		return nil
	}
	// A cookie that gets or loses its dates changes the length by less than this.
	const growth = 32
	value, err := drivers.AppendRenewed(make([]byte, 0, len(found.value)+growth), found.value, r.Cookie)
	if err != nil {
		return fmt.Errorf("touch %s: %w", r.ID, err)
	}
	s.sessions[r.ID] = session{value, expiry(r.Cookie)}
	return nil
}

func (d *driver) Destroy(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := d.shard(id)
	s.Lock()
	defer s.Unlock()
	if s.sessions == nil {
		return drivers.ErrClosed
	}
	delete(s.sessions, id)
	return nil
}

// Close frees the sessions: they live in the driver.
func (d *driver) Close() error {
	for i := range d.shards {
		s := &d.shards[i]
		s.Lock()
		s.sessions = nil
		s.Unlock()
	}
	return nil
}
