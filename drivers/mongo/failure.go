package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// connections counts a pool's connections: only a wait for a full one is
// exhaustion, others wait for a connection that is being opened.
type connections struct {
	open atomic.Int64
	most int64 // 0: no limit
}

func (c *connections) count(e *event.PoolEvent) {
	switch e.Type {
	case event.ConnectionCreated:
		c.open.Add(1)
	case event.ConnectionClosed:
		c.open.Add(-1)
	}
}

// Connections implements drivers.Connected. Those of the calls' client that watch the
// servers are not counted, as their number stays the same.
func (d *driver) Connections() int { return int(d.connections.open.Load() + d.apart.open.Load()) }

func (c *connections) exhausted() bool { return c.most > 0 && c.open.Load() >= c.most }

// codes are the classes of the server's error codes, from mongod's
// error_codes.yml.
var codes = map[int]drivers.Class{
	11:    drivers.ClassAuth,        // UserNotFound
	13:    drivers.ClassAuth,        // Unauthorized
	18:    drivers.ClassAuth,        // AuthenticationFailed
	8000:  drivers.ClassAuth,        // AtlasError
	24:    drivers.ClassBusy,        // LockTimeout
	46:    drivers.ClassBusy,        // LockBusy
	112:   drivers.ClassBusy,        // WriteConflict
	50:    drivers.ClassTimeout,     // MaxTimeMSExpired
	64:    drivers.ClassTimeout,     // WriteConcernTimeout
	89:    drivers.ClassTimeout,     // NetworkTimeout
	202:   drivers.ClassTimeout,     // NetworkInterfaceExceededTimeLimit
	262:   drivers.ClassTimeout,     // ExceededTimeLimit
	146:   drivers.ClassOutOfMemory, // ExceededMemoryLimit
	14031: drivers.ClassOutOfMemory, // OutOfDiskSpace
	189:   drivers.ClassReadOnly,    // PrimarySteppedDown
	10058: drivers.ClassReadOnly,    // LegacyNotPrimary
	10107: drivers.ClassReadOnly,    // NotWritablePrimary
	13435: drivers.ClassReadOnly,    // NotPrimaryNoSecondaryOk
	13436: drivers.ClassReadOnly,    // NotPrimaryOrSecondary
}

// failed says what failed and why, in one class. A nil err stays nil, and so
// does the want of a document, which callers tell apart.
func (d *driver) failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil, errors.Is(err, mongo.ErrNoDocuments):
		return err
	case d.closed.Load():
		return fmt.Errorf("%s: %w", doing, drivers.ErrClosed)
	}
	return fmt.Errorf("%s: %w", doing, d.cause(ctx, err))
}

// cause classes what the official driver gave, and shortens what it wraps.
func (d *driver) cause(ctx context.Context, err error) error {
	var selection topology.ServerSelectionError
	var queue topology.WaitQueueTimeoutError
	var refusal mongo.ServerError
	var lost unreachable
	switch {
	case errors.As(context.Cause(ctx), &lost):
		return lost
	case errors.Is(ctx.Err(), context.Canceled):
		return drivers.Ended(ctx)
	case errors.As(err, &selection):
		return noServer(ctx, selection)
	case errors.As(err, &queue) && d.connections.exhausted():
		text := fmt.Sprintf("all %d connections of the pool are in use", d.connections.most)
		return drivers.WithClass(drivers.ClassPoolExhausted, short{text, ended(ctx)})
	case ctx.Err() != nil:
		return drivers.Ended(ctx)
	case mongo.IsTimeout(err):
		return drivers.WithClass(drivers.ClassTimeout, fmt.Errorf("%w: %w", context.DeadlineExceeded, err))
	case errors.As(err, &refusal) && code(refusal) != "":
		return drivers.WithClass(code(refusal), shortened(err))
	case mongo.IsNetworkError(err) && drivers.Classify(err) == drivers.ClassOther:
		return drivers.WithClass(drivers.ClassReset, err)
	}
	return err
}

func code(refusal mongo.ServerError) drivers.Class {
	for _, c := range refusal.ErrorCodes() {
		if class, known := codes[c]; known {
			return class
		}
	}
	return ""
}

// shortened leaves out what the official driver was doing when a command was
// refused: the handshake of a connection, the mechanism.
func shortened(err error) error {
	var command mongo.CommandError
	if !errors.As(err, &command) || command.Message == "" {
		return err
	}
	message := strings.Join(strings.Fields(command.Message), " ") // in one line
	text := fmt.Sprintf("%s (code %d)", message, command.Code)
	if command.Name != "" {
		text = command.Name + ": " + text
	}
	return short{text, err}
}

// noServer explains why no server could be chosen by what the servers' monitors
// saw last.
func noServer(ctx context.Context, e topology.ServerSelectionError) error {
	for _, server := range e.Desc.Servers {
		if server.LastError == nil {
			continue
		}
		class := drivers.Classify(server.LastError)
		if class != drivers.ClassRefused && class != drivers.ClassTooManyOpenFiles {
			class = drivers.ClassTimeout
		}
		cause := errors.Join(ended(ctx), server.LastError)
		return drivers.WithClass(class, short{"no server answers: " + server.LastError.Error(), cause})
	}
	for _, server := range e.Desc.Servers {
		if server.Kind == description.ServerKindRSSecondary {
			return drivers.WithClass(drivers.ClassTimeout, short{errNoPrimary.Error(), errors.Join(errNoPrimary, ended(ctx))})
		}
	}
	return drivers.WithClass(drivers.ClassTimeout, short{"no server that takes this call: " + ended(ctx).Error(), ended(ctx)})
}

var errNoPrimary = errors.New("no primary was found in time, only a secondary")

// ended is what ended a call: its context, or a timeout of the official driver.
func ended(ctx context.Context) error {
	if err := drivers.Ended(ctx); err != nil {
		return err
	}
	return context.DeadlineExceeded
}

// short is an error with a text of its own.
type short struct {
	text string
	err  error
}

func (e short) Error() string { return e.text }
func (e short) Unwrap() error { return e.err }
