package redis

import (
	"errors"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

// errorReplies gives the class of an error reply by how it starts. What is not
// here (MOVED, WRONGTYPE, …) is other.
var errorReplies = []struct {
	start string
	class drivers.Class
}{
	{"NOAUTH", drivers.ClassAuth},
	{"WRONGPASS", drivers.ClassAuth},
	{"NOPERM", drivers.ClassAuth},
	{"ERR invalid password", drivers.ClassAuth},                   // before Redis 6
	{"ERR Client sent AUTH, but no password", drivers.ClassAuth},  // before Redis 6
	{"ERR AUTH <password> called without any", drivers.ClassAuth}, // the same since
	{tooManyClients, drivers.ClassPoolExhausted},                  // maxclients
	{"ERR max number of client", drivers.ClassPoolExhausted},      // of services that spell it so
	{"OOM", drivers.ClassOutOfMemory},                             // maxmemory with noeviction
	{"READONLY", drivers.ClassReadOnly},                           // a replica
	{"MISCONF", drivers.ClassReadOnly},                            // writes stopped: snapshots fail
	{"LOADING", drivers.ClassBusy},                                // reading its data at start
	{"BUSY", drivers.ClassBusy},                                   // a script runs
	{"MASTERDOWN", drivers.ClassBusy},                             // a replica without its master
	{"TRYAGAIN", drivers.ClassBusy},                               // slots on the move
	{"CLUSTERDOWN", drivers.ClassBusy},                            // a cluster in failover
}

// classify marks an error reply, and what only go-redis's pool knows, with its
// class. Errors of the network are left to drivers.Classify.
func classify(err error) error {
	if errors.Is(err, goredis.ErrPoolTimeout) || errors.Is(err, goredis.ErrPoolExhausted) {
		return drivers.WithClass(drivers.ClassPoolExhausted, err)
	}
	text, replied := errorReply(err)
	if !replied {
		return err
	}
	for _, r := range errorReplies {
		if strings.HasPrefix(text, r.start) {
			return drivers.WithClass(r.class, err)
		}
	}
	return err
}
