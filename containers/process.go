package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

const loopback = "127.0.0.1"

// home is what one server process has of its own.
type home struct {
	dir     string // its folder
	binary  string
	account *account // nil: the one of this process
	cpus    []int
	args    []string // further ones of the server
	settings
}

// command is one process to start in a home.
type command struct {
	path        string
	args        []string
	home        *home
	log         string // the file that gets what it writes
	deathSignal syscall.Signal
	stop        []stopStep
}

// process is a child of this process that ends with it.
type process struct {
	name    string
	pid     int
	steps   []stopStep
	logFile string
	done    chan struct{} // closed when the child was waited for
	exit    error         // how it ended; valid after done
}

// startProcess starts a child in its home. The child gets its death signal when this process dies, even by SIGKILL. The kernel sends it when
// the thread that started the child ends, so that a goroutine holds that thread
// until the child is gone. A group of its own keeps a Ctrl-C at the terminal
// from the child: the run ends in order first.
func startProcess(c command) (*process, error) {
	log, err := os.OpenFile(c.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", filepath.Base(c.path), err)
	}
	defer log.Close()
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir, cmd.Env = c.home.dir, environment(c.home.dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes(c.home.account, c.deathSignal)
	p := &process{name: filepath.Base(c.path), steps: c.stop, logFile: c.log, done: make(chan struct{})}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := pinThread(c.home.cpus)
		if err == nil {
			err = cmd.Start()
		}
		begun <- err
		if err != nil {
			return
		}
		p.exit = cmd.Wait()
		close(p.done)
	}()
	if err := <-begun; err != nil {
		if c.home.account != nil && errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w: the server's account must pass through %s; set TMPDIR to a folder that it can", err, os.TempDir())
		}
		return nil, fmt.Errorf("start %s: %w", c.path, err)
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

// environment is what a server gets of ours: nothing that could configure it
// (PGPORT, PGOPTIONS) and messages in one language.
func environment(dir string) []string {
	env := []string{"HOME=" + dir, "LC_ALL=C"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "TZ", "TMPDIR", "SystemRoot"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func (p *process) pids() ([]int, error) {
	select {
	case <-p.done:
		return nil, p.alive()
	default:
		return processTree(p.pid), nil
	}
}

func (p *process) alive() error {
	select {
	case <-p.done:
		if p.exit == nil {
			return fmt.Errorf("%s (pid %d) ended", p.name, p.pid)
		}
		return fmt.Errorf("%s (pid %d) ended: %w", p.name, p.pid, p.exit)
	default:
		return nil
	}
}

func (p *process) logTail() string { return tailOfFile(p.logFile) }

// stop asks the process to end in the ways its recipe has, then kills it with
// its children. Once ctx is over, only the last, quickest way is taken before.
func (p *process) stop(ctx context.Context) error {
	for i, step := range p.steps {
		until := ctx
		if i == len(p.steps)-1 {
			until = context.WithoutCancel(ctx)
		}
		if until.Err() == nil && p.endsAfter(until, step) {
			return nil
		}
	}
	if p.alive() != nil {
		return nil // and its number may be another's by now
	}
	for _, pid := range processTree(p.pid) {
		_ = signalProcess(pid, syscall.SIGKILL) // an error: it is gone
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s (pid %d) survived SIGKILL for 10s", p.name, p.pid)
	}
}

// endsAfter sends the step's signal and waits for the end of the process, for
// the step's time and not beyond ctx.
func (p *process) endsAfter(ctx context.Context, step stopStep) bool {
	if p.alive() != nil {
		return true
	}
	// An error means that it is gone, or that this system has no such signal.
	_ = signalProcess(p.pid, step.signal)
	timer := time.NewTimer(step.wait)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// signalProcess sends a signal to a process by number.
func signalProcess(pid int, sig syscall.Signal) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer p.Release()
	if sig == syscall.SIGKILL {
		return p.Kill()
	}
	return p.Signal(sig)
}

// record is what a run's folder keeps of a server process, for the case that the
// run is killed and the server is not.
type record struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // tells it from a later process of the same number
	Name    string `json:"name"`
}

// recordSuffix, after a home's name, is its record's: beside the home, which may
// belong to another account.
const recordSuffix = ".process"

func (p *process) record(home string) error {
	started, err := startOf(p.pid)
	if err != nil {
		return nil // it has ended, or there is no /proc, where it could be found later
	}
	text, err := json.Marshal(record{PID: p.pid, Started: started, Name: p.name})
	if err != nil {
		return err
	}
	return os.WriteFile(home+recordSuffix, text, 0o600)
}

// provideProcess starts the store's installed server and waits for its answer.
func (r *Run) provideProcess(ctx context.Context, store string, rec recipe, req Request) (b *Backend, err error) {
	defer func() { err = noRoom(err) }()
	binary, err := rec.find()
	if err != nil {
		return nil, &missingError{fmt.Errorf("find %s: %w", rec.binary, err)}
	}
	h, err := r.newHome(store, binary, rec)
	if err != nil {
		return nil, err
	}
	h.cpus, h.args, h.class = req.CPUs, req.Args, rec.classes[rec.asked(req)]
	if rec.usesDisk(req) {
		r.warnOfMemory(store)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, req.Timeout, fmt.Errorf("%s did not answer within %s", rec.binary, req.Timeout))
	defer cancel()
	if rec.prepare != nil {
		if err := rec.prepare(ctx, h); err != nil {
			return nil, err
		}
	}
	p, err := onFreePort(func(port int) (server, error) {
		h.port = port
		return h.start(ctx, rec)
	})
	if err != nil {
		return nil, err
	}
	return &Backend{Mode: Process, URL: rec.url(h.address(), h.settings), Network: NetworkLoopback, server: p}, nil
}

// noRoom says of a failure for want of room, ours or the server's, where that was.
func noRoom(err error) error {
	if err == nil || !errors.Is(err, syscall.ENOSPC) && !strings.Contains(strings.ToLower(err.Error()), "no space left on device") {
		return err
	}
	return fmt.Errorf("%s is full, set TMPDIR to a folder with more room: %w", os.TempDir(), err)
}

// newHome makes a server's folder and settles who it runs as.
func (r *Run) newHome(store, binary string, rec recipe) (*home, error) {
	name := r.newName(store)
	dir, err := r.newFolder(name)
	if err != nil {
		return nil, err
	}
	h := &home{dir: dir, binary: binary, settings: settings{listen: loopback, mark: r.mark(name), password: randomText(16)}}
	if rec.unprivileged && os.Geteuid() == 0 {
		if h.account, err = unprivilegedAccount(); err != nil {
			return nil, fmt.Errorf("%s does not run as root: %w", rec.binary, err)
		}
	}
	return h, h.account.own(dir)
}

func (h *home) address() string { return joinPort(loopback, h.port) }

// start starts the server on the home's port and waits for its answer. When it
// fails, nothing of it runs.
func (h *home) start(ctx context.Context, rec recipe) (server, error) {
	p, err := startProcess(command{
		path: h.binary, args: slices.Concat(rec.args(h.settings), rec.homeArgs(h), h.args),
		home: h, log: h.dir + ".log", deathSignal: rec.deathSignal, stop: rec.stop,
	})
	if err != nil {
		return nil, err
	}
	err = p.record(h.dir)
	if err == nil {
		url := rec.url(h.address(), h.settings)
		err = awaitAnswer(ctx, p, func(ctx context.Context) error { return rec.answers(ctx, url, h.settings) })
	}
	if err != nil {
		return nil, errors.Join(err, p.stop(ctx))
	}
	return p, nil
}

// tailLines and tailBytes are how much of a log is shown.
const (
	tailLines = 20
	tailBytes = 8 << 10
)

// tailOfFile returns the last lines of a file, or nothing when it can't be read.
func tailOfFile(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size(), tailBytes))
	n, _ := f.ReadAt(text, info.Size()-int64(len(text)))
	return lastLines(string(text[:n]))
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

// tailNote makes a log's tail the end of an error.
func tailNote(tail string) string {
	if tail == "" {
		return "; its log is empty"
	}
	return "; the last lines of its log:\n  " + strings.ReplaceAll(tail, "\n", "\n  ")
}
