package redis

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/faultproxy"
	"github.com/sessionbench/bench/internal/testserver"
)

// troubles bring about each class of failure. With one connection a call that
// leaves it broken, or does not give it back, leaves none for the next.
var troubles = map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble{
	drivers.ClassRefused:          refused,
	drivers.ClassReset:            reset,
	drivers.ClassTooManyOpenFiles: tooManyOpenFiles,
	drivers.ClassPoolExhausted:    outOfClients,
	drivers.ClassBusy:             busy,
	drivers.ClassAuth:             forbidden,
	drivers.ClassReadOnly:         replica,
	drivers.ClassOutOfMemory:      outOfMemory,
}

var one = map[string]string{"pool_size": "1"}

// through is the tests' server behind a proxy. The driver's end leaves no
// connection there.
func through(t testing.TB) (*faultproxy.Proxy, string) {
	t.Helper()
	p, url := drivertest.Through(t, address(t))
	t.Cleanup(func() { until(t, "every connection is closed", func() bool { return p.Open() == 0 }) })
	return p, url
}

// refused is a server that is away. An express call waits for it to come back.
func refused(t testing.TB, client drivers.Client) *drivertest.Trouble {
	p, url := through(t)
	return &drivertest.Trouble{
		URL: url, Settings: one, OpenFails: client == drivers.Express,
		Start: func(testing.TB) { p.Away() },
		StartWith: func(t testing.TB, d drivers.Driver) {
			p.Away()
			drivertest.AwaitFailure(t, d, drivers.ClassRefused)
		},
		Stop: func(testing.TB) { p.Back() },
	}
}

// reset breaks the connection on which a call came.
func reset(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	const prefix = "broken:"
	p, url := through(t)
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "1", "prefix": prefix},
		Start: func(testing.TB) { p.On(prefix, p.Reset) },
		Stop:  func(testing.TB) { p.On("", nil) },
	}
}

// tooManyOpenFiles leaves no descriptor for a second connection, nor for the one
// that express opens with.
func tooManyOpenFiles(t testing.TB, client drivers.Client) *drivertest.Trouble {
	p, url := through(t)
	var give, release func()
	if client == drivers.Express {
		return &drivertest.Trouble{
			URL: url, OpenFails: true,
			Start: func(t testing.TB) { give = drivertest.UseAllDescriptors(t) },
			Stop:  func(testing.TB) { give() },
		}
	}
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "2"},
		StartWith: func(t testing.TB, d drivers.Driver) {
			release = drivertest.Hold(t, d, p)
			give = drivertest.UseAllDescriptors(t)
		},
		Stop: func(testing.TB) { give(); release() },
	}
}

// own is a server for one trouble, with a client of the test's. The driver's end
// leaves no other connection there.
func own(t testing.TB, args ...string) (*goredis.Client, string) {
	t.Helper()
	b := testserver.OwnRedis(t, args...)
	options, err := goredis.ParseURL(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	options.PoolSize = 1
	c := goredis.NewClient(options)
	t.Cleanup(func() {
		awaitAlone(t, c)
		c.Close()
	})
	return c, b.URL
}

// awaitAlone returns once a client is the only one of its server.
func awaitAlone(t testing.TB, c *goredis.Client) {
	t.Helper()
	until(t, "every other connection is closed", func() bool {
		all, err := c.ClientList(context.Background()).Result() // t's context may be over
		return err == nil && strings.Count(all, "\n") == 1
	})
}

// tell sends the server a command that must succeed.
func tell(t testing.TB, c *goredis.Client, words ...any) {
	t.Helper()
	if err := c.Do(t.Context(), words...).Err(); err != nil {
		t.Fatalf("%v: %v", words, err)
	}
}

// outOfClients takes the driver's connection away and all that the server has.
// An express call waits for the next attempt.
func outOfClients(t testing.TB, client drivers.Client) *drivertest.Trouble {
	c, url := own(t, "--maxclients", "8")
	var leave func()
	return &drivertest.Trouble{
		URL: url, Settings: one, OpenFails: client == drivers.Express,
		Start: func(t testing.TB) {
			tell(t, c, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			leave = crowd(t, strings.TrimPrefix(url, "redis://"))
		},
		Stop: func(t testing.TB) { leave(); awaitAlone(t, c) },
	}
}

// crowd opens connections until the server refuses one.
func crowd(t testing.TB, addr string) (leave func()) {
	t.Helper()
	var all []net.Conn
	for {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
		if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(answer, "-ERR max number of clients") {
			break
		}
	}
	return func() {
		for _, conn := range all {
			conn.Close()
		}
	}
}

// busy has the server run a script that does not end by itself.
func busy(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	c, url := own(t, "--lua-time-limit", "1")
	scripting := goredis.NewClient(c.Options())
	t.Cleanup(func() { scripting.Close() })
	var script <-chan error
	return &drivertest.Trouble{
		URL: url, Settings: one,
		Start: func(t testing.TB) {
			script = inBackground(func() error { return scripting.Eval(t.Context(), "while true do end", nil).Err() })
			until(t, "the script runs", func() bool { return c.Ping(t.Context()).Err() != nil })
		},
		Stop: func(t testing.TB) {
			tell(t, c, "SCRIPT", "KILL")
			if err := <-script; err == nil || !strings.Contains(err.Error(), "killed") {
				t.Errorf("the script ended by itself: %v", err)
			}
			scripting.Close()
		},
	}
}

// forbidden takes an account's rights away while it is logged in.
func forbidden(t testing.TB, client drivers.Client) *drivertest.Trouble {
	name := "revoked" + string(client)
	user(t, name, "~*", "+@all")
	return &drivertest.Trouble{
		URL: as(t, name), Settings: one,
		Start: func(t testing.TB) { tell(t, plain(t), "ACL", "SETUSER", name, "-@all") },
		Stop:  func(t testing.TB) { tell(t, plain(t), "ACL", "SETUSER", name, "+@all") },
	}
}

var writes = []drivers.Call{drivers.Set, drivers.Touch, drivers.Destroy}

// replica makes the server a replica, of a master that is away.
func replica(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	c, url := own(t)
	return &drivertest.Trouble{
		URL: url, Settings: one, Calls: writes,
		Start: func(t testing.TB) { tell(t, c, "REPLICAOF", "127.0.0.1", "1") },
		Stop:  func(t testing.TB) { tell(t, c, "REPLICAOF", "NO", "ONE") },
	}
}

// outOfMemory leaves no room for what needs some: set alone.
func outOfMemory(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	c, url := own(t)
	limit := func(bytes int) func(testing.TB) {
		return func(t testing.TB) { tell(t, c, "CONFIG", "SET", "maxmemory", fmt.Sprint(bytes)) }
	}
	return &drivertest.Trouble{URL: url, Settings: one, Calls: []drivers.Call{drivers.Set}, Start: limit(1), Stop: limit(0)}
}
