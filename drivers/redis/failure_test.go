package redis

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

const secret = "hunter2-do-not-print"

// as gives the server's URL with a user and the password.
func as(t testing.TB, user string) string {
	t.Helper()
	u, err := url.Parse(address(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, secret)
	return u.String()
}

// user makes an account with rights in ACL's language.
func user(t testing.TB, name string, rights ...any) {
	t.Helper()
	if err := plain(t).Do(t.Context(), append([]any{"ACL", "SETUSER", name, "reset", "on", ">" + secret}, rights...)...).Err(); err != nil {
		t.Fatal(err)
	}
}

// mute is the address of a server that accepts and never answers.
func mute(t *testing.T) string {
	t.Helper()
	p, _ := through(t)
	p.Hush()
	return "redis://:" + secret + "@" + p.Addr()
}

// refusing is an address where nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	p, _ := through(t)
	p.Away()
	return "redis://:" + secret + "@" + p.Addr()
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		user(t, "right"+string(client), "~*", "+@all")
		user(t, "noping"+string(client), "~*", "+@all", "-ping")
		wrong := strings.Replace(as(t, "right"+string(client)), secret, secret+"x", 1)
		for _, c := range []struct {
			name, url string
			class     drivers.Class
		}{
			{"refused", refusing(t), drivers.ClassRefused},
			{"no answer", mute(t), drivers.ClassTimeout},
			{"wrong password", wrong, drivers.ClassAuth},
			{"unknown user", as(t, "nobody"), drivers.ClassAuth},
			{"no right", as(t, "noping"+string(client)), drivers.ClassAuth},
			{"no such socket", "unix:///nowhere/redis.sock", drivers.ClassOther},
			{"no such database", address(t) + "/4711", drivers.ClassOther},
			{"parameter", address(t) + "?pool_size=3", drivers.ClassOther},
			{"no URL", "redis://:" + secret + "%zz@127.0.0.1", drivers.ClassOther},
			{"no TLS there", strings.Replace(address(t), "redis:", "rediss:", 1), drivers.ClassOther},
		} {
			cfg := config(t, c.url, client)
			if c.name == "no answer" {
				cfg.ConnectTimeout = 100 * time.Millisecond
			}
			if c.name == "no TLS there" { // a server that waits for more of what is no command
				cfg.ConnectTimeout = time.Second
			}
			d, err := drivers.Open(t.Context(), "redis", cfg)
			if err == nil {
				t.Errorf("%s: no error", c.name)
				d.Close()
				continue
			}
			t.Logf("%s: %v", c.name, err)
			if c.name != "no TLS there" && drivers.Classify(err) != c.class {
				t.Errorf("%s: %v, classed %s; want %s", c.name, err, drivers.Classify(err), c.class)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: the password or several lines: %v", c.name, err)
			}
		}
	})
}

func TestOpenWithCredentialsAndDatabase(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		name := "db" + string(client)
		user(t, name, "~*", "+@all")
		prefix := place()
		d := connect(t, config(t, as(t, name)+"/3", client, "prefix", prefix))
		if err := d.Set(t.Context(), drivertest.Record("id", time.Hour, 0, "")); err != nil {
			t.Fatal(err)
		}
		c := plain(t)
		if n := c.Exists(t.Context(), prefix+"id").Val(); n != 0 {
			t.Error("the session is in database 0")
		}
		conn := c.Conn()
		defer conn.Close()
		if err := conn.Select(t.Context(), 3).Err(); err != nil {
			t.Fatal(err)
		}
		if n := conn.Exists(t.Context(), prefix+"id").Val(); n != 1 {
			t.Error("the session is not in database 3")
		}
	})
}

func TestRefusedCommandsAreClassed(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		name := "reader" + string(client)
		user(t, name, "~*", "+@all", "-set", "-config")
		d := connect(t, config(t, as(t, name), client, "prefix", place()))
		err := d.Set(t.Context(), drivertest.Record("id", time.Hour, 0, ""))
		if drivers.Classify(err) != drivers.ClassAuth || !strings.Contains(err.Error(), "SET ") {
			t.Errorf("set: %v, classed %s; want %s and the command", err, drivers.Classify(err), drivers.ClassAuth)
		}
		if err := d.Load(t.Context(), func(yield func(drivers.Record) bool) {
			for n := range 1000 {
				if !yield(drivertest.Record("id", time.Hour, n, "")) {
					return
				}
			}
		}); drivers.Classify(err) != drivers.ClassAuth {
			t.Errorf("load: %v, classed %s; want %s", err, drivers.Classify(err), drivers.ClassAuth)
		}
		in, err := d.Inspect(t.Context())
		if err != nil || in.Version == "" || in.Durability != "" || len(in.Settings) != 0 {
			t.Errorf("inspect without CONFIG: %+v, %v; want the version alone", in, err)
		}
	})
}

