package containers

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the file's lock without waiting. The system gives it back when
// the process ends, however it ends.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
}

// ownedByUs: the temporary folder of Windows is each user's own.
func ownedByUs(os.FileInfo) bool { return true }
