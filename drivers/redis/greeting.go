package redis

import (
	"bytes"
	"context"
	"net"
	"syscall"
)

// tooManyClients is how Redis greets a client that it has no room for, before it
// is asked anything, and closes the connection.
const tooManyClients = "ERR max number of clients"

// greeted is a connection of go-redis on which that greeting is an error. go-redis
// would take it for an old server's answer to HELLO and go on: the next command
// then finds a connection that broke for no reason.
type greeted struct {
	socket
	read    bool  // something was; one goroutine reads at a time
	refused error // the greeting, which go-redis may overlook at first
}

// socket is a connection without TLS, which go-redis looks at before it uses it
// again. Over TLS there is no greeting: Redis just closes the connection.
type socket interface {
	net.Conn
	syscall.Conn
}

func (c *greeted) Read(p []byte) (int, error) {
	if c.refused != nil {
		return 0, c.refused
	}
	n, err := c.socket.Read(p)
	if n > 0 && !c.read {
		c.read = true
		if bytes.HasPrefix(p[:n], []byte("-"+tooManyClients)) {
			c.refused = serverError(bytes.TrimSpace(p[1:n]))
			return 0, c.refused
		}
	}
	return n, err
}

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// greetedDialer makes the connections of a dialer greeted ones.
func greetedDialer(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if s, plain := conn.(socket); plain && err == nil {
			return &greeted{socket: s}, nil
		}
		return conn, err
	}
}
