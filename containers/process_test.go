package containers

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// servers are the stores whose server may be installed here.
var servers = []string{"redis", "postgres", "mongo"}

func TestProcessAnswersShowsItsPIDsAndGoesAway(t *testing.T) {
	t.Parallel()
	for _, store := range servers {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			needServer(t, store)
			r, _ := begin(t)
			b, err := r.Provide(t.Context(), Request{Target: target(store), Mode: Process})
			if err != nil {
				t.Fatal(err)
			}
			if b.Mode != Process || b.Network != NetworkLoopback || b.Image != "" {
				t.Errorf("mode %q, network %q, image %q", b.Mode, b.Network, b.Image)
			}
			pids := b.PIDs()
			if len(pids) == 0 || b.PIDsReason() != "" {
				t.Fatalf("PIDs %v, reason %q", pids, b.PIDsReason())
			}
			if store == "postgres" && len(pids) < 2 {
				t.Errorf("PostgreSQL without its children: %v", pids)
			}
			root := identity(t, pids[0])
			if reading, err := ReadProcesses(pids); err != nil || reading.FDs == 0 || reading.RSS == 0 || reading.FDsReason != "" {
				t.Errorf("reading %+v, %v", reading, err)
			}
			if b.LogTail() == "" || b.Alive() != nil {
				t.Errorf("log %q, alive %v", b.LogTail(), b.Alive())
			}
			if err := b.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if root.lives() {
				t.Error("the server lives after Close")
			}
			if err := b.Close(t.Context()); err != nil || b.Alive() == nil || b.PIDs() != nil || b.PIDsReason() == "" {
				t.Errorf("closed: %v, alive %v, PIDs %v, reason %q", err, b.Alive(), b.PIDs(), b.PIDsReason())
			}
		})
	}
}

func TestRunCloseEndsItsServersAndRemovesItsFolder(t *testing.T) {
	t.Parallel()
	needServer(t, "redis")
	r, err := Start(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Process})
	if err != nil {
		t.Fatal(err)
	}
	root := identity(t, b.PIDs()[0])
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if root.lives() {
		t.Error("the server lives")
	}
	if _, err := os.Stat(r.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	if b, err := r.Provide(t.Context(), Request{Target: target("memory")}); err == nil {
		t.Errorf("a closed run provides %+v", b)
	}
}

func TestCloseWithACancelledContextEndsTheServer(t *testing.T) {
	t.Parallel()
	for _, store := range servers {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			needServer(t, store)
			r, _ := begin(t)
			b, err := r.Provide(t.Context(), Request{Target: target(store), Mode: Process})
			if err != nil {
				t.Fatal(err)
			}
			root := identity(t, b.PIDs()[0])
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := b.Close(ctx); err != nil || root.lives() {
				t.Errorf("%v, lives %v", err, root.lives())
			}
		})
	}
}

