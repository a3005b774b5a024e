package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// driver speaks to one collection of sessions.
type driver struct {
	client   *mongo.Client
	opts     *options.ClientOptions
	sessions *mongo.Collection // with the URL's write concern

	// For what is not measured: w:1 even if the URL says w:0, under which the
	// official driver awaits no answer at all, not even a read command's.
	admin, db *mongo.Database
	bulk      *mongo.Collection

	native     bool
	ttl        time.Duration
	touchAfter time.Duration
	modified   modifications
	created    bool // by Open, so that Drop may remove it
	marked     bool // by an earlier run: beside the collection is the mark

	apart       *apart
	connections connections
	closed      atomic.Bool
}

func newDriver(cfg drivers.Config, opts *options.ClientOptions) *driver {
	d := &driver{
		opts:       opts,
		native:     cfg.Client == drivers.Native,
		ttl:        cfg.Options.Duration("ttl"),
		touchAfter: cfg.Options.Duration("touch_after"),
	}
	if opts.MaxPoolSize != nil {
		d.connections.most = int64(*opts.MaxPoolSize)
	}
	return d
}

// Get reads a live session. Express lets the server leave out an expired one,
// native compares its end itself.
func (d *driver) Get(ctx context.Context, id string) (drivers.Record, error) {
	doing := "get session " + id
	now := bson.NewDateTimeFromTime(time.Now())
	filter := byID(id)
	if !d.native {
		filter = liveByID(id, now)
	}
	var doc bson.Raw
	err := d.call(ctx, doing, func(ctx context.Context) (err error) {
		doc, err = d.sessions.FindOne(ctx, filter).Raw()
		return err
	})
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && d.native && expired(doc, now) {
		d.modified.forget(id)
		return drivers.Record{}, fmt.Errorf("%s: %w", doing, drivers.ErrNotFound)
	}
	if err != nil {
		return drivers.Record{}, err
	}
	value, ok := doc.Lookup("session").StringValueOK()
	if !ok {
		return drivers.Record{}, fmt.Errorf("%s: its session is no string: connect-mongo's stringify:false and crypto are not read", doing)
	}
	if d.touchAfter > 0 {
		d.modified.note(id, doc)
	}
	return drivers.Record{ID: id, Value: []byte(value)}, nil
}

func expired(doc bson.Raw, now bson.DateTime) bool {
	end, ok := doc.Lookup("expires").DateTimeOK()
	return ok && end <= int64(now)
}

// upserts is how often a set is sent at most.
const upserts = 5

// Set overwrites a session or makes it. Two sets of a new session can both find
// it missing; the one that comes second is refused as a duplicate and sent
// again. mongod mostly does that by itself (SERVER-37124, since 4.2), FerretDB does
// not.
func (d *driver) Set(ctx context.Context, r drivers.Record) error {
	now := time.Now()
	session, expires, modified := string(r.Value), d.end(r.Cookie, now), d.modification(now)
	send := func(ctx context.Context) error {
		_, err := d.sessions.UpdateOne(ctx, byID(r.ID), overwrite(r.ID, session, expires, modified), options.UpdateOne().SetUpsert(true))
		return err
	}
	if d.native {
		send = func(ctx context.Context) error {
			_, err := d.sessions.ReplaceOne(ctx, byID(r.ID), stored(r.ID, session, expires, modified), options.Replace().SetUpsert(true))
			return err
		}
	}
	return d.call(ctx, "set session "+r.ID, func(ctx context.Context) (err error) {
		for range upserts {
			if err = send(ctx); !mongo.IsDuplicateKeyError(err) {
				break
			}
		}
		return err
	})
}

// Touch writes the session's end alone. With touch_after it does nothing while
// the last write that this session's latest get saw is young, as connect-mongo
// decides by the lastModified that its get left in the session.
func (d *driver) Touch(ctx context.Context, r drivers.Record) error {
	doing := "touch session " + r.ID
	now := time.Now()
	var modified any
	if last, known := d.modified.of(r.ID); known {
		if now.Sub(last) < d.touchAfter {
			return d.usable(ctx, doing)
		}
		modified = d.modification(now)
	}
	var result *mongo.UpdateResult
	err := d.call(ctx, doing, func(ctx context.Context) (err error) {
		result, err = d.sessions.UpdateOne(ctx, byID(r.ID), extend(d.end(r.Cookie, now), modified))
		return err
	})
	if err == nil && result.Acknowledged && result.MatchedCount == 0 {
		return fmt.Errorf("%s: Unable to find the session to touch: %w", doing, drivers.ErrNotFound)
	}
	return err
}

// Destroy removes a session.
func (d *driver) Destroy(ctx context.Context, id string) error {
	d.modified.forget(id)
	return d.call(ctx, "destroy session "+id, func(ctx context.Context) error {
		_, err := d.sessions.DeleteOne(ctx, byID(id))
		return err
	})
}

// end is when a session with this cookie ends, in whole milliseconds.
func (d *driver) end(c drivers.Cookie, now time.Time) bson.DateTime {
	if c.Expires.IsZero() {
		return bson.NewDateTimeFromTime(now.Add(d.ttl))
	}
	return bson.NewDateTimeFromTime(c.Expires)
}

// modification is the value of lastModified, or nil when touch_after is off.
func (d *driver) modification(now time.Time) any {
	if d.touchAfter == 0 {
		return nil
	}
	return bson.NewDateTimeFromTime(now)
}

// call runs one call. An express one hides its deadline from the official
// driver, which would send it along as maxTimeMS; connect-mongo sends none.
func (d *driver) call(ctx context.Context, doing string, do func(context.Context) error) error {
	if err := d.usable(ctx, doing); err != nil {
		return err
	}
	inner := ctx
	if !d.native {
		var release func()
		inner, release = withoutDeadline(ctx)
		defer release()
	}
	return d.failed(ctx, doing, do(inner))
}

// usable tells why a call can't be made at all.
func (d *driver) usable(ctx context.Context, doing string) error {
	if d.closed.Load() {
		return fmt.Errorf("%s: %w", doing, drivers.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// withoutDeadline returns a context that ends with ctx, by cancellation, and
// shows no deadline. The official driver drops the one connection of a cancelled
// call; a plain failure of it would make it drop the whole pool.
func withoutDeadline(ctx context.Context) (context.Context, func()) {
	if _, has := ctx.Deadline(); !has {
		return ctx, func() {}
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	return inner, func() { stop(); cancel() }
}

// closeGrace is how long Close lets calls in flight finish.
const closeGrace = time.Second

// Close ends the clients' connections.
func (d *driver) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if err := errors.Join(d.apart.close(ctx), d.client.Disconnect(ctx)); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("close the connections to MongoDB: %w", err)
	}
	return nil
}
