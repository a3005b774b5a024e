package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// A run is interrupted or killed at any moment of its life, a hundred times, and
// leaves nothing. BENCH_TEST_SEED repeats the moments of a failure.
func TestAnInterruptAtAnyMomentLeavesNothing(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("BENCH_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("BENCH_TEST_SEED=%d", seed)
	for i, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			l := &lane{way: w, dir: passable(t), rand: rand.New(rand.NewPCG(seed, uint64(i))), hits: map[string]int{}}
			l.place = w.place(t)
			t.Cleanup(func() { l.tidy(t, l.dir, l.dir) })
			l.measure(t)
			l.strikeAll(t)
		})
	}
}

// way is one way to have a store.
type way struct {
	name   string
	trials int
	phases []string // those long enough to be hit
	// place skips the test where there is no such store; its place gives each
	// trial arguments of its own, and looks for what the trial left.
	place func(t *testing.T) place
}

type place struct {
	env  []string
	args func(trial string) []string // the store's
	left func(t *testing.T, trial string) []string
	// shared says that benches of other tests find what is left here too.
	shared bool
	// after is the argument of bench clean that names the store; nil: there is
	// nothing beyond the run's own folder.
	after func(trial string) []string
}

// The phases of a run, as its terminal shows them.
const (
	starts    = "start"
	provides  = "provide"
	preloads  = "preload"
	warmsUp   = "warm up"
	measures  = "measure"
	readsBack = "read back"
	cleansUp  = "clean up"
	takesAway = "take away"
)

// signs are what begins each phase on the terminal. The measured part begins
// some time after its sign.
var signs = []struct {
	phase, text string
	later       time.Duration
}{
	{provides, "providing ", 0}, {preloads, " preload", 0}, {warmsUp, " warm-up", 0}, {measures, " warm-up", warmUp},
	{readsBack, " read-back", 0}, {cleansUp, " clean-up", 0}, {takesAway, "taking away", 0},
}

const warmUp = 150 * time.Millisecond

// briefly is a run of half a second.
var briefly = []string{"--warmup=" + warmUp.String(), "--duration=300ms", "--sessions=1500", "--workers=4", "--seed=7"}

var (
	server   = []string{starts, provides, preloads, warmsUp, measures, readsBack, takesAway}
	external = []string{starts, provides, preloads, warmsUp, measures, readsBack, cleansUp}
)

var ways = []way{
	{"redis in a container", 14, server, inContainer},
	{"redis in a container, with a reaper", 10, server, withReaper},
	{"redis in a process", 16, server, inProcess("redis", "redis-server")},
	{"postgres in a process", 14, server, inProcess("postgres", "/usr/lib/postgresql/*/bin/initdb")},
	{"redis by URL", 16, external, redisByURL},
	{"postgres by URL", 14, external, postgresByURL},
	{"file by path", 14, external, fileByPath},
	{"sqlite by path", 14, external, sqliteByPath},
}

func inProcess(store, binary string) func(t *testing.T) place {
	return func(t *testing.T) place {
		installed(t, store, binary)
		return place{
			args: func(string) []string { return []string{"--store=" + store, "--backend=process"} },
			left: func(*testing.T, string) []string { return nil },
		}
	}
}

func inContainer(t *testing.T) place {
	image := image(t, "redis")
	return place{
		args: func(string) []string {
			return []string{"--store=redis", "--backend=container", "--image=redis=" + image}
		},
		left:   func(t *testing.T, trial string) []string { return containersOf(t, trial) },
		shared: true,
	}
}

// withReaper has testcontainers' own clean-up do its work beside ours.
func withReaper(t *testing.T) place {
	before := reapers(t)
	p := inContainer(t)
	p.env = reaperEnvironment(t)
	t.Cleanup(func() { // they end some time after the last container
		eventually(t, "reapers", func() []string {
			return slices.DeleteFunc(reapers(t), func(id string) bool { return slices.Contains(before, id) })
		})
	})
	return p
}

// reaperEnvironment turns testcontainers' reaper on. Where its image is not at
// hand, a program that understands it takes its place.
func reaperEnvironment(t *testing.T) []string {
	t.Helper()
	image := "testcontainers/ryuk:0.14.0" // that of testcontainers-go's own default
	if exec.Command("docker", "image", "inspect", image).Run() != nil {
		makeImage(t, image, "reaper-image.sh", image)
	}
	return []string{"TESTCONTAINERS_RYUK_DISABLED=false", "RYUK_RECONNECTION_TIMEOUT=1s", "TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1"}
}

