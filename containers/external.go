package containers

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gonet "github.com/shirou/gopsutil/v4/net"
	goprocess "github.com/shirou/gopsutil/v4/process"
)

// external is a store that is there already: a server, or for file and sqlite a
// path. A server on this machine is found by the port that it listens on, so that
// what it uses can be read; it is never stopped.
func external(address string) *Backend {
	b := &Backend{Mode: External, URL: address, Network: networkTo(address)}
	switch b.Network {
	case NetworkInProcess:
		b.noPIDs = "the store runs in the client's process"
	case NetworkLoopback:
		pid, err := listener(address)
		if err != nil {
			b.noPIDs = err.Error()
			break
		}
		b.server = neighbour(pid)
	default:
		b.noPIDs = "the server runs on another machine"
	}
	return b
}

// neighbour is a server on this machine that somebody else started.
type neighbour int

func (n neighbour) pids() ([]int, error) { return processTree(int(n)), nil }
func (neighbour) alive() error           { return nil }
func (neighbour) logTail() string        { return "" }

func (neighbour) stop(context.Context) error { return nil }

// relays listen for servers that run elsewhere.
var relays = []string{"docker-proxy", "ssh", "sshd", "haproxy", "nginx", "envoy", "pgbouncer", "kubectl", "socat", "rootlessport", "gvproxy"}

// listener finds the process that listens at the address's port.
func listener(address string) (pid int, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" {
		return 0, fmt.Errorf("the server was not started by this run, and its address names no port to find it by")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("the server was not started by this run, and %q is no port to find it by", u.Port())
	}
	connections, err := gonet.Connections("tcp")
	if err != nil {
		return 0, fmt.Errorf("the server was not started by this run, and can't be looked for: %w", err)
	}
	for _, c := range connections {
		if c.Status != "LISTEN" || c.Laddr.Port != uint32(port) || c.Pid == 0 {
			continue
		}
		p, err := goprocess.NewProcess(c.Pid)
		if err != nil {
			continue
		}
		name, err := p.Name()
		if err == nil && slices.Contains(relays, name) {
			return 0, fmt.Errorf("the server was not started by this run, and %s, which passes on what it gets, listens in its place", name)
		}
		return int(c.Pid), nil
	}
	return 0, fmt.Errorf("the server was not started by this run, and the process that listens on port %d can't be seen", port)
}

// networkTo tells the way to an address from its host alone.
func networkTo(address string) string {
	if !strings.Contains(address, "://") {
		return NetworkInProcess
	}
	u, err := url.Parse(address)
	if err != nil { // several hosts
		return NetworkRemote
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || isSocket(host) {
		return NetworkLoopback
	}
	return NetworkRemote
}

// isSocket tells a path of a Unix socket, which some URLs have in place of a
// host, or no host at all.
func isSocket(host string) bool { return host == "" || strings.HasPrefix(host, "/") }
