package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// express is session-file-store.
type express struct {
	*folder
	queue queue
}

func newExpress(f *folder) *express {
	return &express{folder: f, queue: queue{waiting: map[string][]chan struct{}{}}}
}

// errExpired is an expired session that still has its file.
var errExpired = fmt.Errorf("%w: it is expired", drivers.ErrNotFound)

func (e *express) Get(ctx context.Context, id string) (drivers.Record, error) {
	if err := e.enter(ctx); err != nil {
		return drivers.Record{}, err
	}
	defer e.leave()
	path, err := e.file(id)
	if err != nil {
		return drivers.Record{}, err
	}
	value, err := e.read(ctx, path)
	if err != nil {
		return drivers.Record{}, fmt.Errorf("get %s: %w", id, err)
	}
	return drivers.Record{ID: id, Value: value}, nil
}

// read is session-file-store's get: any error is tried again, a missing file
// too, and a file that is not JSON is deleted.
func (e *express) read(ctx context.Context, path string) ([]byte, error) {
	for tried := 0; ; tried++ {
		value, err := e.readWhenPossible(ctx, path)
		if err == nil {
			return e.decode(path, value)
		}
		if tried >= e.retries {
			if missing(err) {
				err = fmt.Errorf("%w: %w", drivers.ErrNotFound, err)
			}
			return nil, err
		}
		if err := e.pause(ctx, e.delay); err != nil {
			return nil, err
		}
	}
}

// graceful-fs 4.2 tries a read without a free descriptor again for a minute, at
// most a tenth of a second apart.
const (
	queuedReadFor      = time.Minute
	queuedReadLongest  = 100 * time.Millisecond
	queuedReadShortest = time.Millisecond
)

func (e *express) readWhenPossible(ctx context.Context, path string) ([]byte, error) {
	wait := queuedReadShortest
	for waited := time.Duration(0); ; waited += wait {
		value, _, err := readFile(path)
		if drivers.Classify(err) != drivers.ClassTooManyOpenFiles || waited >= queuedReadFor {
			return value, err
		}
		if err := e.pause(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(wait*6/5+time.Millisecond, queuedReadLongest)
	}
}

func (e *express) decode(path string, value []byte) ([]byte, error) {
	if !json.Valid(value) {
		// As fs-extra's remove. What is wrong is told even when it fails.
		_, err := lstat(path)
		if err == nil {
			err = unlink(path)
		}
		return nil, errors.Join(fmt.Errorf("the file is not JSON and was deleted: %w", syntaxError(value)), err)
	}
	if expired(value, e.ttl, e.now()) {
		return nil, errExpired
	}
	return value, nil
}

func syntaxError(value []byte) error {
	var raw json.RawMessage
	return json.Unmarshal(value, &raw)
}

func (e *express) Set(ctx context.Context, r drivers.Record) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	path, err := e.file(r.ID)
	if err != nil {
		return err
	}
	if err := e.write(ctx, path, r.Value, e.fsync); err != nil {
		return fmt.Errorf("set %s: %w", r.ID, err)
	}
	return nil
}

// write takes the time of the access before it waits for its turn, as
// session-file-store does.
func (e *express) write(ctx context.Context, path string, value []byte, sync bool) error {
	text := setLastAccess(value, e.now())
	if err := e.queue.wait(ctx, e.closed, path); err != nil {
		return err
	}
	defer e.queue.done(path)
	return e.writeExpress(path, text, sync)
}

// Touch reads the session and writes it again with the new cookie: what others
// stored meanwhile is kept. An expired session comes back without its data.
func (e *express) Touch(ctx context.Context, r drivers.Record) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	path, err := e.file(r.ID)
	if err != nil {
		return err
	}
	if err := e.touch(ctx, path, r); err != nil {
		return fmt.Errorf("touch %s: %w", r.ID, err)
	}
	return nil
}

func (e *express) touch(ctx context.Context, path string, r drivers.Record) error {
	stored, err := e.read(ctx, path)
	if errors.Is(err, errExpired) {
		stored, err = cookieOnly(r.Value)
	}
	if err != nil {
		return err
	}
	value, err := drivers.AppendRenewed(nil, stored, r.Cookie)
	if err != nil {
		return err
	}
	return e.write(ctx, path, value, e.fsync)
}

// cookieOnly is a session without its data.
func cookieOnly(value []byte) ([]byte, error) {
	var session struct {
		Cookie json.RawMessage `json:"cookie"`
	}
	if err := json.Unmarshal(value, &session); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"cookie":%s}`, session.Cookie), nil
}

// Destroy is fs-extra's remove: a missing file takes an lstat only.
func (e *express) Destroy(ctx context.Context, id string) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	path, err := e.file(id)
	if err != nil {
		return err
	}
	if _, err = lstat(path); err == nil {
		err = unlink(path)
	}
	if err != nil && !missing(err) {
		return fmt.Errorf("destroy %s: %w", id, err)
	}
	return nil
}
