// Package faultproxy stands before a server so that a test can take the server
// away, cut its connections, or hold its answers back.
package faultproxy

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
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
	word     string
	spoken   func()                 // what to do when a client sends the word; nil: nothing
	swallows func(part []byte) bool // what of a client's does not reach the server; nil: nothing
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

// On calls do each time that a client sends the word, before the server gets to
// see it; nil ends that. The word has to come in one piece, as it does in a
// message of some hundred bytes.
func (p *Proxy) On(word string, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.word, p.spoken = word, do
}

// Swallow keeps from the server what clients send and drop says so of, and so from
// the clients the answer to it; nil ends that. A message has to come in one piece, as
// for On.
func (p *Proxy) Swallow(drop func(message []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallows = drop
}

// Open is the number of connections that clients have open now.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	const ends = 2
	return len(p.conns) / ends
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
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptor is free, as a test may want it: one will be
			time.Sleep(time.Millisecond)
			continue
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

// pass copies one direction, of each part what before leaves of it.
func (p *Proxy) pass(from, to *net.TCPConn, before func(part []byte) []byte) {
	defer p.end(from, to)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if part := before(buffer[:n]); len(part) > 0 {
			if _, err := to.Write(part); err != nil {
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

// count notes what a client sent, does what is to be done on the word, and keeps
// what is to be swallowed.
func (p *Proxy) count(part []byte) []byte {
	p.mu.Lock()
	p.received += int64(len(part))
	do := p.spoken
	if !bytes.Contains(part, []byte(p.word)) {
		do = nil
	}
	if p.swallows != nil && p.swallows(part) {
		part = nil
	}
	p.mu.Unlock()
	if do != nil {
		do()
	}
	return part
}

// await waits while the server's answers are held back.
func (p *Proxy) await(part []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.hushed && p.listener != nil {
		p.speak.Wait()
	}
	return part
}
