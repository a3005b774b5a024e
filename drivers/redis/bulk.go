package redis

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/sessionbench/bench/drivers"
)

// loaders is how many sets of a preload are under way at once: enough for long
// pipelines in express mode. In native mode they wait for the pool.
const loaders = 64

// Load sets all records as Set does, many at once.
func (d *driver) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d.closed.Load() {
		return drivers.ErrClosed
	}
	work := make(chan drivers.Record)
	var all sync.WaitGroup
	for range loaders {
		all.Go(func() {
			for r := range work {
				if err := d.Set(ctx, r); err != nil {
					cancel(err) // the first one counts
				}
			}
		})
	}
	for r := range records {
		select {
		case work <- r:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	all.Wait()
	return context.Cause(ctx)
}

// batch is how many keys one command names; looked is how many a SCAN looks at,
// as connect-redis has it.
const (
	batch  = 500
	looked = 100
)

// Remove unlinks the sessions' keys.
func (d *driver) Remove(ctx context.Context, ids iter.Seq[string]) error {
	if d.closed.Load() {
		return drivers.ErrClosed
	}
	var keys []string
	for id := range ids {
		if keys = append(keys, d.prefix+id); len(keys) == batch {
			if _, err := d.client.unlink(ctx, keys); err != nil {
				return d.failed(ctx, cmdUnlink, err)
			}
			keys = keys[:0]
		}
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := d.client.unlink(ctx, keys)
	return d.failed(ctx, cmdUnlink, err)
}

// Count counts the keys with the prefix, as connect-redis's length does.
func (d *driver) Count(ctx context.Context) (int64, error) {
	seen := map[string]struct{}{} // SCAN may give a key twice
	err := d.scan(ctx, d.prefix, func(keys []string) error {
		for _, key := range keys {
			seen[key] = struct{}{}
		}
		return nil
	})
	return int64(len(seen)), err
}

// Clean unlinks the keys of our sessions whose id starts with idPrefix.
func (d *driver) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (int64, error) {
	if idPrefix == "" {
		return 0, errors.New("clean redis: an empty prefix of ids would take everybody's sessions")
	}
	var removed int64
	err := d.scan(ctx, d.prefix+idPrefix, func(keys []string) error {
		keys = slices.DeleteFunc(keys, func(key string) bool { return !ours(key[len(d.prefix):]) })
		if len(keys) == 0 {
			return nil
		}
		n, err := d.client.unlink(ctx, keys)
		removed += n
		return d.failed(ctx, cmdUnlink, err)
	})
	return removed, err
}

// scan gives the keys that start with start, in batches that are not empty.
func (d *driver) scan(ctx context.Context, start string, use func(keys []string) error) error {
	var cursor uint64
	for {
		keys, next, err := d.client.scan(ctx, cursor, escapePattern(start)+"*", looked)
		if err != nil {
			return d.failed(ctx, cmdScan, err)
		}
		kept := keys[:0]
		for _, key := range keys {
			if strings.HasPrefix(key, start) {
				kept = append(kept, key)
			}
		}
		if len(kept) > 0 {
			if err := use(kept); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		cursor = next
	}
}