// reapers lists testcontainers' reapers.
func reapers(t *testing.T) []string {
	t.Helper()
	text, err := exec.Command("docker", "ps", "-aq", "--filter", "label=org.testcontainers.ryuk=true").CombinedOutput()
	if err != nil {
		t.Fatalf("docker ps: %v: %s", err, text)
	}
	return strings.Fields(string(text))
}

// eventually waits until nothing is left.
func eventually(t *testing.T, what string, left func() []string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		now := left()
		if len(now) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s left: %q", what, now)
			return
		}
	}
}

// containersOf lists the containers of runs whose folders were below dir.
func containersOf(t *testing.T, dir string) []string {
	const label = "io.github.sessionbench."
	text, err := exec.Command("docker", "ps", "-a", "--filter", "label="+label+"run", "--format", `{{.ID}} of {{.Label "`+label+`dir"}}`).CombinedOutput()
	if err != nil {
		return []string{fmt.Sprintf("docker ps: %v: %s", err, text)}
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, " of "+dir+"/") {
			found = append(found, "container "+strings.TrimSpace(line))
		}
	}
	return found
}

func redisByURL(t *testing.T) place {
	url := testserver.Redis(t)
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	prefix := func(trial string) string { return "signals:" + filepath.Base(trial) + ":" }
	set := func(trial string) string { return "--set=redis.prefix=" + prefix(trial) }
	return place{
		args: func(trial string) []string { return []string{"--store=redis=" + url, set(trial)} },
		left: func(t *testing.T, trial string) []string {
			keys, err := client.Keys(context.Background(), prefix(trial)+"*").Result()
			if err != nil {
				t.Error(err)
			}
			return keys
		},
		after: func(trial string) []string { return []string{"redis=" + url, set(trial)} },
	}
}

func postgresByURL(t *testing.T) place {
	url := testserver.Postgres(t)
	table := func(trial string) string { return "signals " + filepath.Base(trial) }
	set := func(trial string) string { return "--set=postgres.table=" + table(trial) }
	return place{
		args: func(trial string) []string { return []string{"--store=postgres=" + url, set(trial)} },
		left: func(t *testing.T, trial string) []string {
			conn, err := pgx.Connect(context.Background(), url)
			if err != nil {
				t.Error(err)
				return nil
			}
			defer conn.Close(context.Background())
			rows, err := conn.Query(context.Background(), "SELECT 'table ' || tablename FROM pg_tables WHERE tablename = $1", table(trial))
			if err != nil {
				t.Error(err)
				return nil
			}
			tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Error(err)
			}
			return tables
		},
		after: func(trial string) []string { return []string{"postgres=" + url, set(trial)} },
	}
}

func fileByPath(t *testing.T) place {
	return inFolder(func(trial string) string { return "file=" + filepath.Join(trial, "store", "sessions") })
}

func sqliteByPath(t *testing.T) place {
	return inFolder(func(trial string) string {
		return "sqlite@synchronous=off=" + filepath.Join(trial, "store", "sessions.db")
	})
}

func inFolder(target func(trial string) string) place {
	return place{
		args:  func(trial string) []string { return []string{"--store=" + target(trial)} },
		left:  func(_ *testing.T, trial string) []string { return filesBelow(filepath.Join(trial, "store")) },
		after: func(trial string) []string { return []string{target(trial)} },
	}
}

// filesBelow lists what is in a folder, folders without files left out.
func filesBelow(dir string) []string {
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		files = append(files, err.Error())
	}
	return files
}

// The reaper does its part for a bench that was killed: its container goes without
// another start. What is left then is the run's folder.
func TestAReaperRemovesTheContainerOfAKilledRun(t *testing.T) {
	t.Parallel()
	l := &lane{way: way{name: "reaper"}, place: withReaper(t), dir: passable(t)}
	tr := l.start(t)
	if _, shown := tr.when(" warm-up"); !shown || len(containersOf(t, tr.dir)) != 1 {
		t.Fatalf("containers %q\n%s", containersOf(t, tr.dir), tr.text())
	}
	if err := tr.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	tr.end(t)
	eventually(t, "containers", func() []string { return containersOf(t, tr.dir) })
	l.checkKilled(t, tr, "after the reaper")
}

