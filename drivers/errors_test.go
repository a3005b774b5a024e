package drivers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
)

func TestFailuresAreClassed(t *testing.T) {
	t.Parallel()
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		err  error
		want Class
	}{
		{context.DeadlineExceeded, ClassTimeout},
		{context.Canceled, ClassCanceled},
		{os.ErrDeadlineExceeded, ClassTimeout},
		{dial(syscall.ETIMEDOUT), ClassTimeout},
		{dial(syscall.ECONNREFUSED), ClassRefused},
		{dial(syscall.EMFILE), ClassTooManyOpenFiles},
		{&fs.PathError{Op: "open", Err: syscall.EMFILE}, ClassTooManyOpenFiles},
		{syscall.ENFILE, ClassTooManyOpenFiles},
		{syscall.ECONNRESET, ClassReset},
		{syscall.EPIPE, ClassReset},
		{io.EOF, ClassReset},
		{io.ErrUnexpectedEOF, ClassReset},
		{net.ErrClosed, ClassReset},
		{syscall.EROFS, ClassReadOnly},
		{syscall.EACCES, ClassReadOnly},
		{syscall.ENOSPC, ClassOutOfMemory},
		{syscall.EDQUOT, ClassOutOfMemory},
		{syscall.ENOMEM, ClassOutOfMemory},
		{errors.New("strange"), ClassOther},
		{ErrClosed, ClassOther},
		{WithClass(ClassBusy, errors.New("locked")), ClassBusy},
		{WithClass(ClassAuth, io.EOF), ClassAuth},
		{errors.Join(errors.New("first"), WithClass(ClassPoolExhausted, io.EOF)), ClassPoolExhausted},
	} {
		for _, err := range []error{c.err, fmt.Errorf("set x: %w", c.err)} {
			if got := Classify(err); got != c.want {
				t.Errorf("%v is classed %s; want %s", err, got, c.want)
			}
		}
		if !slices.Contains(Classes, c.want) {
			t.Errorf("Classes lacks %s", c.want)
		}
	}
}

func TestWithClassKeepsTheError(t *testing.T) {
	t.Parallel()
	if WithClass(ClassBusy, nil) != nil {
		t.Error("no error became one")
	}
	err := WithClass(ClassBusy, fmt.Errorf("locked: %w", ErrNotFound))
	if !errors.Is(err, ErrNotFound) || err.Error() != "locked: session not found" {
		t.Errorf("%v", err)
	}
}

func TestCallsHaveNames(t *testing.T) {
	t.Parallel()
	var names []string
	for c := range NumCalls {
		names = append(names, Call(c).String())
	}
	if !slices.Equal(names, []string{"get", "set", "touch", "destroy"}) {
		t.Errorf("%q", names)
	}
}

func TestTraceTravelsWithTheContext(t *testing.T) {
	t.Parallel()
	var trace Trace
	if got := TraceFrom(WithTrace(t.Context(), &trace)); got != &trace {
		t.Errorf("got %p; want %p", got, &trace)
	}
	if got := TraceFrom(t.Context()); got != nil {
		t.Errorf("without one: %v", got)
	}
}
