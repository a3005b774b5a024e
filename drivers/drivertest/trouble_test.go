package drivertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

// mood is what the test makes of a sound driver: that its calls wait, or fail.
type mood struct {
	sync.Mutex
	fails   drivers.Class // "": nothing does
	open    bool          // open is what fails, not the calls
	stalled chan struct{} // not nil: calls wait until it is closed
}

func (m *mood) change(class drivers.Class, open bool) {
	m.Lock()
	defer m.Unlock()
	m.fails, m.open = class, open
}

// meet fails or waits as the mood is.
func (m *mood) meet(ctx context.Context, what string, open bool) error {
	m.Lock()
	class, stalled := m.fails, m.stalled
	if m.open != open {
		class = ""
	}
	m.Unlock()
	if class != "" {
		return drivers.WithClass(class, fmt.Errorf("%s: in trouble", what))
	}
	if stalled == nil {
		return nil
	}
	select {
	case <-stalled:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trouble brings the mood about; a class without accounts fails at open.
func (m *mood) trouble(class drivers.Class) func(testing.TB, drivers.Client) *Trouble {
	return func(testing.TB, drivers.Client) *Trouble {
		open := class == drivers.ClassAuth
		return &Trouble{
			OpenFails: open,
			Start:     func(testing.TB) { m.change(class, open) },
			Stop:      func(testing.TB) { m.change("", false) },
		}
	}
}

func (m *mood) stall(testing.TB, drivers.Client) *Trouble {
	return &Trouble{
		Calls: []drivers.Call{drivers.Get, drivers.Set, drivers.Touch, drivers.Destroy},
		Start: func(testing.TB) {
			m.Lock()
			defer m.Unlock()
			m.stalled = make(chan struct{})
		},
		Stop: func(testing.TB) {
			m.Lock()
			defer m.Unlock()
			close(m.stalled)
			m.stalled = nil
		},
	}
}

// moody is a sound driver with moods.
type moody struct {
	sound
	*mood
}

func (m moody) Get(ctx context.Context, id string) (drivers.Record, error) {
	if err := m.meet(ctx, "get", false); err != nil {
		return drivers.Record{}, err
	}
	return m.sound.Get(ctx, id)
}

func (m moody) Set(ctx context.Context, r drivers.Record) error {
	if err := m.meet(ctx, "set", false); err != nil {
		return err
	}
	return m.sound.Set(ctx, r)
}

func (m moody) Touch(ctx context.Context, r drivers.Record) error {
	if err := m.meet(ctx, "touch", false); err != nil {
		return err
	}
	return m.sound.Touch(ctx, r)
}

func (m moody) Destroy(ctx context.Context, id string) error {
	if err := m.meet(ctx, "destroy", false); err != nil {
		return err
	}
	return m.sound.Destroy(ctx, id)
}

// troubleFaults are drivers that tell a failure as another, one for each class of
// the calls, and the other ways to get it wrong.
func troubleFaults() []fault {
	list := []fault{
		{failureRule(drivers.ClassAuth), func(b *broken) { // which works no more after open failed
			b.set = func(context.Context, drivers.Record) error { return errors.New("out of order") }
		}},
		{failureRule(drivers.ClassReset), func(b *broken) { // never connects again
			var gone error
			b.change = func(err error) error {
				if err != nil && !errors.Is(err, drivers.ErrNotFound) {
					gone = err
				}
				return gone
			}
		}},
		{failureRule(drivers.ClassBusy), func(b *broken) {
			b.change = func(err error) error {
				if err != nil {
					err = fmt.Errorf("%w\ngoroutine 1 [running]", err)
				}
				return err
			}
		}},
		{failureRule(drivers.ClassRefused), func(b *broken) {
			b.change = func(err error) error {
				if err != nil {
					err = syscall.ECONNREFUSED
				}
				return err
			}
		}},
		{failureRule(drivers.ClassReadOnly), func(b *broken) { b.change = func(error) error { return nil } }},
	}
	for _, r := range failures() {
		if r.name != failureRule(drivers.ClassAuth) {
			list = append(list, fault{r.name, func(b *broken) {
				b.change = func(err error) error { return drivers.WithClass(drivers.ClassOther, err) }
			}})
		}
	}
	return list
}

func TestSetupSaysOfEachClassWhetherItOccurs(t *testing.T) {
	t.Parallel()
	store, err := drivers.Lookup("file")
	if err != nil {
		t.Fatal(err)
	}
	never := map[drivers.Class]string{drivers.ClassBusy: "why"}
	both := setup(&mood{}).Troubles
	for name, change := range map[string]func(s *Setup){
		"neither": func(s *Setup) { s.Troubles = nil },
		"both":    func(s *Setup) { s.Troubles, s.Never = both, never },
		"never":   func(s *Setup) { s.Troubles, s.Never = nil, never },
	} {
		s := setup(&mood{})
		change(&s)
		rec := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			rule{check: func(t testing.TB, p *place) { p.failsAs(t, drivers.ClassBusy) }}.hold(rec, newPlace(t, store, drivers.Native, s))
		}()
		<-done
		if failed := rec.failed.Load(); failed != (name != "never") {
			t.Errorf("%s: failed %t", name, failed)
		}
	}
}
