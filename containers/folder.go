package containers

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A run's folder is bench-run-ID in the temporary folder. Whether its run lives
// is the kernel's word: a living one holds the lock on the folder's lock file.
// The lock file is the first thing in the folder and the last one out of it, so
// that a folder without one is empty and nobody's.
const (
	folderPrefix   = "bench-run-"
	lockName       = "lock"
	containersName = "containers" // there when the run made containers
)

// errLives is the answer of a folder whose run is alive.
var errLives = errors.New("the run is alive")

func randomText(n int) string {
	bytes := make([]byte, n)
	rand.Read(bytes)
	return hex.EncodeToString(bytes)
}

// makeFolder makes and locks a new run's folder. An unprivileged server can pass
// through it to its own folder (0711), nobody can list it.
func makeFolder() (id, dir string, lock *os.File, err error) {
	for range 10 {
		id = randomText(4)
		dir = filepath.Join(os.TempDir(), folderPrefix+id)
		lock, err = makeLocked(dir)
		if err == nil {
			return id, dir, lock, nil
		}
		// Another bench that cleans may have taken the folder in between, while
		// it was empty or its lock was free.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) && !errors.Is(err, errLives) {
			break
		}
	}
	return "", "", nil, fmt.Errorf("make the run's folder: %w; set TMPDIR to a folder that bench can write to", err)
}

func makeLocked(dir string) (*os.File, error) {
	if err := os.Mkdir(dir, 0o711); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // whatever the umask
		return nil, err
	}
	return takeLock(dir, os.O_CREATE)
}

// takeLock takes the lock of a run's folder: errLives when its run is alive,
// fs.ErrNotExist when there is no lock file. The file that was locked is still
// the folder's when takeLock returns.
func takeLock(dir string, create int) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, err
	}
	if lockFile(f) != nil {
		f.Close()
		return nil, errLives
	}
	locked, err := f.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Stat(path); err == nil && !os.SameFile(locked, there) {
			err = errLives // another run's by now
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// removeFolder removes a run's folder whose lock the caller holds, the lock file
// last.
func removeFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Name() != lockName {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