// lane is a test's trials with one way to have a store.
type lane struct {
	way
	place
	dir    string
	rand   *rand.Rand
	length map[string]time.Duration // of each phase
	made   int
	hits   map[string]int // by phase
}

// trial is one run of its own.
type trial struct {
	dir, temp, out string
	*terminal
	began time.Time
}

func (l *lane) start(t *testing.T) trial {
	t.Helper()
	l.made++
	tr := trial{dir: filepath.Join(l.dir, strconv.Itoa(l.made))}
	tr.temp, tr.out = filepath.Join(tr.dir, "tmp"), filepath.Join(tr.dir, "results")
	for _, dir := range []string{tr.dir, tr.temp, filepath.Join(tr.dir, "store")} {
		if err := errors.Join(os.Mkdir(dir, 0o711), os.Chmod(dir, 0o711)); err != nil {
			t.Fatal(err)
		}
	}
	tr.began = time.Now()
	var err error
	if tr.terminal, err = atTerminal(tr.dir, l.environment(tr.temp), slices.Concat([]string{"bench", "--out=" + tr.out}, briefly, l.args(tr.dir))...); err != nil {
		t.Fatal(err)
	}
	return tr
}

// begins tells when a phase began.
func (tr trial) begins(phase string) (time.Time, bool) {
	if phase == starts {
		return tr.began, true
	}
	for _, s := range signs {
		if s.phase == phase {
			at, ok := tr.when(s.text)
			return at.Add(s.later), ok
		}
	}
	return time.Time{}, false
}

// phaseAt tells the phase of a moment from what was shown until then.
func (tr trial) phaseAt(at time.Time) string {
	phase := starts
	for _, s := range signs {
		tr.mu.Lock()
		began, shown := tr.first(s.text)
		tr.mu.Unlock()
		if shown && !at.Before(began.Add(s.later)) {
			phase = s.phase
		}
	}
	return phase
}

// measure learns from a run that nothing disturbs how long each phase is.
func (l *lane) measure(t *testing.T) {
	t.Helper()
	tr := l.start(t)
	if status := tr.end(t); status != exitDone {
		t.Fatalf("exit %d\n%s", status, tr.text())
	}
	ended := time.Now()
	l.length = map[string]time.Duration{}
	for i, phase := range l.phases {
		began, shown := tr.begins(phase)
		if !shown {
			t.Fatalf("%s was not shown:\n%s", phase, tr.text())
		}
		until := ended
		if i+1 < len(l.phases) {
			until, _ = tr.begins(l.phases[i+1])
		}
		l.length[phase] = until.Sub(began)
	}
	l.nothingLeft(t, tr)
}

// strikeAll makes the trials, and further ones for phases that were always over
// too soon.
func (l *lane) strikeAll(t *testing.T) {
	for i := range l.trials {
		l.strike(t, l.phases[i%len(l.phases)], l.rand.Float64(), l.signal(i))
	}
	for _, phase := range l.phases {
		for range 20 {
			if l.hits[phase] > 0 {
				break
			}
			l.strike(t, phase, 0, syscall.SIGINT)
		}
		if l.hits[phase] == 0 {
			t.Errorf("no signal came in the phase %q", phase)
		}
	}
	t.Logf("%d runs, signals by phase: %v", l.made, l.hits)
}

// signal draws one: a quarter of them kill.
func (l *lane) signal(i int) syscall.Signal {
	if i%4 == 3 {
		return syscall.SIGKILL
	}
	return []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[l.rand.IntN(3)]
}

// strike sends a signal a part of the way into a phase, which is taken to be as
// long as in the run that was measured, and looks for what is left. A run that is
// over by then is no trial, and is repeated.
func (l *lane) strike(t *testing.T, phase string, part float64, sig syscall.Signal) {
	t.Helper()
	tries := 10
	for ; tries > 0; tries, part = tries-1, part/2 {
		tr := l.start(t)
		began, _ := tr.begins(phase)
		time.Sleep(time.Until(began.Add(time.Duration(part * float64(l.length[phase])))))
		at := time.Now()
		sent := tr.cmd.Process.Signal(sig)
		status := tr.end(t)
		if sent != nil || status == exitDone || status == exitFailed {
			continue
		}
		hit := tr.phaseAt(at)
		l.hits[hit]++
		what := fmt.Sprintf("%v in the phase %q", sig, hit)
		if sig == syscall.SIGKILL {
			l.checkKilled(t, tr, what)
		} else {
			l.checkInterrupted(t, tr, hit, what, status)
		}
		return
	}
	t.Errorf("ten runs were over before a signal in the phase %q", phase)
}

