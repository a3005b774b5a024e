package redis

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9/logging"

	"github.com/sessionbench/bench/drivers"
)

// driver does what connect-redis does with its client.
type driver struct {
	client       client
	apart        *apart
	prefix       string
	ttl          int64 // seconds
	disableTouch bool
	disableTTL   bool
	tls          bool
	closed       atomic.Bool
}

func init() {
	logging.Disable() // go-redis prints failures that it returns as well
}

func open(ctx context.Context, cfg drivers.Config) (*driver, error) {
	if err := checkPool(cfg); err != nil {
		return nil, err
	}
	options, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	o := cfg.Options
	d := &driver{
		prefix:       o.Text("prefix"),
		ttl:          int64(o.Int("ttl")),
		disableTouch: o.Bool("disable_touch"),
		disableTTL:   o.Bool("disable_ttl"),
		tls:          options.TLSConfig != nil,
		apart:        newApart(options),
	}
	if cfg.Client == drivers.Native {
		d.client = openPool(options, d.prefix, o.Int("pool_size"))
	} else if d.client, err = openLink(ctx, options, d.prefix); err != nil {
		return nil, d.failed(ctx, "connect", atFirst(err))
	}
	if err := d.client.ping(ctx); err != nil {
		d.client.close()
		return nil, d.failed(ctx, cmdPing, atFirst(err))
	}
	return d, nil
}

func (d *driver) Get(ctx context.Context, id string) (drivers.Record, error) {
	value, err := d.client.get(ctx, id)
	switch {
	case err == nil:
		return drivers.Record{ID: id, Value: value}, nil
	case err == drivers.ErrNotFound:
		return drivers.Record{}, err
	}
	return drivers.Record{}, d.failedKey(ctx, cmdGet, id, err)
}

// Set as connect-redis: a session that is over already is deleted instead.
func (d *driver) Set(ctx context.Context, r drivers.Record) error {
	ttl := d.secondsLeft(r.Cookie, time.Now())
	if ttl <= 0 {
		return d.Destroy(ctx, r.ID)
	}
	return d.failedKey(ctx, cmdSet, r.ID, d.client.set(ctx, r.ID, r.Value, ttl, !d.disableTTL))
}

// Touch as connect-redis: a lifetime below zero is passed on, and the server
// deletes the key.
func (d *driver) Touch(ctx context.Context, r drivers.Record) error {
	if d.disableTouch || d.disableTTL {
		if d.closed.Load() {
			return drivers.ErrClosed
		}
		return ctx.Err()
	}
	return d.failedKey(ctx, cmdExpire, r.ID, d.client.expire(ctx, r.ID, d.secondsLeft(r.Cookie, time.Now())))
}

func (d *driver) Destroy(ctx context.Context, id string) error {
	return d.failedKey(ctx, cmdDel, id, d.client.del(ctx, id))
}

// Connections implements drivers.Connected.
func (d *driver) Connections() int { return d.client.connections() + d.apart.connections() }

func (d *driver) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	d.apart.close()
	return d.client.close()
}

// secondsLeft is connect-redis's getTTL: ceil((expires - now) / 1000), in whole
// milliseconds as JavaScript's dates are.
func (d *driver) secondsLeft(c drivers.Cookie, now time.Time) int64 {
	if c.Expires.IsZero() {
		return d.ttl
	}
	ms := c.Expires.UnixMilli() - now.UnixMilli()
	seconds := ms / 1000
	if ms%1000 > 0 {
		seconds++
	}
	return seconds
}

// failedKey says which command on which key failed; nil stays nil and costs
// nothing.
func (d *driver) failedKey(ctx context.Context, name, id string, err error) error {
	if err == nil {
		return nil
	}
	return d.failed(ctx, name+" "+d.prefix+id, err)
}

// failed says what failed, and gives the error its class; nil stays nil. A
// failure after Close, or after the context's end, is that one's.
func (d *driver) failed(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	late := ended(ctx, err)
	switch {
	case errors.Is(err, drivers.ErrClosed):
	case err == ctx.Err():
		err = drivers.Ended(ctx)
	case d.closed.Load():
		err = fmt.Errorf("%w: %w", drivers.ErrClosed, err)
	case late != nil && !errors.Is(err, late) && drivers.Classify(err) == drivers.ClassTimeout:
		err = drivers.Ended(ctx) // which was the reason, and says more
	case late != nil && !errors.Is(err, late):
		err = fmt.Errorf("%w: %v", late, err)
	case late == nil:
		err = classify(err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// ended is why ctx is over, or nil. go-redis's deadlines on the socket may fire
// a moment before the context's own.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	deadline, has := ctx.Deadline()
	if has && !time.Now().Before(deadline) && drivers.Classify(err) == drivers.ClassTimeout {
		<-ctx.Done() // which is due, so that whoever asks ctx hears the same
		return ctx.Err()
	}
	return nil
}
