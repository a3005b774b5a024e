// Package smallfile reads files that a person named, which may turn out to be
// anything: a disk's image, a device without an end, a pipe that nobody writes to.
package smallfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// ErrTooLarge is the cause of Read's error when a file has more bytes than its
// reader takes.
var ErrTooLarge = errors.New("too large")

// patience is how long a pipe or a terminal may take to give all that it has.
const patience = 10 * time.Second

// Read gives what is in a file of at most so many bytes. Of a larger one it reads
// no more than those, and of one whose size is known nothing. Errors name the file.
func Read(path string, most int64) ([]byte, error) { return read(path, most, patience) }

// read waits for a file no longer than it is told. Opening a pipe waits for its
// writer and can't be called off, so that it is left behind.
func read(path string, most int64, wait time.Duration) ([]byte, error) {
	type content struct {
		text []byte
		err  error
	}
	done := make(chan content, 1)
	go func() {
		text, err := readAll(path, most)
		done <- content{text, err}
	}()
	select {
	case c := <-done:
		return c.text, c.err
	case <-time.After(wait):
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("its end did not come within %s", wait)}
	}
}

func readAll(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tooLarge := &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
	if about, err := f.Stat(); err == nil && about.Mode().IsRegular() && about.Size() > most {
		return nil, tooLarge
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = tooLarge
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}
