package drivers

import (
	"context"
	"time"
)

// Grace is how long calls under way may take to end when the user ends a run. One
// that is cancelled may still do its work in the store, after the clean-up.
const Grace = 2 * time.Second

// Outlast returns a context that ends Grace after ctx does. release frees what it
// holds.
func Outlast(ctx context.Context) (later context.Context, release context.CancelFunc) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(Grace, func() { cancel(context.Cause(ctx)) })
	})
	return later, func() { stop(); cancel(nil) }
}
