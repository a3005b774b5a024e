package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Run owns what is provided for one execution of bench: a folder in the
// temporary folder, locked as long as this process lives, and the backends. Its
// methods are safe for concurrent use.
type Run struct {
	id, dir string
	lock    *os.File
	say     func(string)
	docker  func(context.Context) (*engine, error)

	mu       sync.Mutex
	backends []*Backend
	provided int
	closed   bool
}

// Start removes what dead runs left and begins a run. say, which may be nil,
// gets one line for each thing that was removed and, later, for each choice that
// the user should know of; it may be called from several goroutines.
func Start(say func(string)) (*Run, error) {
	if say == nil {
		say = func(string) {}
	}
	// A leftover that can't be removed is no reason not to run.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := removeLeftovers(ctx, say, connectDocker, onlyIfNeeded); err != nil {
		say(err.Error())
	}
	id, dir, lock, err := makeFolder()
	if err != nil {
		return nil, err
	}
	return &Run{id: id, dir: dir, lock: lock, say: say, docker: connectDocker}, nil
}

// ID is the run's short random name.
func (r *Run) ID() string { return r.id }

// Dir is the run's folder, which Close removes.
func (r *Run) Dir() string { return r.dir }

// newName names one backend within the run.
func (r *Run) newName(store string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.provided++
	return fmt.Sprintf("%s-%d", store, r.provided)
}

// mark is a name that no server of another run has.
func (r *Run) mark(name string) string { return "bench-" + r.id + "-" + name }

// newFolder makes the folder of a backend.
func (r *Run) newFolder(name string) (string, error) {
	dir := filepath.Join(r.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", name, err)
	}
	return dir, nil
}

// warnOfMemory says when a store that waits for the disk has none.
func (r *Run) warnOfMemory(store string) {
	if inMemory, _ := InMemory(r.dir); inMemory {
		r.say(fmt.Sprintf("%s: %s is in memory (tmpfs), where a flush to the disk costs nothing; set TMPDIR to a folder on a disk to measure it", store, r.dir))
	}
}

// adopt makes the run the backend's owner. A run that was closed meanwhile
// closes the backend too.
func (r *Run) adopt(ctx context.Context, b *Backend) (*Backend, error) {
	r.mu.Lock()
	closed := r.closed
	if !closed {
		r.backends = append(r.backends, b)
	}
	r.mu.Unlock()
	if closed {
		return nil, errors.Join(errors.New("the run is closed"), b.Close(ctx))
	}
	return b, nil
}

// Close closes every backend that is still open, the last one first, and removes
// the run's folder. A second Close does nothing.
func (r *Run) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	backends := slices.Clone(r.backends)
	r.mu.Unlock()
	var errs []error
	for _, b := range slices.Backward(backends) {
		errs = append(errs, b.Close(context.Background()))
	}
	if err := removeFolder(r.dir); err != nil {
		errs = append(errs, fmt.Errorf("remove the run's folder: %w", err))
	}
	errs = append(errs, r.lock.Close())
	return errors.Join(errs...)
}
