package load

import (
	"context"
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// presenceLifetime is longer than any run.
const presenceLifetime = 365 * 24 * time.Hour

// presenceRound is that of the presence's id, which no round has.
const presenceRound = -2

// Stay keeps one session in a store, so that it is not empty between two rounds:
// another run that shares the place then does not take it away. leave removes it.
func Stay(ctx context.Context, d drivers.Driver, runID string) (leave func(context.Context) error, err error) {
	identity := newIdentity(runID, presenceRound, scenarios.Payload{})
	var g ids
	id := g.id(identity, 0, 1)
	c := drivers.NewCookie(time.Now(), presenceLifetime)
	if err := d.Set(ctx, drivers.Record{ID: id, Value: identity.value(nil, id, 0, 1, c), Cookie: c}); err != nil {
		return nil, fmt.Errorf("a session that says that bench works here: %w", err)
	}
	return func(ctx context.Context) error { return d.Destroy(ctx, id) }, nil
}
