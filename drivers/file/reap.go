package file

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/sessionbench/bench/drivers"
)

// reapers is session-file-store's reapMaxConcurrent.
const reapers = 10

// Prune reads every session and destroys the expired ones, as
// session-file-store's reap. It removes nothing from a folder that had sessions
// before Open: they are somebody else's.
func (e *express) Prune(ctx context.Context) (int64, error) {
	return e.reap(ctx, func(path string) (bool, error) {
		_, err := e.read(ctx, path)
		if errors.Is(err, errExpired) {
			_, err = lstat(path) // fs-extra's remove
			return err == nil, err
		}
		return false, err
	})
}

// Prune removes the files whose modification time is over. Of a folder that had
// sessions before Open it removes nothing: they are somebody else's.
func (n *native) Prune(ctx context.Context) (int64, error) {
	return n.reap(ctx, func(path string) (bool, error) {
		st, err := lstat(path)
		return err == nil && n.over(st), err
	})
}

func (f *folder) reap(ctx context.Context, isOver func(path string) (bool, error)) (int64, error) {
	if err := f.enter(ctx); err != nil {
		return 0, err
	}
	defer f.leave()
	if f.found {
		return 0, nil
	}
	names, err := f.list(ctx)
	if err != nil {
		return 0, err
	}
	var removed atomic.Int64
	err = f.eachFile(ctx, names, func(path string) error {
		over, err := isOver(path)
		if err == nil && over {
			err = unlink(path)
		}
		if err == nil && over {
			removed.Add(1)
		}
		if errors.Is(err, drivers.ErrNotFound) || missing(err) { // destroyed meanwhile
			return nil
		}
		return err
	})
	return removed.Load(), err
}

// eachFile visits files, several at a time, and gives the first few errors.
func (f *folder) eachFile(ctx context.Context, names []string, visit func(path string) error) error {
	var next atomic.Int64
	var errs [reapers]error
	var all sync.WaitGroup
	for worker := range errs {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(names) || ctx.Err() != nil {
					return
				}
				if err := visit(f.path + "/" + names[i]); err != nil && errs[worker] == nil {
					errs[worker] = err
				}
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs[:], ctx.Err())...)
}
