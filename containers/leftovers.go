package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Clean removes what dead runs left: folders, server processes, containers. say,
// which may be nil, gets one line for each; removed counts them. A run that is
// alive is left alone. Without a Docker daemon no container can be ours.
func Clean(ctx context.Context, say func(string)) (removed int, err error) {
	if say == nil {
		say = func(string) {}
	}
	return removeLeftovers(ctx, say, connectDocker, always)
}

// Live returns the ids of the runs that are alive on this machine, as far as they
// share the temporary folder. A run is among them before it provides anything.
func Live() []string {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*")) // the pattern is valid
	var ids []string
	for _, dir := range folders {
		lock, err := takeLock(dir, 0)
		if err == nil {
			lock.Close()
		} else if !errors.Is(err, fs.ErrNotExist) { // held, or another user's and so not known to be dead
			ids = append(ids, strings.TrimPrefix(filepath.Base(dir), folderPrefix))
		}
	}
	return ids
}

// askDocker says when containers are looked for.
type askDocker bool

const (
	onlyIfNeeded askDocker = false // a dead run made containers
	always       askDocker = true
)

func removeLeftovers(ctx context.Context, say func(string), connect func(context.Context) (*engine, error), ask askDocker) (int, error) {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*")) // the pattern is valid
	s := sweep{say: say}
	for _, dir := range folders {
		s.run(dir)
	}
	if ask == always || s.containers {
		e, err := connect(ctx)
		switch {
		case err == nil:
			e.removeLeftovers(ctx, &s)
		case s.containers:
			s.errs = append(s.errs, fmt.Errorf("containers of a killed run may be left: bench clean removes them when Docker answers: %w", err))
		}
	}
	return s.removed, errors.Join(s.errs...)
}

// sweep collects what a search for leftovers finds and does.
type sweep struct {
	say        func(string)
	removed    int
	containers bool // a dead run made containers
	errs       []error
}

func (s *sweep) did(format string, args ...any) {
	s.removed++
	s.say("removed " + fmt.Sprintf(format, args...) + ", left by a run that was killed")
}

// run removes what the run of the folder left, if it is dead and ours.
func (s *sweep) run(dir string) {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || !ownedByUs(info) {
		return
	}
	lock, err := takeLock(dir, 0)
	if errors.Is(err, fs.ErrNotExist) {
		// Killed before it had a lock file, or about to make one: it tries again
		// when the folder is gone.
		if os.Remove(dir) == nil {
			s.did("the folder %s", dir)
		}
		return
	}
	if err != nil {
		return // alive
	}
	defer lock.Close()
	s.processes(dir)
	if _, err := os.Stat(filepath.Join(dir, containersName)); err == nil {
		s.containers = true
	}
	if err := removeFolder(dir); err != nil {
		s.errs = append(s.errs, fmt.Errorf("remove the folder of a killed run: %w", err))
		return
	}
	s.did("the folder %s", dir)
}

// processes ends the recorded server processes of a dead run that are alive. On
// Linux the kernel did so when the run died.
func (s *sweep) processes(dir string) {
	records, _ := filepath.Glob(filepath.Join(dir, "*"+recordSuffix))
	for _, path := range records {
		var r record
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, &r) != nil || !r.lives() {
			continue
		}
		for _, pid := range processTree(r.PID) {
			_ = signalProcess(pid, syscall.SIGKILL) // gone already
		}
		if !r.endsWithin(10 * time.Second) {
			s.errs = append(s.errs, fmt.Errorf("%s (pid %d) of a killed run survived SIGKILL for 10s", r.Name, r.PID))
			continue
		}
		s.did("the process %s (pid %d)", r.Name, r.PID)
	}
}

// lives tells whether the recorded process, and no later one of its number,
// is alive.
func (r record) lives() bool {
	if r.PID <= 1 {
		return false
	}
	started, err := startOf(r.PID)
	return err == nil && started == r.Started
}

// endsWithin waits for the end of a process that is not our child.
func (r record) endsWithin(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if !r.lives() {
			return true
		}
	}
	return false
}
