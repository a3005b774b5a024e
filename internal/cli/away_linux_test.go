package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/faultproxy"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// departure is a server that goes away in the middle of a run.
type departure struct {
	name   string
	args   []string
	loop   []string
	silent bool // it takes what is sent and answers no more
	// open gives the store as --store takes it, and what makes the server go; back
	// brings it back, where it can come back.
	open    func(t *testing.T, r room, silent bool) (store string, away func() error, back func())
	returns bool // it does so after goneFor
	// class is of most failures; empty: of any.
	class string

	room
	target string
	back   func()
	run    *terminal
	failed chan error
}

var (
	closedLoop = []string{"--workers=8"}
	openLoop   = []string{"--rate=200/s", "--max-in-flight=64"}
)

// The server is there in the first second of three. The run ends with the drain, a
// second, and asks for three whether the server is back; the rest is for a machine
// that is busy with other tests.
const (
	stays   = 3 * time.Second
	endsBy  = 30 * time.Second
	goneFor = time.Second
)

func departures() []*departure {
	mongo := []string{"--set=mongo.autoremove=disabled", "--sessions=20"}
	native := []string{"--client=native"}
	return []*departure{
		{name: "redis refuses", loop: closedLoop, open: before("redis", testserver.Redis)},
		{name: "redis refuses, native", loop: closedLoop, args: native, open: before("redis", testserver.Redis), class: "refused"},
		{name: "redis is silent", loop: closedLoop, open: before("redis", testserver.Redis), silent: true, class: "canceled"},
		{name: "redis is silent, open, native", loop: openLoop, args: native, open: before("redis", testserver.Redis), silent: true},
		{name: "postgres refuses", loop: closedLoop, open: before("postgres", testserver.Postgres), class: "refused"},
		{name: "postgres is silent, open", loop: openLoop, open: before("postgres", testserver.Postgres), silent: true},
		{name: "postgres refuses, open, native", loop: openLoop, args: native, open: before("postgres", testserver.Postgres), class: "refused"},
		{name: "mongo refuses", loop: closedLoop, args: mongo, open: before("mongo", mongoDatabase)},
		{name: "mongo is silent", loop: closedLoop, args: mongo, open: before("mongo", mongoDatabase), silent: true},
		{name: "redis is killed, open", loop: openLoop, open: killed("redis", testserver.OwnRedis)},
		{name: "postgres is stopped", loop: closedLoop, open: killed("postgres", testserver.OwnPostgres), class: "refused"},
		{name: "a provided redis is killed", loop: closedLoop, open: startedHere("redis")},
		{name: "a provided redis is killed, open", loop: openLoop, open: startedHere("redis")},
	}
}

func mongoDatabase(t testing.TB) string { return strings.TrimRight(mongotest.URL(t), "/") + "/away" }

// before puts a proxy before a server that others use too.
func before(store string, url func(testing.TB) string) func(*testing.T, room, bool) (string, func() error, func()) {
	return func(t *testing.T, r room, silent bool) (string, func() error, func()) {
		address := url(t)
		p := faultproxy.New(t, hostOf(t, address))
		leave := p.Away
		if silent {
			leave = p.Hush
		}
		back := func() { p.Away(); p.Back() }
		return store + "=" + strings.Replace(address, hostOf(t, address), p.Addr(), 1), func() error { leave(); return nil }, back
	}
}

// killed ends a server of the test's own.
func killed(store string, start func(testing.TB, ...string) *containers.Backend) func(*testing.T, room, bool) (string, func() error, func()) {
	return func(t *testing.T, r room, _ bool) (string, func() error, func()) {
		b := start(t)
		pid := b.PIDs()[0]
		return store + "=" + b.URL, func() error { return kill(store, pid) }, nil
	}
}

// startedHere ends the server that bench itself has started.
func startedHere(store string) func(*testing.T, room, bool) (string, func() error, func()) {
	return func(t *testing.T, r room, _ bool) (string, func() error, func()) {
		installed(t, store, store+"-server")
		return store, func() error {
			records, err := filepath.Glob(filepath.Join(r.temp, "bench-run-*", "*.process"))
			if err != nil || len(records) != 1 {
				return fmt.Errorf("servers %q, %v", records, err)
			}
			text, err := os.ReadFile(records[0])
			if err != nil {
				return err
			}
			var server struct{ PID int }
			if err := json.Unmarshal(text, &server); err != nil {
				return err
			}
			return kill(store, server.PID)
		}, nil
	}
}

