package mongo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/address"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

func open(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
	d, err := connect(ctx, cfg, nil)
	if err != nil {
		return nil, err
	}
	if cfg.Options.Text("autoremove") == removeInterval {
		return pruning{d}, nil
	}
	return d, nil
}

// connect opens a driver whose commands commands watches; nil: nobody does.
func connect(ctx context.Context, cfg drivers.Config, commands *event.CommandMonitor) (*driver, error) {
	opts, err := clientOptions(cfg)
	if err != nil {
		return nil, err
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	d := newDriver(cfg, opts)
	opts.SetMonitor(commands).
		SetPoolMonitor(&event.PoolMonitor{Event: d.connections.count}).
		SetServerMonitor(&event.ServerMonitor{ServerHeartbeatFailed: allHopeless(opts.Hosts, giveUp)})
	if d.client, err = mongo.Connect(opts); err != nil {
		return nil, fmt.Errorf("configure the client: %w", err)
	}
	d.apart = newApart(opts)
	d.use(database(cfg), cfg.Options.Text("collection"))
	if err := d.provide(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *driver) use(database, collection string) {
	d.admin = d.client.Database("admin", answered())
	d.db = d.client.Database(database, answered())
	d.bulk = d.db.Collection(collection)
	d.sessions = d.client.Database(database).Collection(collection)
}

func answered() *options.DatabaseOptionsBuilder {
	return options.Database().SetWriteConcern(writeconcern.W1())
}

// allHopeless gives up as soon as every host of the URL has shown that waiting
// won't help. The official driver would go on asking until the connect timeout.
// Other members of a replica set, which a host told of, may be away.
func allHopeless(hosts []string, giveUp context.CancelCauseFunc) func(*event.ServerHeartbeatFailedEvent) {
	var lock sync.Mutex
	hopeful := map[string]bool{}
	for _, host := range hosts {
		hopeful[address.Address(host).String()] = true
	}
	return func(e *event.ServerHeartbeatFailedEvent) {
		host, _, _ := strings.Cut(e.ConnectionID, "[")
		lock.Lock()
		defer lock.Unlock()
		if !hopeful[host] || !hopeless(e.Failure) {
			return
		}
		if delete(hopeful, host); len(hopeful) == 0 {
			giveUp(unreachable{e.Failure})
		}
	}
}

// unreachable is the failure of the last host of which there was hope.
type unreachable struct{ error }

func (u unreachable) Unwrap() error { return u.error }

// hopeless tells a failure that will still be there a moment later: nobody
// listens, the name is unknown, or one side does not like the other's TLS.
func hopeless(err error) bool {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	var alert *net.OpError
	return errors.Is(err, syscall.ECONNREFUSED) ||
		errors.As(err, &name) && name.IsNotFound ||
		errors.As(err, &certificate) || errors.As(err, &plain) ||
		errors.As(err, &alert) && alert.Op == "remote error"
}

// provide sees to the collection and its index. Listing collections is also the
// proof that the server answers and accepts the credentials.
func (d *driver) provide(ctx context.Context, cfg drivers.Config) error {
	name := d.sessions.Name()
	found, err := d.db.ListCollectionNames(ctx, byName(name, markOf(name)), options.ListCollections().SetNameOnly(true))
	if err != nil {
		return d.failed(ctx, "look for collection "+name, err)
	}
	d.marked = slices.Contains(found, markOf(name))
	there := slices.Contains(found, name)
	if !there {
		err = d.make(ctx, name)
	}
	if there || madeMeanwhile(err) {
		err = d.claim(cfg.UseExisting)
	}
	if err != nil {
		return err
	}
	// In somebody's collection no index of ours lets the server remove documents.
	if cfg.Options.Text("autoremove") != removeNative || !d.created {
		return nil
	}
	if err := d.db.RunCommand(ctx, createTTLIndex(name)).Err(); err != nil {
		err = d.failed(ctx, "create the TTL index of "+name, err)
		if isRefusal(err) && drivers.Classify(err) == drivers.ClassOther {
			err = fmt.Errorf("%w (a server without TTL indexes, such as FerretDB 1, needs --set mongo.autoremove=disabled)", err)
		}
		return errors.Join(err, d.Drop(ctx))
	}
	return nil
}

// claim uses a collection that is there, with permission.
func (d *driver) claim(permitted bool) error {
	if permitted {
		return nil
	}
	hint := ""
	if d.marked {
		hint = "bench made it and bench clean removes it, "
	}
	return fmt.Errorf("collection %s of database %s %w: %s--use-existing works in it", d.sessions.Name(), d.db.Name(), drivers.ErrExists, hint)
}

// markOf names an empty collection beside the one that bench made, by which a
// later run knows that.
func markOf(collection string) string { return collection + ".made-by-bench" }

// make creates the mark and the collection.
func (d *driver) make(ctx context.Context, name string) error {
	made := false
	if !d.marked {
		err := d.db.CreateCollection(ctx, markOf(name))
		if err != nil && !isRefusal(err) { // who may not have two has one without a mark
			return d.failed(ctx, "create collection "+markOf(name), err)
		}
		made = err == nil
	}
	if err := d.db.CreateCollection(ctx, name); err != nil {
		err = d.failed(ctx, "create collection "+name, err)
		if made && !madeMeanwhile(err) { // the mark is of the collection, whoever made which
			err = errors.Join(err, d.unmark(ctx))
		}
		return err
	}
	d.created, d.marked = true, true
	return nil
}

// unmark removes the mark; that there is none is no error.
func (d *driver) unmark(ctx context.Context) error {
	name := markOf(d.sessions.Name())
	return d.call(ctx, "drop collection "+name, func(ctx context.Context) error { return d.db.Collection(name).Drop(ctx) })
}

func byName(names ...string) bson.D {
	return bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: names}}}}
}

// madeMeanwhile tells whether somebody else was a moment quicker, such as another
// shard of the same run.
func madeMeanwhile(err error) bool {
	var refusal mongo.CommandError
	return errors.As(err, &refusal) && refusal.Code == namespaceExists
}

// namespaceExists is the code of MongoDB's error_codes.yml.
const namespaceExists = 48

// isRefusal tells whether the server answered a command with an error.
func isRefusal(err error) bool {
	var refusal mongo.CommandError
	return errors.As(err, &refusal) && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err)
}
