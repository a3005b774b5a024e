//go:build !unix

package cli

import "time"

// fileLimits are unknown here.
func fileLimits() (soft, hard uint64) { return 0, 0 }

// processorTime is unknown here.
func processorTime() time.Duration { return 0 }
