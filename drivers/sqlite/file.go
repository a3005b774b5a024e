package sqlite

import (
	"context"
	"database/sql"
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
	marked  bool   // by an earlier run of bench, which created it
	empty   bool   // before Open: nothing in it to respect
}

// madeByBench is the application id in the header of a file that bench created, by
// which a later run knows it: "benc".
const madeByBench = 0x62656e63

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

// create makes the file with the mark in it, at once: a run that is killed in
// between leaves a draft, which the next one replaces.
func (f file) create(ctx context.Context) error {
	draft := file{path: f.path + ".made-by-bench"}
	err := draft.remove()
	if err == nil {
		err = draft.aside(ctx, fmt.Sprintf("PRAGMA application_id = %d", madeByBench))
	}
	if err == nil {
		err = os.Link(draft.path, f.path) // never over a file that is there by now
	}
	return errors.Join(err, draft.remove())
}

// aside runs a statement that connect-sqlite3 does not know on a connection of
// its own.
func (f file) aside(ctx context.Context, statement string) error {
	db, err := sql.Open(engine, f.address())
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
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
		if _, err := os.Lstat(p); errors.Is(err, os.ErrNotExist) {
			continue // where nothing may be removed, no error says that nothing is there
		}
		if err := os.Remove(p); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
