// Package faultproxy stands before a server so that a test can take the server
// away, cut its connections, or hold its answers back.
package faultproxy

import (
	"net"
	"sync"
	"testing"
)

// Proxy passes connections on to one server. Its methods take effect at once and
// are safe for concurrent use.
type Proxy struct {
	t        testing.TB
	upstream string

	mu       sync.Mutex
	speak    *sync.Cond // on mu: hushed has changed
	address  string
	listener net.Listener // nil while the server is away
	conns    map[*net.TCPConn]struct{}
	accepted int
	hushed   bool
	received int64 // bytes that clients sent
}

// New starts a proxy on a port of its own; upstream is the server's HOST:PORT.
// The test's end ends it.
func New(t testing.TB, upstream string) *Proxy {
	t.Helper()
	p := &Proxy{t: t, upstream: upstream, address: "127.0.0.1:0", conns: map[*net.TCPConn]struct{}{}}
	p.speak = sync.NewCond(&p.mu)
	p.Back()
	t.Cleanup(p.Away)
	return p
}

// Addr is the HOST:PORT that clients use; it stays the same.
func (p *Proxy) Addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// Away refuses connections and resets those that there are.
func (p *Proxy) Away() {
	p.mu.Lock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	p.mu.Unlock()
	p.Reset()
}

// Back accepts connections again.
func (p *Proxy) Back() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return
	}
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Errorf("fault proxy: %v", err)
		return
	}
	p.listener, p.address, p.hushed = l, l.Addr().String(), false
	go p.accept(l)
}

// Reset breaks every connection as a server that crashes does.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.SetLinger(0)
		conn.Close()
	}
	clear(p.conns)
	p.speak.Broadcast()
}

// Hush holds the server's answers back until Speak, Reset or Away.
func (p *Proxy) Hush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hushed = true
}

// Speak passes on what was held back, and what follows.
func (p *Proxy) Speak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hushed = false
	p.speak.Broadcast()
}

// Accepted is the number of connections that clients have opened so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Received is the number of bytes that clients have sent so far.
func (p *Proxy) Received() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.received
}

func (p *Proxy) accept(l net.Listener) {
	for {
		down, err := l.Accept()
		if err != nil {
			return
		}
		p.join(down.(*net.TCPConn))
	}
}

// join connects a client with the server.
func (p *Proxy) join(down *net.TCPConn) {
	conn, err := net.Dial("tcp", p.upstream)
	if err != nil {
		down.SetLinger(0)
		down.Close()
		return
	}
	up := conn.(*net.TCPConn)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		up.Close()
		down.SetLinger(0)
		down.Close()
		return
	}
	p.accepted++
	p.conns[down], p.conns[up] = struct{}{}, struct{}{}
	go p.pass(down, up, p.count)
	go p.pass(up, down, p.await)
}

// pass copies one direction; before is called with each part's size.
func (p *Proxy) pass(from, to *net.TCPConn, before func(n int)) {
	defer p.end(from, to)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		before(n)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) end(conns ...*net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
		delete(p.conns, conn)
	}
}

func (p *Proxy) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received += int64(n)
}

// await waits while the server's answers are held back.
func (p *Proxy) await(int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.hushed && p.listener != nil {
		p.speak.Wait()
	}
}
