//go:build race

package redis

// raceEnabled says that the race detector allocates too.
const raceEnabled = true
