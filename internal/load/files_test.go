package load

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

// pooled is a driver whose pool grows at its first call, and shrinks by itself while
// nobody asks.
type pooled struct {
	drivers.Driver
	opens int64
	open  atomic.Int64
}

func (d *pooled) Get(ctx context.Context, id string) (drivers.Record, error) {
	d.open.Store(d.opens)
	return d.Driver.Get(ctx, id)
}

func (d *pooled) Connections() int { return int(d.open.Load()) }

// Several targets are in one process. Of its descriptors those count that a target
// has of its own, besides the process's, whatever becomes of the others' meanwhile.
func TestATargetsFileDescriptorsAreItsOwn(t *testing.T) {
	t.Parallel()
	const process, fixed, small, large = 9, 2, 1, 80
	few, many := memoryTarget(t), memoryTarget(t)
	one, other := &pooled{Driver: few.Driver, opens: small}, &pooled{Driver: many.Driver, opens: large}
	few.Driver, many.Driver, many.Files = one, other, fixed
	o := options()
	o.Rounds = 3
	o.Client = func() (Process, error) {
		return Process{FileDescriptors: process + fixed + one.Connections() + other.Connections()}, nil
	}
	o.Observe = func(p Progress) {
		if p.Phase == "preload" { // the others' pools have shrunk since they were used
			one.open.Store(0)
			other.open.Store(0)
		}
	}
	outcomes, _ := Run(t.Context(), web(t, nil), []*Target{few, many}, o)
	for i, want := range []int{process + small, process + fixed + large} {
		for _, round := range outcomes[i].Rounds {
			if d := round.FileDescriptors.Client; d == nil || d.Peak != want {
				t.Errorf("target %d, round %d: %+v, want a peak of %d", i, round.Index, d, want)
			}
		}
	}
}
