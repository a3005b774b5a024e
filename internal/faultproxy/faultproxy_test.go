package faultproxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// echo is a server that answers each line with the same line.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.Copy(conn, conn)
			}()
		}
	}()
	return l.Addr().String()
}

type client struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, p *Proxy) client {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client{conn, bufio.NewReader(conn)}
}

func (c client) ask(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (c client) answers(t *testing.T, want string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if got, err := c.lines.ReadString('\n'); err != nil || got != want+"\n" {
		t.Errorf("answer %q, %v; want %q", got, err, want)
	}
}

func TestAnswersPassThrough(t *testing.T) {
	p := New(t, echo(t))
	for _, line := range []string{"a", "bc"} {
		c := dial(t, p)
		c.ask(t, line)
		c.answers(t, line)
	}
	if p.Accepted() != 2 || p.Received() != 5 {
		t.Errorf("%d connections, %d bytes; want 2 and 5", p.Accepted(), p.Received())
	}
}

func TestHushHoldsAnswersBack(t *testing.T) {
	p := New(t, echo(t))
	c := dial(t, p)
	p.Hush()
	c.ask(t, "a")
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if got, err := c.lines.ReadString('\n'); err == nil {
		t.Errorf("an answer while hushed: %q", got)
	}
	p.Speak()
	c.answers(t, "a")
}

func TestResetBreaksConnectionsAndTakesNewOnes(t *testing.T) {
	for _, hushed := range []bool{false, true} {
		p := New(t, echo(t))
		c := dial(t, p)
		c.ask(t, "a")
		c.answers(t, "a")
		if hushed {
			p.Hush()
			c.ask(t, "b")
		}
		p.Reset()
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("hushed %t: %v, want a reset", hushed, err)
		}
		p.Speak()
		again := dial(t, p)
		again.ask(t, "c")
		again.answers(t, "c")
	}
}

func TestAwayRefusesUntilBack(t *testing.T) {
	p := New(t, echo(t))
	p.Away()
	if conn, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, %v; want a refusal", conn, err)
	}
	p.Back()
	c := dial(t, p)
	c.ask(t, "a")
	c.answers(t, "a")
}

func TestOnAWordTheConnectionCanBeBroken(t *testing.T) {
	p := New(t, echo(t))
	c := dial(t, p)
	p.On("no", p.Reset)
	c.ask(t, "yes")
	c.answers(t, "yes")
	c.ask(t, "oh no")
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
	p.On("", nil)
	again := dial(t, p)
	again.ask(t, "no")
	again.answers(t, "no")
}

func TestWhatIsSwallowedIsNotAnswered(t *testing.T) {
	p := New(t, echo(t))
	p.Swallow(func(message []byte) bool { return string(message) == "no\n" })
	c := dial(t, p)
	c.ask(t, "no")
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if got, err := c.lines.ReadString('\n'); err == nil {
		t.Errorf("%q is answered", got)
	}
	c.ask(t, "yes")
	c.answers(t, "yes")
	p.Swallow(nil)
	c.ask(t, "no")
	c.answers(t, "no")
}

func TestOpenConnectionsAreCounted(t *testing.T) {
	p := New(t, echo(t))
	for range 2 {
		c := dial(t, p)
		c.ask(t, "a")
		c.answers(t, "a")
		if p.Open() != 1 {
			t.Errorf("%d connections, want 1", p.Open())
		}
		c.Close()
		for deadline := time.Now().Add(30 * time.Second); p.Open() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the connection still counts")
			}
		}
	}
}
