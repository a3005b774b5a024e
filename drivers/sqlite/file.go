package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// file is the database file.
type file struct {
	path    string // absolute
	created bool   // by Open
	empty   bool   // before Open: nothing in it to respect
}

// newFile finds the file of an address. A folder means the file in it that is
// named like the table, connect-sqlite3's default.
func newFile(path, table string) (file, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return file{}, errors.New("a database file is wanted")
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		path = filepath.Join(path, table)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return file{}, err
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return file{}, fmt.Errorf("the folder of the database file: %w", err)
	}
	st, err := os.Stat(path)
	created := errors.Is(err, os.ErrNotExist)
	return file{path: path, created: created, empty: created || err == nil && st.Size() == 0}, nil
}

// address is the file as SQLite's URI, with every character of the path kept.
func (f file) address() string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(f.path), RawQuery: "_error_rc=1"}
	return u.String()
}

// parts are the files that SQLite makes.
func (f file) parts() []string {
	return []string{f.path, f.path + "-journal", f.path + "-wal", f.path + "-shm"}
}

// size is what they take.
func (f file) size() (int64, error) {
	var bytes int64
	for _, p := range f.parts() {
		st, err := os.Stat(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		bytes += st.Size()
	}
	return bytes, nil
}

func (f file) remove() error {
	var errs []error
	for _, p := range f.parts() {
		if err := os.Remove(p); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
