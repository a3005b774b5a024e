//go:build !darwin

package file

import "syscall"

func fsync(fd int, path string) error {
	return failed("fsync", path, again(func() error { return syscall.Fsync(fd) }))
}
