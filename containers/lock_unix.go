//go:build unix

package containers

import (
	"os"
	"syscall"
)

// lockFile takes the file's lock without waiting. The kernel gives it back when
// the process ends, however it ends.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// ownedByUs tells whether a folder is this user's. What somebody else left is
// not ours to end, and what it records can't be believed.
func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
