// Package all registers every store.
package all

import (
	_ "github.com/sessionbench/bench/drivers/file"     // store "file"
	_ "github.com/sessionbench/bench/drivers/memory"   // store "memory"
	_ "github.com/sessionbench/bench/drivers/mongo"    // store "mongo"
	_ "github.com/sessionbench/bench/drivers/postgres" // store "postgres"
	_ "github.com/sessionbench/bench/drivers/redis"    // store "redis"
	_ "github.com/sessionbench/bench/drivers/sqlite"   // store "sqlite"
)
