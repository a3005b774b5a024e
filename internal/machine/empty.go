package machine

import (
	"bytes"
	"context"
	"iter"

	"github.com/sessionbench/bench/drivers"
)

var _ drivers.Loader = (*empty)(nil)

// empty is a store that gives back what it was loaded with and does nothing else,
// so that what is left is bench's own cost. It is for reads alone: they find the
// right sessions without a lock or a copy, which the memory store, as a store that
// is compared with others, must have.
type empty struct{ values map[string][]byte }

// EmptyStore is one for others that measure bench's own cost.
func EmptyStore() drivers.Driver { return &empty{} }

func (e *empty) Load(_ context.Context, records iter.Seq[drivers.Record]) error {
	e.values = map[string][]byte{}
	for r := range records {
		e.values[r.ID] = bytes.Clone(r.Value)
	}
	return nil
}

func (e *empty) Get(_ context.Context, id string) (drivers.Record, error) {
	value, ok := e.values[id]
	if !ok {
		return drivers.Record{}, drivers.ErrNotFound
	}
	return drivers.Record{ID: id, Value: value}, nil
}

func (*empty) Set(context.Context, drivers.Record) error   { return nil }
func (*empty) Touch(context.Context, drivers.Record) error { return nil }
func (*empty) Destroy(context.Context, string) error       { return nil }
func (*empty) Close() error                                { return nil }
