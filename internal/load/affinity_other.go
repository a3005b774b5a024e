//go:build !linux

package load

// affinity tells of each processor whether this process may run on it.
func affinity() func(processor int) bool {
	return func(int) bool { return true }
}
