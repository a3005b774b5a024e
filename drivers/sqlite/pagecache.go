package sqlite

import (
	_ "unsafe" // for go:linkname

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The engine is built with SQLITE_ENABLE_MEMORY_MANAGEMENT, so that the page caches of
// all connections of a process are one. Of two files whose pages don't fit into it, one
// soon has most of it and the other next to nothing: the same traffic took 11 % longer on
// the one without synchronous, and 2 % with it, as long as both were open. Elsewhere, as
// in sqlite3 of npm, each connection has a cache of its own, and so it has here.
//
// modernc.org/sqlite/pcache would do that too, without reaching into the engine, at 8 to
// 25 % of processor time for each call.
func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	sqlite3.Xsqlite3_initialize(tls) // which chooses one for all
	pageCaches.FseparateCache = 1
}

//go:linkname pageCaches modernc.org/sqlite/lib._pcache1_g
var pageCaches sqlite3.TPCacheGlobal
