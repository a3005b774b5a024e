package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"time"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A batch is what one bulk command carries. It stays below the 48 MB of a
// message, so that the official driver does not split it.
const (
	batchSessions = 1000
	batchBytes    = 16 << 20
)

// Load stores sessions by unordered inserts, and overwrites those that are
// there already.
func (d *driver) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	var batch []bson.D
	var size int
	flush := func() error {
		err := d.call(ctx, fmt.Sprintf("load %d sessions", len(batch)), func(ctx context.Context) error {
			return d.insert(ctx, batch)
		})
		batch, size = batch[:0], 0
		return err
	}
	for r := range records {
		now := time.Now()
		batch = append(batch, stored(r.ID, string(r.Value), d.end(r.Cookie, now), d.modification(now)))
		if size += len(r.Value); len(batch) < batchSessions && size < batchBytes {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	if len(batch) == 0 {
		return d.usable(ctx, "load sessions")
	}
	return flush()
}

const duplicateKey = 11000

// insert stores documents that are new, which is several times as fast as an
// upsert, and replaces the others.
func (d *driver) insert(ctx context.Context, batch []bson.D) error {
	_, err := d.bulk.InsertMany(ctx, batch, options.InsertMany().SetOrdered(false))
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return err
	}
	var there []mongo.WriteModel
	for _, failure := range bulk.WriteErrors {
		if failure.Code != duplicateKey {
			return err
		}
		doc := batch[failure.Index]
		there = append(there, mongo.NewReplaceOneModel().SetFilter(byID(doc[0].Value)).SetReplacement(doc).SetUpsert(true))
	}
	_, err = d.bulk.BulkWrite(ctx, there, options.BulkWrite().SetOrdered(false))
	return err
}

// Remove destroys sessions by their ids.
func (d *driver) Remove(ctx context.Context, ids iter.Seq[string]) error {
	var batch bson.A
	for id := range ids {
		d.modified.forget(id)
		if batch = append(batch, id); len(batch) < batchSessions {
			continue
		}
		if _, err := d.delete(ctx, fmt.Sprintf("remove %d sessions", len(batch)), anyOf(batch)); err != nil {
			return err
		}
		batch = batch[:0]
	}
	if len(batch) == 0 {
		return d.usable(ctx, "remove sessions")
	}
	_, err := d.delete(ctx, fmt.Sprintf("remove %d sessions", len(batch)), anyOf(batch))
	return err
}

func anyOf(ids bson.A) bson.D { return byID(bson.D{{Key: "$in", Value: ids}}) }

// Clean removes our sessions whose id starts with idPrefix.
func (d *driver) Clean(ctx context.Context, idPrefix string, ours func(id string) bool) (removed int64, err error) {
	ids, err := d.list(ctx, idPrefix)
	if err != nil {
		return 0, err
	}
	ids = slices.DeleteFunc(ids, func(id any) bool { return !ours(id.(string)) })
	for some := range slices.Chunk(ids, batchSessions) {
		n, err := d.delete(ctx, "remove sessions "+idPrefix+"*", anyOf(some))
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// list gives the ids that start with idPrefix, which are strings.
func (d *driver) list(ctx context.Context, idPrefix string) (ids bson.A, err error) {
	starts := byID(bson.Regex{Pattern: "^" + regexp.QuoteMeta(idPrefix)})
	err = d.call(ctx, "list sessions "+idPrefix+"*", func(ctx context.Context) error {
		found, err := d.bulk.Find(ctx, starts, options.Find().SetProjection(byID(1)))
		if err != nil {
			return err
		}
		defer found.Close(ctx)
		for found.Next(ctx) {
			ids = append(ids, found.Current.Lookup("_id").StringValue())
		}
		return found.Err()
	})
	return ids, err
}

func (d *driver) delete(ctx context.Context, doing string, filter bson.D) (removed int64, err error) {
	err = d.call(ctx, doing, func(ctx context.Context) error {
		result, err := d.bulk.DeleteMany(ctx, filter)
		if err != nil {
			return err
		}
		removed = result.DeletedCount
		return nil
	})
	return removed, err
}

// Count counts all sessions, expired ones included, as connect-mongo's length.
func (d *driver) Count(ctx context.Context) (n int64, err error) {
	err = d.call(ctx, "count sessions", func(ctx context.Context) (err error) {
		n, err = d.sessions.CountDocuments(ctx, bson.D{})
		return err
	})
	return n, err
}

// Drop removes the collection when Open created it, and one that an earlier run
// created when it is empty.
func (d *driver) Drop(ctx context.Context) error {
	if !d.created {
		n, err := d.Count(ctx)
		if err != nil || n > 0 || !d.marked {
			return err
		}
	}
	err := d.call(ctx, "drop collection "+d.sessions.Name(), func(ctx context.Context) error { return d.bulk.Drop(ctx) })
	if err != nil {
		return err
	}
	return d.unmark(ctx)
}

// pruning is a driver with autoremove=interval.
type pruning struct{ *driver }

// Prune is what connect-mongo's timer does: one delete of all that is expired. It
// removes nothing from a collection that was there before Open: the documents are
// somebody else's.
func (p pruning) Prune(ctx context.Context) (int64, error) {
	if !p.created {
		return 0, p.usable(ctx, "remove expired sessions")
	}
	return p.delete(ctx, "remove expired sessions", expiredBefore(bson.NewDateTimeFromTime(time.Now())))
}
