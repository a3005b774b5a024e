package containers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// childEnv makes the test binary a bench that provides a backend and then waits:
// "MODE STORE [IMAGE]".
const childEnv = "BENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		beChild(strings.Fields(spec))
		return
	}
	// What removes containers here is this package, not testcontainers' reaper,
	// whose image need not be there.
	os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	status := m.Run()
	for _, image := range built.images {
		exec.Command("docker", "rmi", image).Run()
	}
	os.Exit(status)
}

// childReport is what a child says of what it provided.
type childReport struct {
	Dir, URL string
	PIDs     []int
	Started  []string
}

func beChild(spec []string) {
	var r *Run
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			if r != nil {
				r.Close()
			}
			os.Exit(1)
		}
	}
	r, err := Start(func(line string) { fmt.Fprintln(os.Stderr, line) })
	check(err)
	req := Request{Mode: Mode(spec[0]), Target: target(spec[1])}
	if len(spec) > 2 {
		req.Image = spec[2]
	}
	b, err := r.Provide(context.Background(), req)
	check(err)
	report := childReport{Dir: r.Dir(), URL: b.URL}
	for _, pid := range b.PIDs() {
		started, err := startOf(pid)
		if err != nil && len(report.PIDs) > 0 {
			continue // a child of the server that has ended since
		}
		check(err)
		report.PIDs, report.Started = append(report.PIDs, pid), append(report.Started, started)
	}
	check(json.NewEncoder(os.Stdout).Encode(report))
	io.Copy(io.Discard, os.Stdin) // until the parent closes it, or ends
	check(r.Close())
}

// startChild starts a bench of its own and returns what it provided, and its
// process. It is killed at the end of the test.
func startChild(t *testing.T, spec string) (childReport, *os.Process) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+spec)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	var report childReport
	if err := json.Unmarshal(line, &report); err != nil {
		t.Fatal(err)
	}
	return report, cmd.Process
}

// killChild ends a child as kill -9 does, and waits until it is gone: its folder's
// lock is free no sooner.
func killChild(t *testing.T, child *os.Process) {
	t.Helper()
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := child.Wait(); err != nil {
		t.Fatal(err)
	}
}

// ownTemp gives the test a temporary folder that no other bench uses, and that
// other accounts can pass through as they can through /tmp.
func ownTemp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", dir)
	return dir
}

func target(store string) drivers.Target {
	return drivers.Target{Text: store, Store: drivers.Store{Name: store}}
}

// lines collects what is said.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

func (l *lines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.all, func(line string) bool { return strings.Contains(line, part) })
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// begin starts a run that ends with the test.
func begin(t *testing.T) (*Run, *lines) {
	t.Helper()
	said := new(lines)
	r, err := Start(said.say)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, said
}

// needServer skips the test where the store's server is not installed. The server
// of mongo is mongod here and not the stand-in that the driver's tests take, so it
// is required under that name.
func needServer(t *testing.T, store string) {
	t.Helper()
	if _, err := recipes[store].find(); err != nil {
		name := store
		if store == "mongo" {
			name = "mongod"
		}
		drivertest.Missing(t, name, recipes[store].install)
	}
}

// built are the images that this test binary made.
var built struct {
	sync.Mutex
	images []string
}

// needImage makes an image of the store's installed server and returns its name.
func needImage(t *testing.T, store string) string {
	t.Helper()
	if _, err := connectDocker(t.Context()); err != nil {
		drivertest.Missing(t, "docker", err.Error())
	}
	if _, err := exec.LookPath("docker"); err != nil {
		drivertest.Missing(t, "docker", "the docker command makes the image: "+err.Error())
	}
	needServer(t, store)
	built.Lock()
	defer built.Unlock()
	image := fmt.Sprintf("sessionbench-test/%s:%d", store, os.Getpid())
	if slices.Contains(built.images, image) {
		return image
	}
	if out, err := exec.Command("sh", "testdata/server-image.sh", store, image).CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", image, err, out)
	}
	built.images = append(built.images, image)
	return image
}

// identity is a process that is not mistaken for a later one of its number.
func identity(t *testing.T, pid int) record {
	t.Helper()
	started, err := startOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	return record{PID: pid, Started: started, Name: "server"}
}
