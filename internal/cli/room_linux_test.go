package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sessionbench/bench/results"
)

// room is a temporary and working folder that the benches in it share, without a
// Docker daemon.
type room struct{ temp string }

func newRoom(t *testing.T) room {
	t.Helper()
	return room{passable(t)}
}

func (r room) environment() []string {
	return []string{"TMPDIR=" + r.temp, "DOCKER_HOST=unix://" + r.temp + "/no-docker.sock"}
}

// bench runs it to its end.
func (r room) bench(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	cmd := exec.Command("bench", args...)
	cmd.Env, cmd.Dir = append(os.Environ(), r.environment()...), r.temp
	var text bytes.Buffer
	cmd.Stderr = &text
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return shellStatus(cmd.ProcessState), text.String()
}

// start starts it at a terminal of its own.
func (r room) start(t *testing.T, args ...string) *terminal {
	t.Helper()
	return r.startAs(t, append([]string{"bench"}, args...)...)
}

// startAs starts it by another command.
func (r room) startAs(t *testing.T, command ...string) *terminal {
	t.Helper()
	run, err := atTerminal(r.temp, r.environment(), command...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.cmd.Process.Kill() // gone, unless the test failed
		<-run.ended
	})
	return run
}

// until waits for a text on the terminal.
func (t *terminal) until(tb testing.TB, text string) {
	tb.Helper()
	if _, shown := t.when(text); !shown {
		tb.Fatalf("it never says %q:\n%s", text, t.text())
	}
}

func (t *terminal) signal(tb testing.TB, sig syscall.Signal) {
	tb.Helper()
	if err := t.cmd.Process.Signal(sig); err != nil {
		tb.Fatalf("%v: %v\n%s", sig, err, t.text())
	}
}

// runFolders are those of the room's runs.
func (r room) runFolders(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(r.temp, "bench-run-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// theOnly reads the one result in a folder.
func theOnly(t *testing.T, dir string) *results.Result {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("results %q, %v", files, err)
	}
	r, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}
