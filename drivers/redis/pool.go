package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/sessionbench/bench/drivers"
)

// pool is the native client: go-redis, one call at a time on each connection.
type pool struct {
	client *goredis.Client
	prefix string
	// slots has room for one token a connection. Waiting for a slot is waiting
	// for a connection, and can be measured here; go-redis's own pool never
	// makes anybody wait then.
	slots chan struct{}
}

func openPool(options *goredis.Options, prefix string, size int) *pool {
	o := *options
	o.PoolSize = size
	o.PipelinePoolSize = -1 // no second pool beside it
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout = connectTimeout
	o.Dialer = greetedDialer(goredis.NewDialer(&o))
	o.ReadTimeout, o.WriteTimeout = -1, -1 // the calls' contexts decide
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &pool{client: goredis.NewClient(&o), prefix: prefix, slots: make(chan struct{}, size)}
}

// answer is what a go-redis call returned.
type answer[T any] struct {
	value T
	err   error
}

// withSlot makes a call as soon as a connection is free. go-redis does not end
// a call that is under way when its context is cancelled, only at a deadline:
// so the call runs beside, and an abandoned one keeps its slot until it is over.
func withSlot[T any](ctx context.Context, p *pool, ask func(context.Context) (T, error)) (T, error) {
	var none T
	if err := p.wait(ctx); err != nil {
		return none, err
	}
	if ctx.Done() == nil {
		defer func() { <-p.slots }()
		return ask(ctx)
	}
	done := make(chan answer[T], 1)
	go func() {
		value, err := ask(ctx)
		<-p.slots
		done <- answer[T]{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// wait takes a slot, and adds the time that it took to the call's trace.
func (p *pool) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	trace := drivers.TraceFrom(ctx)
	if trace != nil {
		trace.Pooled = true
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	start := time.Now()
	defer func() {
		if trace != nil {
			trace.PoolWait += time.Since(start)
		}
	}()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return drivers.WithClass(drivers.ClassPoolExhausted, fmt.Errorf("all %d connections of the pool are in use: %w", cap(p.slots), ctx.Err()))
	}
	return ctx.Err()
}
