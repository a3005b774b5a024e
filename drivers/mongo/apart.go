package mongo

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var _ drivers.Stored = (*driver)(nil)

// apart is a client apart from that of the calls, made when it is first used: what it
// asks waits for no connection of their pool, and none of theirs is taken for it.
type apart struct {
	opts options.ClientOptions
	open atomic.Int64 // connections, also the one that watches each server

	mu     sync.Mutex
	client *mongo.Client // nil until it is used
	closed bool
}

// newApart takes what the calls' client was set up with.
func newApart(opts *options.ClientOptions) *apart {
	a := &apart{opts: *opts}
	a.opts.Monitor, a.opts.PoolMonitor, a.opts.ServerMonitor = nil, nil, nil
	a.opts.SetMinPoolSize(0).SetMaxPoolSize(1).SetServerMonitoringMode(options.ServerMonitoringModePoll).SetDialer(a)
	return a
}

func (a *apart) database(name string, opts ...options.Lister[options.DatabaseOptions]) (*mongo.Database, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, drivers.ErrClosed
	}
	if a.client == nil {
		client, err := mongo.Connect(&a.opts)
		if err != nil {
			return nil, err
		}
		a.client = client
	}
	return a.client.Database(name, opts...), nil
}

// DialContext implements options.ContextDialer.
func (a *apart) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	a.open.Add(1)
	return &counted{Conn: conn, open: &a.open}, nil
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

func (a *apart) close(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.client == nil {
		return nil
	}
	return a.client.Disconnect(ctx)
}
