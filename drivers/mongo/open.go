package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
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
		SetServerMonitor(&event.ServerMonitor{ServerHeartbeatFailed: allRefuse(opts.Hosts, giveUp)})
	if d.client, err = mongo.Connect(opts); err != nil {
		return nil, fmt.Errorf("configure the client: %w", err)
	}
	d.use(database(cfg), cfg.Options.Text("collection"))
	if err := d.provide(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *driver) use(database, collection string) {
	answered := options.Database().SetWriteConcern(writeconcern.W1())
	d.admin = d.client.Database("admin", answered)
	d.db = d.client.Database(database, answered)
	d.bulk = d.db.Collection(collection)
	d.sessions = d.client.Database(database).Collection(collection)
}

// allRefuse gives up as soon as every host has refused a connection. The
// official driver would go on asking until the connect timeout.
func allRefuse(hosts []string, giveUp context.CancelCauseFunc) func(*event.ServerHeartbeatFailedEvent) {
	var lock sync.Mutex
	refused := map[string]bool{}
	return func(e *event.ServerHeartbeatFailedEvent) {
		if !errors.Is(e.Failure, syscall.ECONNREFUSED) {
			return
		}
		lock.Lock()
		defer lock.Unlock()
		host, _, _ := strings.Cut(e.ConnectionID, "[")
		refused[host] = true
		if len(refused) >= len(hosts) {
			giveUp(e.Failure)
		}
	}
}

// provide sees to the collection and its index. Listing collections is also the
// proof that the server answers and accepts the credentials.
func (d *driver) provide(ctx context.Context, cfg drivers.Config) error {
	name := d.sessions.Name()
	found, err := d.db.ListCollectionNames(ctx, byName(name), options.ListCollections().SetNameOnly(true))
	if err != nil {
		return d.failed(ctx, "look for collection "+name, err)
	}
	if slices.Contains(found, name) {
		if !cfg.UseExisting {
			return fmt.Errorf("collection %s of database %s %w: --use-existing works in it", name, d.db.Name(), drivers.ErrExists)
		}
	} else if err := d.db.CreateCollection(ctx, name); err != nil {
		return d.failed(ctx, "create collection "+name, err)
	} else {
		d.created = true
	}
	// In somebody's collection no index of ours lets the server remove documents.
	if cfg.Options.Text("autoremove") != removeNative || !d.created {
		return nil
	}
	if err := d.db.RunCommand(ctx, createTTLIndex(name)).Err(); err != nil {
		err = d.failed(ctx, "create the TTL index of "+name, err)
		if isRefusal(err) {
			err = fmt.Errorf("%w (a server without TTL indexes, such as FerretDB 1, needs --set mongo.autoremove=disabled)", err)
		}
		return errors.Join(err, d.Drop(ctx))
	}
	return nil
}

func byName(name string) bson.D { return bson.D{{Key: "name", Value: name}} }

// isRefusal tells whether the server answered a command with an error.
func isRefusal(err error) bool {
	var refusal mongo.CommandError
	return errors.As(err, &refusal) && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err)
}
