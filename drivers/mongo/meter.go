package mongo

import (
	"context"
	"time"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Meter reads the server's counters and the collection's size. AllCalls counts
// all finds, updates and deletes of the server: it can't tell a set from a
// touch, which are both updates. What the server refuses to tell is nil.
func (d *driver) Meter(ctx context.Context) (drivers.Reading, error) {
	var r drivers.Reading
	status, err := d.ask(ctx, d.admin, bson.D{{Key: "serverStatus", Value: 1}})
	if err != nil {
		return r, err
	}
	if r.Storage, err = d.storage(ctx, d.db); err != nil {
		return r, err
	}
	r.AllCalls = calls(status)
	r.Connections = integer(status, "connections", "current")
	return r, nil
}

// Stored reads the collection's size on a connection of its own.
func (d *driver) Stored(ctx context.Context) (drivers.Storage, error) {
	const doing = "read what the sessions take"
	if err := d.usable(ctx, doing); err != nil {
		return drivers.Storage{}, err
	}
	db, err := d.apart.database(d.db.Name(), answered())
	if err != nil {
		return drivers.Storage{}, d.failed(ctx, doing, err)
	}
	return d.storage(ctx, db)
}

func (d *driver) storage(ctx context.Context, db *mongo.Database) (s drivers.Storage, err error) {
	stats, err := d.ask(ctx, db, bson.D{{Key: "collStats", Value: d.sessions.Name()}})
	if err != nil {
		return s, err
	}
	// The command count, since an aggregation would count as one of our finds
	// (from MongoDB 7.1 on).
	over, err := d.ask(ctx, db, bson.D{
		{Key: "count", Value: d.sessions.Name()},
		{Key: "query", Value: expiredBefore(bson.NewDateTimeFromTime(time.Now()))},
	})
	if err != nil {
		return s, err
	}
	if data, indexes := integer(stats, "storageSize"), integer(stats, "totalIndexSize"); data != nil && indexes != nil {
		bytes := *data + *indexes
		s.Bytes = &bytes
	}
	s.ExpiredPresent = integer(over, "n")
	return s, nil
}

// calls sums the session calls: mongod's opcounters or, from a server that has
// none (FerretDB), its counters by command, where one without calls is missing.
func calls(status bson.Raw) *int64 {
	var sum int64
	if _, err := status.LookupErr("opcounters"); err == nil {
		for _, name := range []string{"query", "update", "delete"} {
			n := integer(status, "opcounters", name)
			if n == nil {
				return nil
			}
			sum += *n
		}
		return &sum
	}
	if _, err := status.LookupErr("metrics", "commands"); err != nil {
		return nil
	}
	for _, name := range []string{"find", "update", "delete"} {
		if n := integer(status, "metrics", "commands", name, "total"); n != nil {
			sum += *n
		}
	}
	return &sum
}

func integer(doc bson.Raw, path ...string) *int64 {
	n, ok := lookup(doc, path...).AsInt64OK()
	if !ok {
		return nil
	}
	return &n
}
