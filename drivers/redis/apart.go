package redis

import (
	"bufio"
	"context"
	"net"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

var _ drivers.Stored = (*driver)(nil)

// apart is a connection apart from those of the calls, opened when it is first used:
// a question to the server waits for no call, and none waits for its answer.
type apart struct {
	options *goredis.Options
	line    chan *line // or nil while there is none; who takes it gives it back
	open    atomic.Int32
	ctx     context.Context // ends with close
	cancel  context.CancelFunc
}

type line struct {
	conn net.Conn
	r    *bufio.Reader
}

func newApart(options *goredis.Options) *apart {
	a := &apart{options: options, line: make(chan *line, 1)}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.line <- nil
	return a
}

func (a *apart) info(ctx context.Context, section string) (string, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	var l *line
	select {
	case l = <-a.line:
	case <-inner.Done():
		return "", a.ended(ctx)
	}
	text, l, err := a.ask(inner, l, command{name: cmdInfo, args: []string{section}})
	a.line <- l
	if inner.Err() != nil {
		err = a.ended(ctx)
	}
	return text, err
}

// ask sends a command, connected first if there is no line, and gives the line that
// there is then: none after a failure.
func (a *apart) ask(ctx context.Context, l *line, cmd command) (string, *line, error) {
	if err := ctx.Err(); err != nil {
		return "", l, err
	}
	if l == nil {
		conn, r, err := dial(ctx, a.options)
		if err != nil {
			return "", nil, err
		}
		l = &line{conn, r}
		a.open.Add(1)
	}
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	_, err := l.conn.Write(cmd.appendTo(nil, ""))
	var answer reply
	if err == nil {
		answer, err = readReply(l.r, 0)
	}
	if !stop() || err != nil {
		l.conn.Close()
		a.open.Add(-1)
		return "", nil, err
	}
	return string(answer.text), l, answer.err
}

// ended is why a question was given up.
func (a *apart) ended(ctx context.Context) error {
	if a.ctx.Err() != nil {
		return drivers.ErrClosed
	}
	return ctx.Err()
}

func (a *apart) connections() int { return int(a.open.Load()) }

func (a *apart) close() {
	a.cancel()
	if l := <-a.line; l != nil {
		l.conn.Close()
		a.open.Add(-1)
	}
	a.line <- nil
}
