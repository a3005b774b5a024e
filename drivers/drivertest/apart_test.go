package drivertest

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/sessionbench/bench/internal/faultproxy"
)

// What failed for want of a descriptor must work again afterwards, and so must the
// proxy before the server: a client that came meanwhile is served then.
func TestAProxyOutlivesALackOfDescriptors(t *testing.T) {
	t.Parallel()
	Apart(t, func() {
		server, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		go func() {
			for {
				conn, err := server.Accept()
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err != nil { // the proxy may have taken the first descriptors that were given back
					time.Sleep(time.Millisecond)
					continue
				}
				conn.Write([]byte("welcome"))
				conn.Close()
				return
			}
		}()
		p := faultproxy.New(t, server.Addr().String())
		address, err := net.ResolveTCPAddr("tcp4", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(client)
		syscall.SetsockoptTimeval(client, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 20})
		release := UseAllDescriptors(t)
		if err := syscall.Connect(client, &syscall.SockaddrInet4{Port: address.Port, Addr: [4]byte(address.IP.To4())}); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Millisecond) // the proxy finds that it can't accept
		release()
		answer := make([]byte, 16)
		if n, err := syscall.Read(client, answer); err != nil || string(answer[:max(0, n)]) != "welcome" {
			t.Errorf("answered %q, %v", answer[:max(0, n)], err)
		}
	})
}
