package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// errOtherServer is the answer of somebody else's server.
var errOtherServer = errors.New("another server answers at the address")

// awaitAnswer asks until the server answers, has ended, or ctx is over. The
// error has the last lines of the server's log.
func awaitAnswer(ctx context.Context, s server, ask func(context.Context) error) error {
	pause := 5 * time.Millisecond
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		last := ask(attempt)
		cancel()
		ended := s.alive()
		switch {
		case last == nil && ended == nil:
			return nil
		case ended != nil:
			return fmt.Errorf("%w%s", ended, tailNote(s.logTail()))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the last attempt: %w%s", context.Cause(ctx), last, tailNote(s.logTail()))
		case <-time.After(pause):
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
}

// onFreePort starts a server on a port that is free, and on another one when
// somebody took it before the server did.
func onFreePort(start func(port int) (server, error)) (server, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		s, err := start(port)
		if err == nil || attempt == 5 || !portTaken(err) {
			return s, err
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", joinPort(loopback, 0))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// portTaken tells from a failure, which has the end of the server's log, whether
// the port was taken. Redis, PostgreSQL and MongoDB show the system's own text.
func portTaken(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "address already in use")
}

func joinPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
