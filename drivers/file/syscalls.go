package file

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
	"time"
)

// The functions below are single system calls, with EINTR handled and the error
// saying what was done to which path.

func failed(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func openFile(path string, flags int, mode uint32) (fd int, err error) {
	err = again(func() (err error) {
		fd, err = syscall.Open(path, flags|syscall.O_CLOEXEC, mode)
		return err
	})
	return fd, failed("open", path, err)
}

func fstat(fd int, path string) (st syscall.Stat_t, err error) {
	err = again(func() error { return syscall.Fstat(fd, &st) })
	return st, failed("fstat", path, err)
}

func lstat(path string) (st syscall.Stat_t, err error) {
	err = again(func() error { return syscall.Lstat(path, &st) })
	return st, failed("lstat", path, err)
}

func stat(path string) (st syscall.Stat_t, err error) {
	err = again(func() error { return syscall.Stat(path, &st) })
	return st, failed("stat", path, err)
}

// readSteps are readFile's.
var readSteps = []string{"open FILE", "fstat", "read", "close"}

// readFile reads a whole file. A file is never changed once it has its name, so
// one read of its size has all of it.
func readFile(path string) (data []byte, st syscall.Stat_t, err error) {
	fd, err := openFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, st, err
	}
	defer syscall.Close(fd)
	if st, err = fstat(fd, path); err != nil {
		return nil, st, err
	}
	data = make([]byte, st.Size)
	for have := 0; have < len(data); {
		var n int
		err := again(func() (err error) {
			n, err = syscall.Read(fd, data[have:])
			return err
		})
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, st, failed("read", path, err)
		}
		have += n
	}
	return data, st, nil
}

func writeAll(fd int, path string, data []byte) error {
	for written := 0; written < len(data); {
		err := again(func() error {
			n, err := syscall.Pwrite(fd, data[written:], int64(written))
			written += max(n, 0)
			return err
		})
		if err != nil {
			return failed("write", path, err)
		}
	}
	return nil
}

// closeFile does not try again after EINTR: the descriptor is gone by then.
func closeFile(fd int, path string) error {
	err := syscall.Close(fd)
	if errors.Is(err, syscall.EINTR) {
		return nil
	}
	return failed("close", path, err)
}

func rename(from, to string) error {
	return failed("rename", from, again(func() error { return syscall.Rename(from, to) }))
}

func unlink(path string) error {
	return failed("unlink", path, again(func() error { return syscall.Unlink(path) }))
}

// setModified sets the modification time, and the time of access with it.
func setModified(path string, t time.Time) error {
	ts := syscall.NsecToTimespec(t.UnixNano())
	return failed("utimensat", path, again(func() error { return syscall.UtimesNano(path, []syscall.Timespec{ts, ts}) }))
}

func missing(err error) bool { return errors.Is(err, syscall.ENOENT) }
