package memory

import (
	"context"
	"iter"
	"strings"

	"github.com/sessionbench/bench/drivers"
)

var (
	_ drivers.Loader    = (*driver)(nil)
	_ drivers.Remover   = (*driver)(nil)
	_ drivers.Cleaner   = (*driver)(nil)
	_ drivers.Counter   = (*driver)(nil)
	_ drivers.Meter     = (*driver)(nil)
	_ drivers.Stored    = (*driver)(nil)
	_ drivers.Inspector = (*driver)(nil)
	_ drivers.Pruner    = pruning{}
)

func (d *driver) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	for r := range records {
		if err := d.Set(ctx, r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (d *driver) Remove(ctx context.Context, ids iter.Seq[string]) error {
	for id := range ids {
		if err := d.Destroy(ctx, id); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (d *driver) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (int64, error) {
	return d.removeIf(ctx, func(id string, _ session) bool { return strings.HasPrefix(id, idPrefix) && ours(id) })
}

// Prune removes the expired sessions.
func (p pruning) Prune(ctx context.Context) (int64, error) {
	now := p.now().UnixMilli()
	return p.removeIf(ctx, func(_ string, s session) bool { return s.expired(now) })
}

// Count gives the live sessions and removes the others, as MemoryStore.length,
// which reads them all.
func (d *driver) Count(ctx context.Context) (int64, error) {
	now := d.now().UnixMilli()
	if _, err := d.removeIf(ctx, func(_ string, s session) bool { return s.expired(now) }); err != nil {
		return 0, err
	}
	var n int64
	err := d.each(ctx, func(s *shard) { n += int64(len(s.sessions)) })
	return n, err
}

func (d *driver) removeIf(ctx context.Context, unwanted func(id string, s session) bool) (int64, error) {
	var removed int64
	err := d.each(ctx, func(s *shard) {
		for id, have := range s.sessions {
			if unwanted(id, have) {
				delete(s.sessions, id)
				removed++
			}
		}
	})
	return removed, err
}

// each visits the shards, one after the other, each under its lock.
func (d *driver) each(ctx context.Context, visit func(*shard)) error {
	for i := range d.shards {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := &d.shards[i]
		s.Lock()
		if s.sessions == nil {
			s.Unlock()
			return drivers.ErrClosed
		}
		visit(s)
		s.Unlock()
	}
	return nil
}

// Meter gives the bytes of ids and values, and the expired sessions present. A
// map has no counters of its own.
func (d *driver) Meter(ctx context.Context) (drivers.Reading, error) {
	storage, err := d.Stored(ctx)
	return drivers.Reading{Storage: storage}, err
}

// Stored looks at each session, a shard at a time, under a lock that keeps no get
// waiting.
func (d *driver) Stored(ctx context.Context) (drivers.Storage, error) {
	now := d.now().UnixMilli()
	var bytes, expired int64
	for i := range d.shards {
		if err := ctx.Err(); err != nil {
			return drivers.Storage{}, err
		}
		b, e, err := d.shards[i].stored(now)
		if err != nil {
			return drivers.Storage{}, err
		}
		bytes, expired = bytes+b, expired+e
	}
	return drivers.Storage{Bytes: &bytes, ExpiredPresent: &expired}, nil
}

func (s *shard) stored(nowMillis int64) (bytes, expired int64, err error) {
	s.RLock()
	defer s.RUnlock()
	if s.sessions == nil {
		return 0, 0, drivers.ErrClosed
	}
	for id, have := range s.sessions {
		bytes += int64(len(id) + len(have.value))
		if have.expired(nowMillis) {
			expired++
		}
	}
	return bytes, expired, nil
}
