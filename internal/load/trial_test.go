package load

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/memory"
)

// lame fails one kind of call, as a server does to an account without the right.
type lame struct {
	drivers.Driver
	call drivers.Call
}

var errLame = errors.New("permission denied")

func (l lame) Get(ctx context.Context, id string) (drivers.Record, error) {
	if l.call == drivers.Get {
		return drivers.Record{}, errLame
	}
	return l.Driver.Get(ctx, id)
}

func (l lame) Set(ctx context.Context, r drivers.Record) error {
	if l.call == drivers.Set {
		return errLame
	}
	return l.Driver.Set(ctx, r)
}

func (l lame) Touch(ctx context.Context, r drivers.Record) error {
	if l.call == drivers.Touch {
		return errLame
	}
	return l.Driver.Touch(ctx, r)
}

func (l lame) Destroy(ctx context.Context, id string) error {
	if l.call == drivers.Destroy {
		return errLame
	}
	return l.Driver.Destroy(ctx, id)
}

func TestATrialMissesNoCallAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, call := range []drivers.Call{drivers.Get, drivers.Set, drivers.Touch, drivers.Destroy, drivers.Call(drivers.NumCalls)} {
		d, err := drivers.Open(t.Context(), "memory", drivers.Config{Options: memoryOptions(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		err = Try(t.Context(), lame{d, call}, "run")
		if works := int(call) == drivers.NumCalls; works != (err == nil) || !works && !errors.Is(err, errLame) {
			t.Errorf("call %d fails: %v", call, err)
		}
		if n, err := d.(drivers.Counter).Count(t.Context()); n != 0 || err != nil {
			t.Errorf("call %d fails: %d sessions are left, %v", call, n, err)
		}
	}
}

// otherwise acknowledges what it does not store, or stores otherwise.
type otherwise struct {
	drivers.Driver
	answer string
}

func (o otherwise) Get(context.Context, string) (drivers.Record, error) {
	if o.answer == "" {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{Value: []byte(o.answer)}, nil
}

func TestATrialWantsBackWhatItStored(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"":           "was stored and is not there",
		`{"n": "1"}`: "does the store keep the text",
	} {
		d, err := drivers.Open(t.Context(), "memory", drivers.Config{Options: memoryOptions(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if err := Try(t.Context(), otherwise{d, answer}, "run"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answered %q: %v, want %q", answer, err, want)
		}
	}
}

func memoryOptions(t *testing.T) drivers.Options {
	t.Helper()
	s, err := drivers.Lookup("memory")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Resolve(drivers.Express, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