func (l *lane) checkInterrupted(t *testing.T, tr trial, hit, what string, status int) {
	t.Helper()
	// Before bench has said anything a signal may have its own effect.
	if status != exitInterrupted && !(hit == starts && status > 128) {
		t.Errorf("%s: exit %d\n%s", what, status, tr.text())
	}
	if text := tr.text(); strings.Contains(text, "goroutine ") || hit != starts && !strings.Contains(text, "interrupted") {
		t.Errorf("%s: it says\n%s", what, text)
	}
	saved := filesBelow(tr.out)
	if len(saved) > 1 || len(saved) == 0 && slices.Contains([]string{readsBack, cleansUp, takesAway}, hit) {
		t.Errorf("%s: results %q\n%s", what, saved, tr.text())
	}
	for _, path := range saved {
		r, err := results.Read(path)
		whole := strings.Contains(tr.text(), "interrupted while what was provided was taken away")
		if err != nil || r.Interrupted == whole {
			t.Errorf("%s: result %+v, %v\n%s", what, r, err, tr.text())
		}
	}
	l.nothingLeft(t, tr)
}

// checkKilled wants no process of a killed run, and the rest removed when it is
// asked for, or by the next start.
func (l *lane) checkKilled(t *testing.T, tr trial, what string) {
	t.Helper()
	eventually(t, what+": processes", func() []string { return processesIn(tr.temp) })
	folders, err := filepath.Glob(filepath.Join(tr.temp, "bench-run-*"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "--store=memory", "--warmup=0s", "--duration=300ms", "--sessions=10", "--workers=1", "--out=" + filepath.Join(tr.temp, "other")}
	if l.after != nil {
		args = append([]string{"clean"}, l.after(tr.dir)...)
	}
	text := l.bench(t, tr.temp, args...)
	for _, folder := range folders {
		if !l.shared && !strings.Contains(text, "removed the folder "+folder+", left by a run that was killed") {
			t.Errorf("%s: then it does not say that %s was removed:\n%s", what, folder, text)
		}
	}
	l.tidy(t, tr.dir, tr.temp)
	if err := os.RemoveAll(filepath.Join(tr.temp, "other")); err != nil {
		t.Fatal(err)
	}
	l.nothingLeft(t, tr)
}

// bench runs it to its end in a trial's temporary folder.
func (l *lane) bench(t *testing.T, temp string, args ...string) string {
	t.Helper()
	cmd := exec.Command("bench", args...)
	cmd.Env = append(os.Environ(), l.environment(temp)...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("bench %q: %v\n%s", args, err, text)
	}
	return string(text)
}

// environment is that of the benches of a trial. Only those that need it have a
// Docker daemon within reach.
func (l *lane) environment(temp string) []string {
	if l.shared {
		return append([]string{"TMPDIR=" + temp}, l.env...)
	}
	return room{temp}.environment()
}

// tidy removes containers below a folder as long as they turn up: Docker goes on
// to make one for a bench that was killed when it had asked for it.
func (l *lane) tidy(t *testing.T, dir, temp string) {
	t.Helper()
	if !l.shared {
		return
	}
	eventually(t, "containers", func() []string {
		found := containersOf(t, dir)
		if len(found) > 0 {
			l.bench(t, temp, "clean")
		}
		return found
	})
}

// nothingLeft looks for a process, a folder, a container, a session, a table. A
// container that is gone may be listed a moment longer.
func (l *lane) nothingLeft(t *testing.T, tr trial) {
	t.Helper()
	if l.shared {
		eventually(t, "containers", func() []string { return containersOf(t, tr.dir) })
	}
	left := slices.Concat(processesIn(tr.temp), l.left(t, tr.dir))
	entries, err := os.ReadDir(tr.temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, filepath.Join(tr.temp, e.Name()))
	}
	if len(left) > 0 {
		t.Errorf("left: %q, by\n%s", left, tr.text())
	}
}
