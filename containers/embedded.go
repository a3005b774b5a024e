package containers

import "path/filepath"

// The stores that run in process. Their files don't exist yet when the driver
// opens them, so that it makes them as the middleware does.
var (
	memoryRecipe = recipe{embed: func(string) string { return "" }}
	fileRecipe   = recipe{durable: true, embed: func(dir string) string { return filepath.Join(dir, "sessions") }}
	sqliteRecipe = recipe{durable: true, embed: func(dir string) string { return filepath.Join(dir, "sessions.db") }}
)
