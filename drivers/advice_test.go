package drivers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"
)

func TestAdviseEndsAnErrorWithWhatToDo(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("NOAUTH Authentication required.")
	s := Store{Title: "Redis", TLS: "rediss:// is with TLS", Advice: func(err error) string {
		if errors.Is(err, errOwn) {
			return "give a password"
		}
		return ""
	}}
	const otherServer = ": is this the port of a Redis server? (rediss:// is with TLS)"
	for _, c := range []struct {
		err  error
		want string
	}{
		{errOwn, "NOAUTH Authentication required: give a password"},
		{syscall.ECONNREFUSED, "connection refused: is the Redis server running, and is this its port?"},
		{io.EOF, "EOF" + otherServer},
		{OtherServer(errors.New("the line \"HTTP/1.1\"")), "the line \"HTTP/1.1\"" + otherServer},
		{errors.New("something else"), "something else"},
		{fmt.Errorf("read: %w", context.Canceled), "read: context canceled"},
	} {
		got := Advise(s, c.err)
		if got.Error() != c.want || !errors.Is(got, c.err) || Classify(got) != Classify(c.err) {
			t.Errorf("%v: %v, want %s", c.err, got, c.want)
		}
	}
}

func TestTheEndOfPatienceIsToldInWords(t *testing.T) {
	t.Parallel()
	ctx, cancel := WithPatience(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if err := Ended(ctx); err.Error() != "no answer within 1ns" || !errors.Is(err, context.DeadlineExceeded) || Classify(err) != ClassTimeout {
		t.Errorf("ended: %v", err)
	}
	other, giveUp := context.WithCancelCause(t.Context())
	if err := Ended(other); err != nil {
		t.Errorf("not ended: %v", err)
	}
	giveUp(io.EOF) // is no word for it: callers look for context.Canceled
	if err := Ended(other); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
