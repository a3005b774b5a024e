package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
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

// Clean removes the sessions whose id starts with idPrefix.
func (d *driver) Clean(ctx context.Context, idPrefix string) (int64, error) {
	return d.delete(ctx, "remove sessions "+idPrefix+"*", byID(bson.Regex{Pattern: "^" + regexp.QuoteMeta(idPrefix)}))
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

// Drop removes the collection when Open created it.
func (d *driver) Drop(ctx context.Context) error {
	if !d.created {
		return nil
	}
	return d.call(ctx, "drop collection "+d.sessions.Name(), func(ctx context.Context) error { return d.bulk.Drop(ctx) })
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
