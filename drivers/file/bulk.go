package file

import (
	"context"
	"iter"
	"os"
	"strings"

	"github.com/sessionbench/bench/drivers"
)

// Load writes without waiting for the disk.
func (e *express) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	return e.load(ctx, records, func(path string, r drivers.Record) error {
		return e.write(ctx, path, r.Value, false)
	})
}

// Load writes without waiting for the disk.
func (n *native) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	return n.load(ctx, records, func(path string, r drivers.Record) error {
		return n.writeNative(path, r.Value, n.expiry(r.Cookie), false)
	})
}

func (f *folder) load(ctx context.Context, records iter.Seq[drivers.Record], write func(path string, r drivers.Record) error) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.leave()
	for r := range records {
		path, err := f.file(r.ID)
		if err == nil {
			err = write(path, r)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) Remove(ctx context.Context, ids iter.Seq[string]) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.leave()
	for id := range ids {
		path, err := f.file(id)
		if err == nil {
			err = unlink(path)
		}
		if err != nil && !missing(err) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Clean also removes the temporary files that a crash left of such sessions,
// without counting them.
func (f *folder) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (removed int64, err error) {
	if err := f.enter(ctx); err != nil {
		return 0, err
	}
	defer f.leave()
	names, err := f.readNames(ctx, func(name string) bool {
		session := name
		if file, temporary := f.temporaryOf(name); temporary {
			session = file
		}
		id, is := strings.CutSuffix(session, f.extension)
		return is && strings.HasPrefix(id, idPrefix) && ours(id)
	})
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		err := unlink(f.path + string(os.PathSeparator) + name)
		if err != nil && !missing(err) {
			return removed, err
		}
		if err == nil && strings.HasSuffix(name, f.extension) {
			removed++
		}
		if err := ctx.Err(); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// Count gives the number of files, as session-file-store's length: expired
// sessions included.
func (f *folder) Count(ctx context.Context) (int64, error) {
	if err := f.enter(ctx); err != nil {
		return 0, err
	}
	defer f.leave()
	names, err := f.list(ctx)
	return int64(len(names)), err
}

// Drop removes the folder when Open made it and nothing is in it any more.
func (f *folder) Drop(ctx context.Context) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.leave()
	return f.removeCreated()
}
