package load

import (
	"context"
	"sync"
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// The read-back finds what no request asked for during the run.
func TestTheReadBackFindsWhatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	late := &forgetful{Driver: target.Driver}
	target.Driver = late
	s := web(t, func(s *scenarios.Scenario) { s.Mix = scenarios.Mix{scenarios.Write: 100} })
	s.Warmup = 0
	o := options()
	o.Observe = func(p Progress) {
		if p.Phase == "read-back" {
			late.forget()
		}
	}
	r := one(t, s, target, o)
	if r.Violations.Total() != 0 || r.Verify.Lost != 5 || r.Verify.Total() != 5 {
		t.Errorf("violations %+v, read back %+v; want 5 lost", r.Violations, r.Verify)
	}
}

// forgetful drops five sessions when it is told to.
type forgetful struct {
	drivers.Driver
	mu  sync.Mutex
	ids []string
}

func (f *forgetful) Set(ctx context.Context, r drivers.Record) error {
	f.mu.Lock()
	if known := len(f.ids) < 5; known {
		for _, id := range f.ids {
			known = known && id != r.ID
		}
		if known {
			f.ids = append(f.ids, r.ID)
		}
	}
	f.mu.Unlock()
	return f.Driver.Set(ctx, r)
}

func (f *forgetful) forget() {
	for _, id := range f.ids {
		f.Driver.Destroy(context.Background(), id)
	}
}
