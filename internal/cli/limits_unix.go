//go:build unix

package cli

import "golang.org/x/sys/unix"

// fileLimits are this process's limits of open file descriptors.
func fileLimits() (soft, hard uint64) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0, 0
	}
	return uint64(l.Cur), uint64(l.Max)
}