func TestServerThatEndsShowsTheEndOfItsLog(t *testing.T) {
	t.Parallel()
	for store, wrong := range map[string][]string{
		"redis":    {"--maxmemory", "nonsense"},
		"postgres": {"-c", "max_connections=nonsense"},
		"mongo":    {"--nonsense"},
	} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			needServer(t, store)
			r, _ := begin(t)
			rec := recipes[store]
			rec.args = func(s settings) []string { return append(recipes[store].args(s), wrong...) }
			_, err := r.provideProcess(t.Context(), store, rec, Request{Timeout: time.Minute})
			if err == nil || !strings.Contains(err.Error(), "nonsense") || !strings.Contains(err.Error(), "ended: exit status 1") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// silent is a server that never answers.
func silent(t *testing.T) recipe {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	script := filepath.Join(t.TempDir(), "silent-server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho waiting for nothing\nexec sleep 600\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	rec := redisRecipe
	rec.binary = "silent-server"
	rec.find = func() (string, error) { return script, nil }
	return rec
}

// recorded reads what the run's folder keeps of its only server process.
func recorded(t *testing.T, dir string) record {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+recordSuffix))
	if err != nil || len(found) != 1 {
		t.Fatalf("records %v, %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestServerThatNeverAnswersIsEndedAfterItsTime(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	_, err := r.provideProcess(t.Context(), "redis", silent(t), Request{Timeout: 300 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "silent-server did not answer within 300ms") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
	if p := recorded(t, r.Dir()); p.lives() {
		t.Errorf("%+v lives", p)
	}
}

func TestCancelWhileAServerStartsLeavesNoProcess(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	ctx, cancel := context.WithCancel(t.Context())
	rec := silent(t)
	var lived bool
	rec.answers = func(context.Context, string, settings) error {
		lived = recorded(t, r.Dir()).lives()
		cancel()
		return errors.New("not yet")
	}
	_, err := r.provideProcess(ctx, "redis", rec, Request{Timeout: time.Minute})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if p := recorded(t, r.Dir()); !lived || p.lives() {
		t.Errorf("lived %v, lives %v", lived, p.lives())
	}
}

func TestCancelWhileADataFolderIsMadeLeavesNoProcess(t *testing.T) {
	t.Parallel()
	needServer(t, "postgres")
	r, _ := begin(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.provideProcess(ctx, "postgres", postgresRecipe, Request{Timeout: time.Minute})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestTakenPortIsReplaced(t *testing.T) {
	t.Parallel()
	for _, store := range servers {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			needServer(t, store)
			r, _ := begin(t)
			l, err := net.Listen("tcp", joinPort(loopback, 0))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			taken := l.Addr().(*net.TCPAddr).Port
			rec := recipes[store]
			asked := 0
			rec.args = func(s settings) []string { // the port is taken between the choice and the start
				if asked++; asked == 1 {
					s.port = taken
				}
				return recipes[store].args(s)
			}
			b, err := r.provideProcess(t.Context(), store, rec, Request{Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close(t.Context())
			if asked != 2 {
				t.Errorf("started %d times", asked)
			}
		})
	}
}

func TestAnotherServerAtTheAddressIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	for _, store := range servers {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			needServer(t, store)
			r, _ := begin(t)
			b, err := r.Provide(t.Context(), Request{Target: target(store), Mode: Process})
			if err != nil {
				t.Fatal(err)
			}
			err = recipes[store].answers(t.Context(), b.URL, settings{mark: "bench-00000000-other-1"})
			if !errors.Is(err, errOtherServer) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestKilledBenchLeavesNoServerAndTheNextRemovesItsFolder(t *testing.T) {
	for _, store := range servers {
		t.Run(store, func(t *testing.T) {
			needServer(t, store)
			ownTemp(t)
			report, bench := startChild(t, "process "+store)
			killChild(t, bench)
			if runtime.GOOS == "linux" { // elsewhere the next start ends them
				for i, pid := range report.PIDs {
					if p := (record{PID: pid, Started: report.Started[i]}); !p.endsWithin(20 * time.Second) {
						t.Errorf("process %d lives", pid)
					}
				}
			}
			if _, err := os.Stat(report.Dir); err != nil {
				t.Fatalf("the killed run's folder: %v", err)
			}
			_, said := begin(t)
			if _, err := os.Stat(report.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder is there: %v", err)
			}
			if !said.has("removed the folder " + report.Dir + ", left by a run that was killed") {
				t.Errorf("said %q", said.text())
			}
		})
	}
}

func TestServerMayBeKeptToAProcessor(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can")
	}
	needServer(t, "redis")
	r, _ := begin(t)
	b, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Process, CPUs: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	if got := allowedProcessors(t, b.PIDs()[0]); got != "0" {
		t.Errorf("may use the processors %s", got)
	}
}

// allowedProcessors reads Cpus_allowed_list of /proc/PID/status.
func allowedProcessors(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:")
	list, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(list)
}

func TestMissingBinaryIsToldWithTheWaysToGetOne(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r, _ := begin(t)
	_, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Process})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || len(unavailable.Ways) != 3 {
		t.Fatalf("error %v", err)
	}
	for _, way := range []string{"--store=redis=redis://", "redis:" + redisRecipe.tag, redisRecipe.install} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("%q is not in %q", way, err)
		}
	}
}
