package file

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// native is what a Go service would do: the session as it is, in a file whose
// modification time is when it expires. So a get needs no parsing, a touch no
// rewrite and the purge no reading.
type native struct{ *folder }

func (n *native) Get(ctx context.Context, id string) (drivers.Record, error) {
	if err := n.enter(ctx); err != nil {
		return drivers.Record{}, err
	}
	defer n.leave()
	path, err := n.file(id)
	if err != nil {
		return drivers.Record{}, err
	}
	value, err := n.read(ctx, path)
	if err != nil {
		return drivers.Record{}, fmt.Errorf("get %s: %w", id, err)
	}
	return drivers.Record{ID: id, Value: value}, nil
}

func (n *native) read(ctx context.Context, path string) ([]byte, error) {
	for tried := 0; ; tried++ {
		value, st, err := readFile(path)
		switch {
		case err == nil && n.over(st):
			return nil, errExpired
		case err == nil:
			return value, nil
		case tried >= n.retries && missing(err):
			return nil, fmt.Errorf("%w: %w", drivers.ErrNotFound, err)
		case tried >= n.retries:
			return nil, err
		}
		if err := n.pause(ctx, n.delay); err != nil {
			return nil, err
		}
	}
}

// over tells whether a session's time is over.
func (f *folder) over(st syscall.Stat_t) bool { return !f.now().Before(modified(st)) }

// expiry is when a session that is saved now ends.
func (f *folder) expiry(c drivers.Cookie) time.Time {
	if c.Expires.IsZero() {
		return f.now().Add(f.ttl)
	}
	return c.Expires
}

func (n *native) Set(ctx context.Context, r drivers.Record) error {
	if err := n.enter(ctx); err != nil {
		return err
	}
	defer n.leave()
	path, err := n.file(r.ID)
	if err != nil {
		return err
	}
	if err := n.writeNative(path, r.Value, n.expiry(r.Cookie), n.fsync); err != nil {
		return fmt.Errorf("set %s: %w", r.ID, err)
	}
	return nil
}

// Touch sets the modification time of a session that is not over.
func (n *native) Touch(ctx context.Context, r drivers.Record) error {
	if err := n.enter(ctx); err != nil {
		return err
	}
	defer n.leave()
	path, err := n.file(r.ID)
	if err != nil {
		return err
	}
	st, err := lstat(path)
	if err == nil && n.over(st) {
		err = errExpired
	}
	if err == nil {
		err = setModified(path, n.expiry(r.Cookie))
	}
	if missing(err) {
		err = fmt.Errorf("%w: %w", drivers.ErrNotFound, err)
	}
	if err != nil {
		return fmt.Errorf("touch %s: %w", r.ID, err)
	}
	return nil
}

func (n *native) Destroy(ctx context.Context, id string) error {
	if err := n.enter(ctx); err != nil {
		return err
	}
	defer n.leave()
	path, err := n.file(id)
	if err != nil {
		return err
	}
	if err := unlink(path); err != nil && !missing(err) {
		return fmt.Errorf("destroy %s: %w", id, err)
	}
	return nil
}