func TestNativeCallsWaitForAConnection(t *testing.T) {
	t.Parallel()
	p, url := through(t)
	d := connect(t, config(t, url, drivers.Native, "prefix", place(), "pool_size", "1"))
	var idle drivers.Trace
	if _, err := d.Get(drivers.WithTrace(t.Context(), &idle), "id"); err != drivers.ErrNotFound || !idle.Pooled || idle.PoolWait != 0 {
		t.Errorf("get from an idle pool: %v, %+v", err, idle)
	}
	p.Hush()
	holding, release := context.WithCancel(t.Context())
	first := inBackground(func() error { return second(d.Get(holding, "id")) })
	until(t, "the connection is taken", func() bool { return len(d.client.(*pool).slots) == 1 })
	var waited drivers.Trace
	ctx, cancel := context.WithTimeout(drivers.WithTrace(t.Context(), &waited), 20*time.Millisecond)
	defer cancel()
	if _, err := d.Get(ctx, "id"); drivers.Classify(err) != drivers.ClassPoolExhausted || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("get from an exhausted pool: %v, classed %s; want %s", err, drivers.Classify(err), drivers.ClassPoolExhausted)
	}
	if !waited.Pooled || waited.PoolWait <= 0 {
		t.Errorf("the wait for a connection was not noted: %+v", waited)
	}
	release()
	if err := <-first; drivers.Classify(err) != drivers.ClassCanceled {
		t.Errorf("the cancelled call: %v, classed %s; want %s", err, drivers.Classify(err), drivers.ClassCanceled)
	}
}

func TestCloseEndsNativeCallsThatWait(t *testing.T) {
	t.Parallel()
	p, url := through(t)
	d := connect(t, config(t, url, drivers.Native, "pool_size", "1"))
	p.Hush()
	get := inBackground(func() error { return second(d.Get(t.Context(), "id")) })
	until(t, "the call is under way", func() bool { return len(d.client.(*pool).slots) == 1 })
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := <-get; !errors.Is(err, drivers.ErrClosed) {
		t.Errorf("%v; want an error that wraps ErrClosed", err)
	}
}

func TestExpressHasNoPool(t *testing.T) {
	t.Parallel()
	d, err := drivers.Open(t.Context(), "redis", config(t, address(t), drivers.Express, "pool_size", "5"))
	if err == nil {
		d.Close()
		t.Error("a pool of 5 was accepted")
	}
}

func TestErrorRepliesHaveTheirClass(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]drivers.Class{
		"NOAUTH Authentication required.":                                   drivers.ClassAuth,
		"WRONGPASS invalid username-password pair or user is disabled.":     drivers.ClassAuth,
		"NOPERM this user has no permissions to run the 'set' command":      drivers.ClassAuth,
		"ERR max number of clients reached":                                 drivers.ClassPoolExhausted,
		"OOM command not allowed when used memory > 'maxmemory'.":           drivers.ClassOutOfMemory,
		"READONLY You can't write against a read only replica.":             drivers.ClassReadOnly,
		"MISCONF Redis is configured to save RDB snapshots":                 drivers.ClassReadOnly,
		"LOADING Redis is loading the dataset in memory":                    drivers.ClassBusy,
		"BUSY Redis is busy running a script.":                              drivers.ClassBusy,
		"MASTERDOWN Link with MASTER is down":                               drivers.ClassBusy,
		"CLUSTERDOWN The cluster is down":                                   drivers.ClassBusy,
		"MOVED 3999 127.0.0.1:6381":                                         drivers.ClassOther,
		"WRONGTYPE Operation against a key holding the wrong kind of value": drivers.ClassOther,
	} {
		if got := drivers.Classify(classify(serverError(text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestDurabilityFollowsTheSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		save, aof, fsync string
		want             drivers.Durability
	}{
		{"", "no", "everysec", drivers.DurabilityNone},
		{"3600 1 300 100 60 10000", "no", "everysec", drivers.DurabilitySeconds},
		{"", "yes", "everysec", drivers.DurabilitySeconds},
		{"", "yes", "no", drivers.DurabilitySeconds},
		{"3600 1", "yes", "always", drivers.DurabilityCommit},
	} {
		got := durability(map[string]string{"save": c.save, "appendonly": c.aof, "appendfsync": c.fsync})
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if got := durability(map[string]string{"appendonly": "no"}); got != "" {
		t.Errorf("without save: %q, want unknown", got)
	}
}

func TestTLSFilesThatAreWrong(t *testing.T) {
	t.Parallel()
	empty := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range []drivers.TLSFiles{{CA: "/nowhere/ca.pem"}, {CA: empty}, {Cert: "/nowhere/cert.pem", Key: "/nowhere/key.pem"}} {
		cfg := config(t, "rediss://127.0.0.1:1", drivers.Express)
		cfg.TLS = files
		if _, err := parse(cfg); err == nil {
			t.Errorf("%+v was accepted", files)
		}
		cfg.URL = "redis://127.0.0.1:1"
		if _, err := parse(cfg); err != nil {
			t.Errorf("%+v matters without TLS: %v", files, err)
		}
	}
}
