package drivertest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sessionbench/bench/internal/faultproxy"
)

// Through puts a proxy before the server that an address names, and gives the
// address that leads through it.
func Through(t testing.TB, address string) (proxy *faultproxy.Proxy, through string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		t.Fatalf("there is no HOST:PORT in the address %q", address)
	}
	proxy = faultproxy.New(t, u.Host)
	return proxy, strings.Replace(address, u.Host, proxy.Addr(), 1)
}

// hasServer tells whether an address is that of a server, and no path.
func hasServer(address string) bool { return strings.Contains(address, "://") }
