//go:build unix

package postgres

import (
	"errors"
	"io"
	"net"
	"testing"
)

// connected is the two ends of a connection.
func connected(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if here, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if there, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		here.Close()
		there.Close()
	})
	return here, there
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestAConnectionIsSilentUntilSomethingArrives(t *testing.T) {
	t.Parallel()
	here, there := connected(t)
	if !silent(here) {
		t.Error("a new connection is not silent")
	}
	send(t, there, "ab")
	one := make([]byte, 1)
	for _, left := range []bool{true, false} {
		if _, err := io.ReadFull(here, one); err != nil {
			t.Fatal(err)
		}
		if silent(here) == left {
			t.Errorf("after %q: silent is %t", one, left)
		}
	}
	there.Close()
	if _, err := here.Read(one); !errors.Is(err, io.EOF) {
		t.Fatalf("read: %v", err)
	}
	if silent(here) {
		t.Error("a connection that the other side ended is silent")
	}
	here.Close()
	if silent(here) {
		t.Error("a closed connection is silent")
	}
}

// pgx starts a reader when a write is slow, and leaves it behind. A look at the
// socket must not wait for it.
func TestALookDoesNotWaitForAReader(t *testing.T) {
	t.Parallel()
	here, there := connected(t)
	read := make(chan struct{})
	go func() {
		one := make([]byte, 1)
		for {
			if _, err := here.Read(one); err != nil {
				return
			}
			read <- struct{}{}
		}
	}()
	for range 100 {
		send(t, there, "a")
		<-read
		if !silent(here) {
			t.Fatal("a connection with a waiting reader is not silent")
		}
	}
}
