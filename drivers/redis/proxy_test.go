package redis

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands before the server, so that a test can take the server away.
type proxy struct {
	t        testing.TB
	address  string
	upstream string

	mu       sync.Mutex
	listener net.Listener // nil while the server is away
	conns    map[net.Conn]struct{}
	accepted int
	silent   bool // answers are held back
}

func newProxy(t testing.TB) *proxy {
	t.Helper()
	p := &proxy{t: t, upstream: hostPort(t), address: "127.0.0.1:0", conns: map[net.Conn]struct{}{}}
	p.back()
	t.Cleanup(p.away)
	return p
}

func (p *proxy) url() string { return "redis://" + p.address }

// back accepts connections, at the same address as before.
func (p *proxy) back() {
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.listener, p.address, p.silent = l, l.Addr().String(), false
	p.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.join(conn)
		}
	}()
}

// away refuses connections and cuts those that there are.
func (p *proxy) away() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
	}
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

// hush holds the server's answers back.
func (p *proxy) hush() {
	p.mu.Lock()
	p.silent = true
	p.mu.Unlock()
}

func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

func (p *proxy) join(down net.Conn) {
	up, err := net.Dial("tcp", p.upstream)
	if err != nil {
		down.Close()
		return
	}
	p.mu.Lock()
	p.accepted++
	p.conns[down], p.conns[up] = struct{}{}, struct{}{}
	p.mu.Unlock()
	go func() {
		io.Copy(up, down)
		up.Close()
	}()
	go func() {
		io.Copy(answers{p, down}, up)
		down.Close()
	}()
}

type answers struct {
	p    *proxy
	conn net.Conn
}

func (a answers) Write(text []byte) (int, error) {
	a.p.mu.Lock()
	silent := a.p.silent
	a.p.mu.Unlock()
	if silent {
		return len(text), nil
	}
	return a.conn.Write(text)
}
