//go:build unix

package postgres

import (
	"crypto/tls"
	"net"
	"syscall"
)

// silent tells whether the server has sent nothing that was not read, its end of
// the connection included.
func silent(conn net.Conn) bool {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	s, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var peeked error
	var one [1]byte
	// Not raw.Read, which would wait for a reader: pgx leaves one behind after a
	// slow write. The socket itself does not block.
	err = raw.Control(func(fd uintptr) {
		_, _, peeked = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
	})
	return err == nil && (peeked == syscall.EAGAIN || peeked == syscall.EWOULDBLOCK)
}
