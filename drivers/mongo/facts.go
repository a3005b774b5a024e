package mongo

import (
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// monitors is how many connections the Go driver has to a server besides its
// pool: one for heartbeats, one that measures the round trip.
const monitors = 2

// ttlMonitor is how often mongod looks for expired documents, unless its
// parameter ttlMonitorSleepSecs says otherwise.
const ttlMonitor = time.Minute

func facts(cfg drivers.Config) drivers.Facts {
	f := drivers.Facts{
		DefaultLifetime: cfg.Options.Duration("ttl"),
		TouchMissing:    drivers.TouchFails,
		Purge:           purge(cfg),
		Connections:     -1,
		Notes: []drivers.Note{
			{Name: drivers.NoteExpiry, Text: "a read compares the expires field with the client's clock, whether or not the document was removed", Source: "connect-mongo 6 get"},
			{Name: drivers.NoteLifetime, Source: "connect-mongo 6 ttl"},
			{Name: drivers.NoteTouch, Source: "connect-mongo 6 touch"},
			{Name: drivers.NoteTouchMissing, Text: "Unable to find the session to touch; express-session still answers 200", Source: "connect-mongo 6 touch, issues #407, #459"},
			{Name: drivers.NoteMiss, Source: "connect-mongo 6 get"},
			{Name: drivers.NoteConnections, Text: fmt.Sprintf("a pool of %s to each server, opened two at a time, and %d to watch it; callers queue for ever. The official driver does not tell how long one call queued, so there is no pool_wait", size(poolSize(cfg)), monitors), Source: "mongodb 7 maxPoolSize, maxConnecting; go.mongodb.org/mongo-driver/v2 event.PoolEvent"},
			{Name: "value", Text: "session is a string, not a document (connect-mongo's stringify, its default)", Source: "connect-mongo 6"},
			{Name: "server down", Text: "a call waits 30 s for a server that accepts it, then fails", Source: "serverSelectionTimeoutMS of mongodb 7 and of the Go driver"},
		},
	}
	if n := poolSize(cfg); n > 0 {
		f.Connections = n + monitors
	}
	f.Notes = append(f.Notes, mode(cfg), removal(cfg))
	if after := cfg.Options.Duration("touch_after"); after > 0 {
		f.TouchLazy = true
		f.Notes = append(f.Notes, drivers.Note{Name: "touch_after", Text: fmt.Sprintf("a touch sends nothing while the last write is younger than %s, so a session ends up to that much early", after), Source: "connect-mongo 6 touchAfter, issue #199"})
	}
	return f
}

func size(n int) string {
	if n == 0 {
		return "any size"
	}
	return fmt.Sprint(n)
}

func purge(cfg drivers.Config) drivers.Purge {
	switch cfg.Options.Text("autoremove") {
	case removeNative:
		return drivers.Purge{By: "server", Every: ttlMonitor}
	case removeInterval:
		return drivers.Purge{By: "timer", Every: cfg.Options.Duration("autoremove_interval")}
	}
	return drivers.Purge{By: "never"}
}

func mode(cfg drivers.Config) drivers.Note {
	if cfg.Client == drivers.Native {
		return drivers.Note{Name: "native", Text: "get asks for the _id alone and compares expires itself, set replaces the document, nothing is retried; connect-mongo reads and writes the same documents", Source: "go.mongodb.org/mongo-driver/v2"}
	}
	return drivers.Note{Name: "retries", Text: "a call that loses its connection is tried once more (writes: on replica sets only), and a connection that can't be opened twice more; a set that is refused as a duplicate, as another made the session at that moment, is sent again, where connect-mongo hands the error on (mongod 4.2 and later repeats it by itself, FerretDB does not)", Source: "retryReads, retryWrites and execute_operation.js of mongodb 7"}
}

func removal(cfg drivers.Config) drivers.Note {
	switch cfg.Options.Text("autoremove") {
	case removeNative:
		return drivers.Note{Name: drivers.NotePurge, Text: "its TTL index; FerretDB 1 has none", Source: "connect-mongo 6 autoRemove native"}
	case removeInterval:
		return drivers.Note{Name: drivers.NotePurge, Text: "one delete of everything expired; it is sent with w:1, so that its time and count are known, where connect-mongo sends it with w:0", Source: "connect-mongo 6 autoRemove interval"}
	}
	return drivers.Note{Name: drivers.NotePurge, Source: "connect-mongo 6 autoRemove disabled"}
}
