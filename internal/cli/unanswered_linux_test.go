package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sessionbench/bench/internal/faultproxy"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// loseSome keeps each fiftieth get, which has the word in it, from the server, and so
// the answer to it from the client.
func loseSome(p *faultproxy.Proxy, word string) {
	gets := 0
	p.Swallow(func(message []byte) bool {
		if !bytes.Contains(message, []byte(word)) {
			return false
		}
		gets++
		return gets%50 == 0
	})
}

// Failures make the figures worse, never better: when a server answers two per cent
// of the gets never, the others are as quick as they were, and there is no 99th
// percentile of all, which an objective misses. The clients have a connection for
// each call, so that none waits behind one that is not answered.
func TestFailuresCountAsSlowerThanAnySuccess(t *testing.T) {
	t.Parallel()
	for store, c := range map[string]struct {
		server func(testing.TB) (url string)
		place  string // the option that keeps two runs apart
		get    string // what only a get sends
		args   []string
	}{
		"redis":    {testserver.Redis, "prefix", "\r\nget\r\n", []string{"--client=native", "--set=redis.pool_size=100", "--rate=400/s"}},
		"postgres": {testserver.Postgres, "table", "SELECT sess ", []string{"--set=postgres.pool_size=50", "--rate=200/s"}},
	} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			in := func(place string) string { return store + "@" + c.place + "=" + place + "=" + c.server(t) }
			target, proxy := behindProxy(t, in("some_answered"))
			loseSome(proxy, c.get)
			args := append([]string{
				"run", "--timeout=1s", "--objective=p99=5ms", "--mix=read=1", "--sessions=200",
				"--warmup=0s", "--duration=3s", "--verify=off", "--no-progress",
			}, c.args...)
			usual, some := newRoom(t), newRoom(t)
			// At the same time, so that the machine is as busy.
			control := usual.start(t, append(args, "--out="+usual.results(), "--store="+in("all_answered"))...)
			run := some.start(t, append(args, "--out="+some.results(), "--store="+target)...)
			control.end(t)
			end := ended{run.end(t), run.stdout.String(), run.text()}
			end.wants(t, exitFailed, `objective p99=5ms missed: the 99th percentile lies among the [12]\.\d % failures`)
			checkUnanswered(t, theOnly(t, some.results()), theOnly(t, usual.results()))
			if !strings.Contains(end.out, "∞") || !strings.Contains(end.out, "timeout (such as: no answer within 1s: ") {
				t.Errorf("the table does not tell:\n%s", end.out)
			}
		})
	}
}

func checkUnanswered(t *testing.T, some, usual *results.Result) {
	t.Helper()
	all := some.Summary.Operations["all"]
	f := all.WithFailures
	if failed := all.Errors["timeout"]; failed < all.Count/60 || failed > all.Count/45 || f.Failures != failed || len(all.Errors) > 1 {
		t.Errorf("errors %v of %d, %d failures", all.Errors, all.Count, f.Failures)
	}
	if f.P50 == nil || f.P95 == nil || f.P99 != nil || f.P999 != nil || !strings.HasPrefix(f.Reason, "the 99th percentile lies among") {
		t.Errorf("with failures %+v", f)
	}
	const noise = 10
	if got, want := all.ServiceTime.P99, usual.Summary.Operations["all"].ServiceTime.P99; got > noise*want {
		t.Errorf("the successes' p99 is %d ns, and %d ns when all are answered", got, want)
	}
	if v := some.Summary.Violations; v.Total() > 0 {
		t.Errorf("violations %+v", v)
	}
}
