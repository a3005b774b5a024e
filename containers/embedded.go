package containers

import (
	"path/filepath"

	"github.com/sessionbench/bench/drivers"
)

// The stores that run in process. Their files don't exist yet when the driver
// opens them, so that it makes them as the middleware does.
var (
	memoryRecipe = recipe{durability: drivers.DurabilityNone, embed: func(string) string { return "" }}
	fileRecipe   = recipe{durability: drivers.DurabilityCommit, embed: func(dir string) string { return filepath.Join(dir, "sessions") }}
	sqliteRecipe = recipe{durability: drivers.DurabilityCommit, embed: func(dir string) string { return filepath.Join(dir, "sessions.db") }}
)