// kill ends a server at once. SIGKILL would leave PostgreSQL's shared memory.
func kill(store string, pid int) error {
	if store == "postgres" {
		return syscall.Kill(pid, syscall.SIGQUIT)
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// begin starts the run; its server goes once there are figures.
func (d *departure) begin(t *testing.T, i int, duration time.Duration) {
	t.Helper()
	d.room, d.failed = newRoom(t), make(chan error, 1)
	store, away, back := d.open(t, d.room, d.silent)
	d.target, d.back = store, back
	name := fmt.Sprintf("away%d", i)
	switch {
	case strings.HasPrefix(store, "postgres="):
		d.args = append(d.args, "--set=postgres.table="+name)
	case strings.HasPrefix(store, "mongo="):
		d.args = append(d.args, "--set=mongo.collection="+name)
	case strings.HasPrefix(store, "redis="):
		d.args = append(d.args, "--set=redis.prefix="+name+":")
	default:
		d.args = append(d.args, "--backend=process")
	}
	d.run = d.start(t, slices.Concat([]string{
		"run", "--store=" + store, "--out=" + d.results(), "--warmup=0s", "--sessions=50",
		"--duration=" + duration.String(), "--drain=1s", "--connect-timeout=10s",
	}, d.loop, d.args)...)
	go func() {
		if _, shown := d.run.when(" ops/s"); !shown {
			d.failed <- fmt.Errorf("there were no figures:\n%s", d.run.text())
			return
		}
		err := away()
		if d.returns {
			time.Sleep(goneFor)
			back()
		}
		d.failed <- err
	}()
}

// A server that goes away for good ends no run before its time, and none much
// later; what was measured until then is a result, with the failures and when they
// began, and the status tells of it.
func TestAServerThatGoesAwayForGood(t *testing.T) {
	t.Parallel()
	all := departures()
	for i, d := range all { // all at once, as they mostly wait
		d.begin(t, i, stays)
	}
	for _, d := range all {
		t.Run(d.name, d.check)
	}
}

func (d *departure) check(t *testing.T) {
	if err := <-d.failed; err != nil {
		t.Fatal(err)
	}
	end := ended{d.run.end(t), d.run.stdout.String(), d.run.text()}
	end.wants(t, exitFailed)
	if took := d.run.took(); took > endsBy {
		t.Errorf("it took %v", took)
	}
	result := theOnly(t, d.results())
	d.checkFigures(t, result)
	d.checkEvents(t, result.Rounds[0].Events)
	if !strings.Contains(end.out, "! "+result.Target.Text[:5]) || !strings.Contains(end.out, "requests failed or went unanswered from second ") {
		t.Errorf("the table does not tell:\n%s", end.out)
	}
	d.checkRest(t, end)
}

// took is the time between the first text on the terminal and the last.
func (t *terminal) took() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown[len(t.shown)-1].at.Sub(t.shown[0].at)
}

func (d *departure) checkFigures(t *testing.T, result *results.Result) {
	t.Helper()
	all := result.Summary.Operations["all"]
	failed := all.Count - all.Succeeded()
	if all.Succeeded() == 0 || failed == 0 || result.Summary.DurationSeconds != stays.Seconds() {
		t.Errorf("%d of %d operations in %g s", all.Succeeded(), all.Count, result.Summary.DurationSeconds)
	}
	if d.class != "" && 2*all.Errors[d.class] < failed {
		t.Errorf("errors %v, want %s", all.Errors, d.class)
	}
	if all.Errors["other"] > 0 {
		t.Errorf("of no class: %q", result.Summary.ErrorTexts["other"])
	}
	if v := result.Summary.Violations; v.Total() > 0 || result.Rounds[0].Unavailable["verify"] == "" {
		t.Errorf("violations %+v, not read back because %q", v, result.Rounds[0].Unavailable["verify"])
	}
}

func (d *departure) checkEvents(t *testing.T, events []results.Event) {
	t.Helper()
	var outages []results.Event
	for _, e := range events {
		if e.Kind == "outage" || e.Kind == "recovery" {
			outages = append(outages, e)
		}
	}
	if len(outages) != 1 || outages[0].Second <= 0 || outages[0].Second >= stays.Seconds() {
		t.Errorf("outages %+v", outages)
	}
}

// checkRest looks for what the run left, or said that it left.
func (d *departure) checkRest(t *testing.T, end ended) {
	t.Helper()
	leaves(t, d.temp, "results")
	if running := processesIn(d.temp); len(running) > 0 {
		t.Errorf("still running: %q", running)
	}
	const left = "sessions of this run are left in the store, where bench clean "
	if strings.Contains(d.target, "=") != (strings.Count(end.said, left) == 1) {
		t.Errorf("of what is left it says\n%s", end.said)
	}
	if d.back == nil {
		return
	}
	d.back()
	args := slices.DeleteFunc(slices.Clone(d.args), func(arg string) bool {
		return !strings.HasPrefix(arg, "--set=")
	})
	d.types(t, nil, append([]string{"bench", "clean", d.target}, args...)...).wants(t, exitDone, `removed [1-9]\d* sessions that bench had left`)
	d.types(t, nil, append([]string{"bench", "clean", d.target}, args...)...).wants(t, exitDone, `removed 0 sessions`)
}

// A server that comes back is used again, and the result tells of both.
func TestAServerThatComesBack(t *testing.T) {
	t.Parallel()
	var all []*departure
	for _, d := range departures() {
		if strings.Contains(d.name, "refuses") && !strings.Contains(d.name, "mongo") {
			d.returns, d.name = true, strings.Replace(d.name, "refuses", "comes back", 1)
			all = append(all, d)
		}
	}
	for i, d := range all {
		d.begin(t, 100+i, 2*stays)
	}
	for _, d := range all {
		t.Run(d.name, func(t *testing.T) {
			if err := <-d.failed; err != nil {
				t.Fatal(err)
			}
			end := ended{d.run.end(t), d.run.stdout.String(), d.run.text()}
			end.wants(t, exitDone)
			result := theOnly(t, d.results())
			var kinds []string
			for _, e := range result.Rounds[0].Events {
				if e.Kind == "outage" || e.Kind == "recovery" {
					kinds = append(kinds, e.Kind)
				}
			}
			// A client whose calls wait for the next connection may have no failure to
			// tell of: then the server was only slow.
			waits, series := d.class == "", result.Rounds[0].Series
			if !slices.Equal(kinds, []string{"outage", "recovery"}) && !(waits && len(kinds) == 0) || series[len(series)-2].Count == 0 {
				t.Errorf("events %+v, second by second %+v", result.Rounds[0].Events, series)
			}
			if v := result.Summary; v.Violations.Total() > 0 || v.Verify.Total() > 0 || v.Verify.Checked == 0 {
				t.Errorf("violations %+v, read back %+v", v.Violations, v.Verify)
			}
			leaves(t, d.temp, "results")
		})
	}
}
