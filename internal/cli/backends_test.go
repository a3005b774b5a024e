package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// Every way to provide a server measures it whole: each operation occurs, none
// fails, no promise is broken, both sides' file descriptors are there, and nothing
// is left.
func TestServersAreMeasuredHoweverTheyAreProvided(t *testing.T) {
	t.Setenv("TMPDIR", passable(t))
	for name, args := range map[string]func(t *testing.T) []string{
		"redis by container": func(t *testing.T) []string {
			return []string{"--store=redis", "--backend=container", "--image=redis=" + image(t, "redis")}
		},
		"postgres by container": func(t *testing.T) []string {
			return []string{"--store=postgres", "--backend=container", "--image=postgres=" + image(t, "postgres")}
		},
		"redis by process": func(t *testing.T) []string {
			installed(t, "redis", "redis-server")
			return []string{"--store=redis", "--backend=process"}
		},
		"postgres by process": func(t *testing.T) []string {
			installed(t, "postgres", "/usr/lib/postgresql/*/bin/initdb")
			return []string{"--store=postgres", "--backend=process"}
		},
		"mongo by URL": func(t *testing.T) []string {
			return []string{"--store=mongo=" + mongotest.URL(t), "--set=mongo.autoremove=disabled"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			var stdout, stderr bytes.Buffer
			all := append(args(t), "--out="+out, "--duration=6s", "--warmup=0s", "--sessions=300", "--workers=8", "--no-progress")
			if status := Main(all, &stdout, &stderr); status != exitDone {
				t.Fatalf("exit %d\n%s%s", status, &stdout, &stderr)
			}
			measuredWhole(t, out)
		})
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "bench-run-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// measuredWhole checks the one result in a folder.
func measuredWhole(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d results, %v", len(files), err)
	}
	r, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"login", "read", "write", "logout", "expire", "anonymous"} {
		op := r.Summary.Operations[kind]
		if op == nil || op.Count == 0 || len(op.Errors) > 0 {
			t.Errorf("%s: %+v %v", kind, op, r.Summary.ErrorTexts)
		}
	}
	if v := r.Summary.Violations.Total() + r.Summary.Verify.Total(); v != 0 || r.Summary.Verify.Checked == 0 {
		t.Errorf("violations %+v, read back %+v", r.Summary.Violations, r.Summary.Verify)
	}
	for side, fds := range map[string]*results.Descriptors{"client": r.Summary.FileDescriptors.Client, "server": r.Summary.FileDescriptors.Server} {
		if fds == nil || fds.Peak == 0 {
			t.Errorf("no file descriptors of the %s: %v", side, r.Rounds[0].Unavailable)
		}
	}
	if r.Target.Backend != "container" {
		return
	}
	text, err := exec.Command("docker", "ps", "-aq", "--filter", "label=io.github.sessionbench.run="+r.RunID).CombinedOutput()
	if err != nil || len(text) > 0 {
		t.Errorf("containers left: %s %v", text, err)
	}
}

// passable is a temporary folder that PostgreSQL's own account can pass through.
func passable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func installed(t *testing.T, server, binary string) {
	t.Helper()
	if _, err := exec.LookPath(binary); err == nil {
		return
	}
	if found, err := filepath.Glob(binary); err != nil || len(found) == 0 {
		drivertest.Missing(t, server, "install "+server)
	}
}

// image is a container image of the installed server, made without a registry.
func image(t *testing.T, server string) string {
	t.Helper()
	name := fmt.Sprintf("bench-test-%s:%d", server, os.Getpid())
	makeImage(t, name, "server-image.sh", server, name)
	return name
}

// made are the images that this test binary made.
var made struct {
	sync.Mutex
	images []string
}

// makeImage makes an image by a script, once for all tests.
func makeImage(t *testing.T, name, script string, args ...string) {
	t.Helper()
	if text, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		drivertest.Missing(t, "docker", strings.TrimSpace(string(text)))
	}
	made.Lock()
	defer made.Unlock()
	if slices.Contains(made.images, name) {
		return
	}
	script = filepath.Join("..", "..", "containers", "testdata", script)
	if text, err := exec.Command("sh", append([]string{script}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("make an image: %v\n%s", err, text)
	}
	made.images = append(made.images, name)
}

// withoutImages is a test binary that leaves no image.
type withoutImages struct{ testserver.Main }

func (w withoutImages) Run() int {
	status := w.Main.Run()
	for _, name := range made.images {
		exec.Command("docker", "rmi", "-f", name).Run()
	}
	return status
}
