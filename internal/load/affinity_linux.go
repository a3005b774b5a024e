package load

import (
	"os"

	"golang.org/x/sys/unix"
)

// affinity tells of each processor whether this process may run on it.
func affinity() func(processor int) bool {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		return func(int) bool { return true }
	}
	return set.IsSet
}
