package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

// link is the express client: one connection that all callers share, pipelined
// as node-redis does it. What callers ask meanwhile is written together, nobody
// waits for the answers to what was written before, and answers come back in
// order.
//
// It is not go-redis's AutoPipeline, although that keeps one connection too: its
// half-duplex form holds a call back until the answers to the batch before have
// come, and for 0.2 to 2 ms more when it expects the callers of that batch to
// ask again (awaitExpectedArrivals). With a Poisson arrival of 3000 calls a
// second that alone makes a median of 1.3 ms out of 0.1 ms. And it can't end a
// call with its context.
type link struct {
	options *goredis.Options
	prefix  string
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wake    chan struct{} // has a token when pending may have something
	running sync.WaitGroup

	mu      sync.Mutex
	pending []*call  // asked and not yet given to the connection
	sent    queue    // given to the connection, in the order of their answers
	conn    net.Conn // nil while there is none
	down    error    // why there is none
	closed  bool
}

// call is one command on its way. It goes back to the pool when its answer came:
// until then, and for ever after a failure, the link may still read it.
type call struct {
	command command
	reply   reply
	done    chan struct{} // gets one token with the reply
	sweeps  int           // how often it was found pending
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

func (c *call) finish(r reply) {
	c.reply = r
	c.done <- struct{}{}
}

func (c *call) recycle() {
	c.command, c.reply, c.sweeps = command{}, reply{}, 0
	calls.Put(c)
}

// connectTimeout and the delays between attempts are node-redis's
// (socket.ts: connectTimeout, defaultReconnectStrategy).
const connectTimeout = 5 * time.Second

// reconnectDelay is how long to wait after the attempts that failed so far to
// replace a lost connection. node-redis counts them from one (#connect(1)); zero,
// and so 50 ms, is only for a client that never had a connection.
func reconnectDelay(failed int) time.Duration {
	delay := min(50*time.Millisecond<<min(failed, 6), 2*time.Second)
	return delay + rand.N(200*time.Millisecond)
}

// A command that stays unsent for so long fails, as in node-redis (defaults.ts:
// DEFAULT_COMMAND_TIMEOUT). Looking ten times a second costs less than a timer
// for each command.
const (
	unsentLimit   = 5 * time.Second
	sweepInterval = 100 * time.Millisecond
)

// openLink connects once; later failures are retried for ever.
func openLink(ctx context.Context, options *goredis.Options, prefix string) (*link, error) {
	conn, r, err := dial(ctx, options)
	if err != nil {
		return nil, err
	}
	l := &link{options: options, prefix: prefix, wake: make(chan struct{}, 1)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.running.Go(func() { l.run(conn, r) })
	l.running.Go(l.sweep)
	return l, nil
}

// do sends a command and waits for its answer. The error is an error reply, why
// the connection was lost, ctx's, or drivers.ErrClosed.
func (l *link) do(ctx context.Context, cmd command) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, err
	}
	c := calls.Get().(*call)
	c.command = cmd
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		c.recycle()
		return reply{}, drivers.ErrClosed
	}
	l.pending = append(l.pending, c)
	l.mu.Unlock()
	l.poke()
	select {
	case <-c.done:
		r := c.reply
		if _, answered := r.err.(serverError); answered || r.err == nil {
			c.recycle()
		}
		return r, r.err
	case <-ctx.Done():
		return reply{}, l.abandon(ctx, c)
	}
}

