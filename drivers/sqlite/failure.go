package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sessionbench/bench/drivers"
	"modernc.org/sqlite"
)

// SQLite's result codes (https://www.sqlite.org/rescode.html); the low byte of
// an extended code is its primary one.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeNoMemory = 7
	codeReadOnly = 8
	codeFull     = 13
	codeCantOpen = 14

	primary        = 0xff
	codeIONoMemory = 10 | 12<<8
)

// failure classes what SQLite says. A statement that was interrupted failed
// because of its context.
func (d *driver) failure(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, drivers.ErrNotFound) {
		if errors.Is(err, ended) {
			return err
		}
		return fmt.Errorf("%w: %w", ended, err)
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code() & primary {
	case codeBusy, codeLocked:
		return drivers.WithClass(drivers.ClassBusy, err)
	case codeReadOnly:
		return drivers.WithClass(drivers.ClassReadOnly, err)
	case codeFull, codeNoMemory:
		return drivers.WithClass(drivers.ClassOutOfMemory, err)
	case codeCantOpen:
		return d.file.whyNotOpened(err)
	}
	if failed.Code() == codeIONoMemory {
		return drivers.WithClass(drivers.ClassOutOfMemory, err)
	}
	return err
}

// whyNotOpened makes a file beside the database, since SQLite does not tell why it
// could not open that or its journal. The database itself must not be tried:
// closing it would drop the locks that SQLite holds on it.
func (f file) whyNotOpened(err error) error {
	probe, why := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+"-probe")
	if why != nil {
		return fmt.Errorf("%w: %w", err, why)
	}
	if why := errors.Join(probe.Close(), os.Remove(probe.Name())); why != nil {
		return fmt.Errorf("%w: %w", err, why)
	}
	return err
}
