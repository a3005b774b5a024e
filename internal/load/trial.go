package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// trialLifetime is how long a session of the trial outlives a trial that could
// not remove it. It is also what a store's idea of the time may be wrong by.
const trialLifetime = time.Minute

// trialRound is that of the trial's ids, which no round has.
const trialRound = -1

// Try makes every call that a run will make, on sessions of its own, so that what
// an account may not do, or a server can't, is known before there is any load. It
// removes first, which changes nothing: where that is forbidden, nothing is left.
// There are two sessions, since a node of a cluster may take one of them.
func Try(ctx context.Context, d drivers.Driver, runID string) error {
	identity := newIdentity(runID, trialRound, scenarios.Payload{})
	var g ids
	var stored []string
	err := func() error {
		for number := range uint64(2) {
			id := g.id(identity, number, 1)
			if err := d.Destroy(ctx, id); err != nil {
				return err
			}
			stored = append(stored, id)
			c := drivers.NewCookie(time.Now(), trialLifetime)
			r := drivers.Record{ID: id, Value: identity.value(nil, id, number, 1, c), Cookie: c}
			if err := trySession(ctx, d, r); err != nil {
				return err
			}
		}
		return removeAll(ctx, d, slices.Values(stored))
	}()
	if err == nil {
		return nil
	}
	// What went wrong is known; a store that does not answer has no session either.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for _, id := range stored {
		_ = d.Destroy(ctx, id)
	}
	return fmt.Errorf("a trial session: %w", err)
}

// trySession wants back what it stored.
func trySession(ctx context.Context, d drivers.Driver, r drivers.Record) error {
	if err := d.Set(ctx, r); err != nil {
		return err
	}
	found, err := d.Get(ctx, r.ID)
	switch {
	case errors.Is(err, drivers.ErrNotFound):
		return fmt.Errorf("%s was stored and is not there: does another server answer the reads, or does the store's clock or time zone change between two connections?", r.ID)
	case err != nil:
		return err
	}
	if _, err := version(found.Value, r.ID); err != nil {
		return fmt.Errorf("%w, and it was stored with one: does the store keep the text as it is given?", err)
	}
	return d.Touch(ctx, drivers.Record{ID: r.ID, Value: found.Value, Cookie: r.Cookie})
}
