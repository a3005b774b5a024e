package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// folder is what both clients share: where the files are, and who is still
// working in there.
type folder struct {
	path      string // absolute
	parents   []string
	extension string
	ttl       time.Duration
	retries   int
	delay     time.Duration
	fsync     bool
	now       func() time.Time

	created []string // the folders that Open made, the innermost last
	found   bool     // sessions were there before Open

	calls  sync.RWMutex // held for reading by each call, for writing by Close
	closed chan struct{}
	once   sync.Once
}

func open(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
	f, err := newFolder(cfg)
	if err != nil {
		return nil, err
	}
	if err := f.make(); err != nil {
		return nil, err
	}
	if err := f.claim(ctx, cfg.UseExisting); err != nil {
		return nil, errors.Join(err, f.removeCreated())
	}
	if cfg.Client == drivers.Native {
		return &native{f}, nil
	}
	return newExpress(f), nil
}

func newFolder(cfg drivers.Config) (*folder, error) {
	o := cfg.Options
	path := o.Text(optPath)
	if path == "" {
		path = cfg.URL
	}
	if path == "" {
		return nil, errors.New("no folder is given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", path, err)
	}
	extension := o.Text(optFileExtension)
	if !strings.HasPrefix(extension, ".") || len(extension) < 2 || strings.ContainsRune(extension, os.PathSeparator) {
		return nil, fmt.Errorf("file.%s: %q is not a dot and a name", optFileExtension, extension)
	}
	f := &folder{
		path:      path,
		extension: extension,
		ttl:       o.Duration(optTTL),
		retries:   o.Int(optRetries),
		delay:     o.Duration(optRetryDelay),
		fsync:     o.Bool(optFsync),
		now:       time.Now,
		closed:    make(chan struct{}),
	}
	for p := path; p != filepath.Dir(p); p = filepath.Dir(p) {
		f.parents = append([]string{p}, f.parents...)
	}
	return f, nil
}

// make creates the folder and remembers which parts of its path were missing.
func (f *folder) make() error {
	for _, p := range f.parents {
		err := os.Mkdir(p, 0o777)
		if err == nil {
			f.created = append(f.created, p)
		} else if !errors.Is(err, os.ErrExist) {
			// A parent that may not be written to can still be there.
			if st, statErr := os.Stat(p); statErr != nil || !st.IsDir() {
				return errors.Join(fmt.Errorf("make the folder: %w", err), f.removeCreated())
			}
		}
	}
	return nil
}

// claim looks for sessions of somebody else, and proves that files can be
// written and read.
func (f *folder) claim(ctx context.Context, useExisting bool) error {
	names, err := f.list(ctx)
	if err != nil {
		return err
	}
	if f.found = len(names) > 0; f.found && !useExisting {
		return fmt.Errorf("a folder with %d session files %w: --use-existing works in it", len(names), drivers.ErrExists)
	}
	probe := filepath.Join(f.path, temporaryName("probe"))
	if err := f.writeTemporary(probe, []byte("{}"), 0o666, nil, time.Time{}, false); err != nil {
		return err
	}
	_, _, err = readFile(probe)
	return errors.Join(err, unlink(probe))
}

// removeCreated removes the folders that make made, as far as they are empty.
func (f *folder) removeCreated() error {
	for len(f.created) > 0 {
		last := f.created[len(f.created)-1]
		names, err := os.ReadDir(last)
		if errors.Is(err, os.ErrNotExist) {
			f.created = f.created[:len(f.created)-1]
			continue
		}
		if err != nil || len(names) > 0 {
			return err
		}
		if err := os.Remove(last); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the folder: %w", err)
		}
		f.created = f.created[:len(f.created)-1]
	}
	return nil
}

// list gives the names of the session files, as session-file-store's list: those
// that end in the extension, which temporary ones don't.
func (f *folder) list(ctx context.Context) ([]string, error) {
	return f.readNames(ctx, func(name string) bool { return strings.HasSuffix(name, f.extension) })
}

func (f *folder) readNames(ctx context.Context, wanted func(name string) bool) ([]string, error) {
	dir, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	defer dir.Close()
	var names []string
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, err := dir.Readdirnames(4096)
		for _, name := range some {
			if wanted(name) {
				names = append(names, name)
			}
		}
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the sessions: %w", err)
		}
	}
}

// notInNames is what a file's name can't have: session-file-store fails on such an
// id too, since the folder that it names is not there.
const notInNames = "/\x00"

// file is the path of a session. An id comes from a cookie that was signed, but
// none must lead out of the folder.
func (f *folder) file(id string) (string, error) {
	if id == "" || strings.ContainsAny(id, notInNames) {
		return "", fmt.Errorf("%q is not a session id", id)
	}
	return f.path + string(os.PathSeparator) + id + f.extension, nil
}

// enter begins a call; leave ends it.
func (f *folder) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.calls.RLock()
	select {
	case <-f.closed:
		f.calls.RUnlock()
		return drivers.ErrClosed
	default:
		return nil
	}
}

func (f *folder) leave() { f.calls.RUnlock() }

// goesOn tells a long call whether it may.
func (f *folder) goesOn(ctx context.Context) error {
	select {
	case <-f.closed:
		return drivers.ErrClosed
	default:
		return ctx.Err()
	}
}

// Close waits for the calls in flight, so that no temporary file is left; those
// that only wait for something stop waiting.
func (f *folder) Close() error {
	f.once.Do(func() { close(f.closed) })
	f.calls.Lock()
	defer f.calls.Unlock()
	return nil
}

// pause waits, unless the call or the driver ends before.
func (f *folder) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-f.closed:
		return drivers.ErrClosed
	}
}
