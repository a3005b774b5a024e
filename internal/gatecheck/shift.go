package main

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/cli"
)

// extra makes a share of the calls again, some times more, and lets the caller wait
// for all: work that the store and the client both have. Or it waits before those
// calls, which costs nobody any work.
type extra struct {
	drivers.Driver
	share float64
	times int
	pause time.Duration
}

// String tells what is done to the share.
func (e extra) String() string {
	if e.pause > 0 {
		return fmt.Sprintf("%.2f %% of the calls made %s later", 100*e.share, e.pause)
	}
	return fmt.Sprintf("%.2f %% of the calls made %d times more", 100*e.share, e.times)
}

// on gives the candidate's driver the extra calls. The baseline's is wrapped too, so
// that the wrapping costs both the same.
func (e extra) on() cli.Shift {
	return func(side int, d drivers.Driver) drivers.Driver {
		shifted := e
		shifted.Driver = d
		if side == 0 {
			shifted.share = 0
		}
		return &shifted
	}
}

func (e *extra) again() int {
	switch {
	case e.share == 0 || rand.Float64() >= e.share:
		return 0
	case e.pause > 0:
		time.Sleep(e.pause)
		return 0
	}
	return e.times
}

func (e *extra) Get(ctx context.Context, id string) (drivers.Record, error) {
	for range e.again() {
		if _, err := e.Driver.Get(ctx, id); err != nil {
			break // the caller gets the same
		}
	}
	return e.Driver.Get(ctx, id)
}

func (e *extra) Set(ctx context.Context, r drivers.Record) error {
	for range e.again() {
		if err := e.Driver.Set(ctx, r); err != nil {
			return err
		}
	}
	return e.Driver.Set(ctx, r)
}

func (e *extra) Touch(ctx context.Context, r drivers.Record) error {
	for range e.again() {
		if err := e.Driver.Touch(ctx, r); err != nil {
			return err
		}
	}
	return e.Driver.Touch(ctx, r)
}

// Load implements drivers.Loader: the preload is as quick as without extra calls.
func (e *extra) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	if l, ok := e.Driver.(drivers.Loader); ok {
		return l.Load(ctx, records)
	}
	for r := range records {
		if err := e.Driver.Set(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Connections implements drivers.Connected.
func (e *extra) Connections() int {
	if c, ok := e.Driver.(drivers.Connected); ok {
		return c.Connections()
	}
	return 0
}
