package file

import "golang.org/x/sys/unix"

// fsync asks the drive too, as Node does: fsync(2) of macOS leaves the data in
// the drive's cache.
func fsync(fd int, path string) error {
	return failed("fsync", path, again(func() error {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0)
		return err
	}))
}
