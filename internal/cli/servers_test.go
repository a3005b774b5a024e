package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
)

// secret is in every URL below that has a password, and must be nowhere in what
// bench prints or leaves.
const secret = "hunter2-correct-horse"

// aTrouble is a server that bench can't use, and what it says of it.
type aTrouble struct {
	name   string
	target string // as --store takes it
	args   []string
	inTurn bool   // one client after the other, as the first to come makes something
	says   string // the pattern of the one line, whose end tells what to do
	silent bool   // nothing answers: --connect-timeout decides
	status int    // 0: exitUnavailable
}

// run types the command, with each client.
func (c aTrouble) run(t *testing.T) {
	t.Helper()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		t.Run(c.name+", "+string(client), func(t *testing.T) {
			if !c.inTurn {
				t.Parallel()
			}
			args := append([]string{"--store=" + c.target, "--client=" + string(client), "--duration=100ms", "--warmup=0s", "--sessions=64"}, c.args...)
			c.types(t, args...)
		})
	}
}

// clean types bench clean.
func (c aTrouble) clean(t *testing.T) {
	t.Helper()
	t.Run(c.name+", clean", func(t *testing.T) {
		t.Parallel()
		c.types(t, append([]string{"clean", c.target}, c.args...)...)
	})
}

// Two seconds more than --connect-timeout is what bench may take, on a machine
// that does nothing else. These are for one that does: a silent server costs
// silence, and one that answers is not missed for being slow.
const (
	silence      = 700 * time.Millisecond
	answerTime   = 10 * time.Second
	patience     = 15 * time.Second
	longPatience = 30 * time.Second
)

func (c aTrouble) types(t *testing.T, args ...string) {
	t.Helper()
	dir := t.TempDir()
	connect, limit := answerTime, longPatience
	if c.silent {
		connect, limit = silence, patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "bench", append(args, "--connect-timeout="+connect.String())...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	cmd.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+dir, "DOCKER_HOST=unix://"+filepath.Join(dir, "no-docker.sock"))
	err := cmd.Run()
	var ended *exec.ExitError
	if ctx.Err() != nil {
		t.Fatalf("not over after %v\n%s", limit, &said)
	} else if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	want := c.status
	if want == 0 {
		want = exitUnavailable
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("exit status %d, not %d", got, want)
	}
	if out.Len() > 0 {
		t.Errorf("standard output is not empty:\n%s", &out)
	}
	line := said.String()
	if !strings.HasPrefix(line, "bench: ") || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
		t.Errorf("not one line of bench:\n%s", line)
	}
	if pattern := regexp.MustCompile(c.says); !pattern.MatchString(strings.TrimSpace(line)) {
		t.Errorf("said  %swant  %s", line, c.says)
	}
	if strings.Contains(line, secret) {
		t.Errorf("the password is in: %s", line)
	}
	leftNothing(t, dir)
}

// leftNothing wants no result, no folder of a run and no password in a folder.
func leftNothing(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("left: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// servers are the stores that have one, with how a URL begins and ends,
// and the first bytes of the server's answer.
var servers = []struct{ store, scheme, path, title, first string }{
	{"redis", "redis://", "/0", "Redis", "%7\r\n$6\r\nser"},
	{"postgres", "postgres://", "/app", "PostgreSQL", "R\x00\x00"},
	{"mongo", "mongodb://", "/app", "MongoDB", "\x40\x01\x00\x00"},
}

// A server of another kind, or none at all: each store says at which address, and
// what to look at.
func TestNoServerOfTheKind(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	addresses := []struct{ name, address, says string }{
		{"nobody listens", nobody(t), `connection refused: is the TITLE server running, and is this its port\?$`},
		{"no such host", "name.invalid:4711", `lookup name\.invalid.*: is the host's name in the URL right\?$`},
		{"accepts and is silent", listening(t, answering("", false)), `(no answer within 700ms|did not answer in time): is this the port of a TITLE server\? \(.*\)$`},
		{"closes at once", listening(t, func(c net.Conn) { c.Close() }), `: is this the port of a TITLE server\? \(.*\)$`},
		{"answers with garbage", listening(t, answering("\x00\xff\x7fgarbage\r\n\r\n\x01", true)), `: is this the port of a TITLE server\? \(.*\)$`},
		{"a web server", web.Listener.Addr().String(), `: is this the port of a TITLE server\? \(.*\)$`},
	}
	for _, s := range servers {
		for _, a := range addresses {
			c := aTrouble{
				name:   s.store + ", " + a.name,
				target: s.store + "=" + s.scheme + "app:" + secret + "@" + a.address + s.path,
				silent: strings.HasSuffix(a.says, `\(.*\)$`),
				says:   "^bench: open " + s.store + " " + s.scheme + "app:xxxxx@" + a.address + s.path + ": .*" + strings.ReplaceAll(a.says, "TITLE", s.title),
			}
			c.run(t)
			if a.name == "nobody listens" || a.name == "accepts and is silent" {
				c.clean(t)
			}
		}
		aTrouble{
			name:   s.store + ", stops in its first answer",
			target: s.store + "=" + s.scheme + "app:" + secret + "@" + listening(t, answering(s.first, false)) + s.path,
			silent: true,
			says:   `(no answer within 700ms|did not answer in time): is this the port of a ` + s.title + ` server\? \(.*\)$`,
		}.run(t)
	}
}

// One store's URL at another store's port.
func TestAnotherStoresServer(t *testing.T) {
	t.Parallel()
	address := map[string]string{
		"redis": hostOf(t, testserver.Redis(t)), "postgres": hostOf(t, testserver.Postgres(t)), "mongo": hostOf(t, mongotest.URL(t)),
	}
	for _, asked := range servers {
		for _, there := range servers {
			if asked == there {
				continue
			}
			aTrouble{
				name:   asked.store + " at a port of " + there.store,
				target: asked.store + "=" + asked.scheme + "app:" + secret + "@" + address[there.store] + asked.path,
				silent: true,
				says:   `: is this the port of a ` + asked.title + ` server\? \(.*\)$`,
			}.run(t)
		}
	}
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listening does the same with every connection, and closes it when the test ends.
func listening(t *testing.T, do func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go do(c)
		}
	}()
	return l.Addr().String()
}

// answering waits for a request and answers it, and then closes the connection or
// says no more.
func answering(text string, closes bool) func(net.Conn) {
	return func(c net.Conn) {
		_, err := c.Read(make([]byte, 4096))
		if _, werr := c.Write([]byte(text)); err != nil || werr != nil || closes {
			c.Close()
		}
	}
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
	return host
}
