//go:build !unix

package postgres

import "net"

// silent can't tell here, so that a connection which was idle is pinged.
func silent(net.Conn) bool { return false }
