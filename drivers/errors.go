package drivers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"time"
)

// Errors that drivers wrap.
var (
	// ErrNotFound is Get's answer for a session that is absent or expired. It is
	// an outcome, not a failure, and Touch's failure where Facts.TouchMissing is
	// TouchFails.
	ErrNotFound = errors.New("session not found")
	// ErrClosed is the answer of a driver after Close.
	ErrClosed = errors.New("driver is closed")
	// ErrExists is Open's answer when the table, collection or file is there and
	// Config.UseExisting is not set.
	ErrExists = errors.New("is already there")
)

// Class is a kind of failure, as results count it.
type Class string

// The classes of failures.
const (
	ClassTimeout          Class = "timeout"
	ClassRefused          Class = "refused"
	ClassReset            Class = "reset"
	ClassTooManyOpenFiles Class = "too_many_open_files"
	ClassPoolExhausted    Class = "pool_exhausted"
	ClassBusy             Class = "busy"
	ClassAuth             Class = "auth"
	ClassReadOnly         Class = "read_only"
	ClassOutOfMemory      Class = "out_of_memory"
	ClassCanceled         Class = "canceled"
	ClassOther            Class = "other"
)

// Classes lists every class, in the order of the documentation.
var Classes = []Class{
	ClassTimeout, ClassRefused, ClassReset, ClassTooManyOpenFiles, ClassPoolExhausted, ClassBusy,
	ClassAuth, ClassReadOnly, ClassOutOfMemory, ClassCanceled, ClassOther,
}

type classed struct {
	class Class
	err   error
}

func (e *classed) Error() string { return e.err.Error() }
func (e *classed) Unwrap() error { return e.err }

// WithClass marks err, for what only the store's own driver can tell (a SQL
// state, an error reply). A nil err stays nil.
func WithClass(c Class, err error) error {
	if err == nil {
		return nil
	}
	return &classed{c, err}
}

// Classify tells a failure's class: what WithClass said, else what the operating
// system, the network and the context say.
func Classify(err error) Class {
	var c *classed
	var netErr net.Error
	switch {
	case errors.As(err, &c):
		return c.class
	case errors.Is(err, context.DeadlineExceeded):
		return ClassTimeout
	case errors.Is(err, context.Canceled):
		return ClassCanceled
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return ClassTooManyOpenFiles
	case errors.Is(err, syscall.ECONNREFUSED):
		return ClassRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return ClassReset
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return ClassReadOnly
	case errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ClassOutOfMemory
	case errors.As(err, &netErr) && netErr.Timeout():
		return ClassTimeout
	}
	return ClassOther
}

// WithPatience is context.WithTimeout, whose end Ended tells in words.
func WithPatience(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, noAnswer(d))
}

// noAnswer is the end of a time limit.
type noAnswer time.Duration

func (n noAnswer) Error() string { return fmt.Sprintf("no answer within %v", time.Duration(n)) }
func (noAnswer) Unwrap() error   { return context.DeadlineExceeded }

// Ended is why ctx is over, nil while it is not. It wraps ctx.Err, and says more
// where the context's cause does.
func Ended(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, ctx.Err()) {
		return cause
	}
	return ctx.Err()
}
