package load

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// stallPatience is how long bulk work may take for what it takes at once, some
// thousand sessions at most.
const stallPatience = 30 * time.Second

// unstalled does bulk work on items, which it may do for as long as it gets on: it
// ends when no further item was taken for a while, as by a server that falls
// silent.
func unstalled[T any](ctx context.Context, items iter.Seq[T], do func(context.Context, iter.Seq[T]) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := fmt.Errorf("the store took no session for %s: %w", stallPatience, context.DeadlineExceeded)
	patience := time.AfterFunc(stallPatience, func() { cancel(stalled) })
	defer patience.Stop()
	err := do(ctx, func(yield func(T) bool) {
		for item := range items {
			patience.Reset(stallPatience)
			if !yield(item) {
				return
			}
		}
	})
	if err != nil && context.Cause(ctx) == stalled {
		return drivers.WithClass(drivers.ClassTimeout, stalled)
	}
	return err
}
