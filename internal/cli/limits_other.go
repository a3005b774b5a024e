//go:build !unix

package cli

// fileLimits are unknown here.
func fileLimits() (soft, hard uint64) { return 0, 0 }