func (l *link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// abandon takes back a call that nobody waits for any more, if it was not sent.
// The error says when the reason was that there is no connection.
func (l *link) abandon(ctx context.Context, c *call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.pending {
		if p == c {
			l.pending = append(l.pending[:i], l.pending[i+1:]...)
			break
		}
	}
	if l.conn == nil && l.down != nil {
		return fmt.Errorf("%w (not connected: %v)", ctx.Err(), l.down)
	}
	return ctx.Err()
}

// run serves one connection after the other.
func (l *link) run(conn net.Conn, r *bufio.Reader) {
	for {
		l.serve(conn, r)
		if l.isClosed() { // or the server would see one more connection
			return
		}
		for failed := 1; ; failed++ {
			ctx, cancel := context.WithTimeout(l.ctx, connectTimeout)
			var err error
			conn, r, err = dial(ctx, l.options)
			cancel()
			if err == nil {
				break
			}
			l.mu.Lock()
			l.down = err
			l.mu.Unlock()
			select {
			case <-l.ctx.Done():
				return
			case <-time.After(reconnectDelay(failed)):
			}
		}
	}
}

// serve uses a connection until it breaks. What was sent and not answered fails;
// what was not sent stays pending.
func (l *link) serve(conn net.Conn, r *bufio.Reader) {
	l.mu.Lock()
	l.conn, l.down = conn, nil
	if l.closed {
		conn.Close()
	}
	l.mu.Unlock()
	ended := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { l.write(conn, ended) })
	l.poke() // for what came in while there was no connection
	err := l.read(r)
	conn.Close()
	close(ended)
	writer.Wait()
	l.mu.Lock()
	l.conn = nil
	if l.down == nil { // the writer may know better
		l.down = err
	}
	err = fmt.Errorf("the connection was lost: %w", l.down)
	if l.closed {
		err = drivers.ErrClosed
	}
	lost := l.sent.takeAll()
	l.mu.Unlock()
	for _, c := range lost {
		c.finish(reply{err: err})
	}
}

const largestKept = 1 << 20 // of a write buffer; one huge session shall not hold its memory

// write gives the connection what is pending, until ended.
func (l *link) write(conn net.Conn, ended <-chan struct{}) {
	var batch []*call
	var buf []byte
	for {
		select {
		case <-l.wake:
		case <-ended:
			return
		}
		// Callers that are ready to run come first, so that one write carries
		// them all: what an event loop's tick does for node-redis.
		runtime.Gosched()
		l.mu.Lock()
		batch, l.pending = l.pending, batch[:0]
		for _, c := range batch {
			l.sent.push(c)
		}
		l.mu.Unlock()
		for _, c := range batch {
			buf = c.command.appendTo(buf, l.prefix)
		}
		clear(batch)
		if _, err := conn.Write(buf); err != nil {
			l.mu.Lock()
			l.down = err
			l.mu.Unlock()
			conn.Close() // ends the reader
			return
		}
		buf = buf[:0]
		if cap(buf) > largestKept {
			buf = nil
		}
	}
}

// read hands the answers out, until the connection breaks.
func (l *link) read(r *bufio.Reader) error {
	for {
		answer, err := readReply(r, 0)
		if err != nil {
			return err
		}
		l.mu.Lock()
		c := l.sent.pop()
		l.mu.Unlock()
		if c == nil {
			return fmt.Errorf("%w: an answer that nobody asked for", errProtocol)
		}
		c.finish(answer)
	}
}

// sweep fails what stays unsent for too long.
func (l *link) sweep() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-ticker.C:
			l.failUnsent(int(unsentLimit / sweepInterval))
		}
	}
}

var errStalled = errors.New("the server does not read")

func (l *link) failUnsent(sweeps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	why := l.down
	if why == nil {
		why = errStalled
	}
	kept := l.pending[:0]
	for _, c := range l.pending {
		if c.sweeps++; c.sweeps <= sweeps {
			kept = append(kept, c)
			continue
		}
		c.finish(reply{err: drivers.WithClass(drivers.ClassTimeout, fmt.Errorf("unsent for %v: %w", unsentLimit, why))})
	}
	clear(l.pending[len(kept):])
	l.pending = kept
}

func (l *link) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return 0
	}
	return 1
}

func (l *link) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *link) close() error {
	l.mu.Lock()
	l.closed = true
	unsent := l.pending
	l.pending = nil
	if l.conn != nil {
		l.conn.Close()
	}
	l.mu.Unlock()
	l.cancel()
	for _, c := range unsent {
		c.finish(reply{err: drivers.ErrClosed})
	}
	l.running.Wait()
	return nil
}
