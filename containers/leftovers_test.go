package containers

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// clean is Clean without a Docker daemon.
func clean(t *testing.T, say func(string)) int {
	t.Helper()
	removed, err := removeLeftovers(t.Context(), say, func(context.Context) (*engine, error) {
		return nil, &noDaemonError{errors.New("none in this test")}
	}, always)
	if err != nil {
		t.Error(err)
	}
	return removed
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// deadRun makes the folder of a run that is not alive any more.
func deadRun(t *testing.T) string {
	t.Helper()
	_, dir, lock, err := makeFolder()
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
	if err := os.MkdirAll(filepath.Join(dir, "file-1", "sessions"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestARunThatIsAliveIsNeverCleaned(t *testing.T) {
	ownTemp(t)
	live, _ := begin(t)
	second, _ := begin(t) // its start looks for leftovers
	dead := deadRun(t)
	said := new(lines)
	if removed := clean(t, said.say); removed != 1 || exists(dead) || !said.has(dead) {
		t.Errorf("removed %d, said %q", removed, said.text())
	}
	if !exists(live.Dir()) || !exists(second.Dir()) {
		t.Error("a live run's folder is gone")
	}
	deadRun(t)
	if ids, want := slices.Sorted(slices.Values(Live())), slices.Sorted(slices.Values([]string{live.ID(), second.ID()})); !slices.Equal(ids, want) {
		t.Errorf("live runs %q, want %q", ids, want)
	}
	clean(t, said.say)
	if removed := clean(t, said.say); removed != 0 {
		t.Errorf("removed %d more: %q", removed, said.text())
	}
}

func TestAnotherBenchThatIsAliveKeepsItsServer(t *testing.T) {
	needServer(t, "redis")
	ownTemp(t)
	report, _ := startChild(t, "process redis")
	_, said := begin(t)
	if removed := clean(t, said.say); removed != 0 || said.text() != "" {
		t.Errorf("removed %d, said %q", removed, said.text())
	}
	if server := (record{PID: report.PIDs[0], Started: report.Started[0]}); !server.lives() || !exists(report.Dir) {
		t.Error("the other bench lost its server or its folder")
	}
}

func TestWhatIsNotOursIsLeft(t *testing.T) {
	tmp := ownTemp(t)
	file := filepath.Join(tmp, folderPrefix+"a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unlocked := filepath.Join(tmp, folderPrefix+"no-lock")
	if err := os.MkdirAll(filepath.Join(unlocked, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(tmp, folderPrefix+"a-link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	paths := []string{file, unlocked, link}
	if os.Geteuid() == 0 {
		foreign := deadRun(t)
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, foreign)
	}
	said := new(lines)
	if removed := clean(t, said.say); removed != 0 {
		t.Errorf("removed %d: %q", removed, said.text())
	}
	for _, path := range paths {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
}

func TestAnEmptyFolderWithoutALockIsRemoved(t *testing.T) {
	tmp := ownTemp(t)
	empty := filepath.Join(tmp, folderPrefix+"empty")
	if err := os.Mkdir(empty, 0o711); err != nil {
		t.Fatal(err)
	}
	if removed := clean(t, func(string) {}); removed != 1 || exists(empty) {
		t.Errorf("removed %d", removed)
	}
}

// A server outlives its run where the kernel has no death signal; here a process
// of the test stands for it.
func TestARecordedServerIsEndedOnlyIfItIsSurelyOurs(t *testing.T) {
	ownTemp(t)
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	write := func(r record) {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(deadRun(t), "redis-1"+recordSuffix), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ours := identity(t, cmd.Process.Pid)

	later := ours
	later.Started += "0"
	write(later)
	write(record{PID: 1, Started: ours.Started})
	said := new(lines)
	if removed := clean(t, said.say); removed != 2 || !ours.lives() {
		t.Fatalf("removed %d, lives %v, said %q", removed, ours.lives(), said.text())
	}

	write(ours)
	if removed := clean(t, said.say); removed != 2 || !said.has("removed the process server (pid ") {
		t.Errorf("removed %d, said %q", removed, said.text())
	}
	<-ended
}

func TestRunsThatStartWhileOthersCleanAllGetAFolder(t *testing.T) {
	ownTemp(t)
	stop := make(chan struct{})
	var cleaning, starting sync.WaitGroup
	for range 2 {
		cleaning.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					clean(t, func(string) {})
				}
			}
		})
	}
	var mu sync.Mutex
	folders := map[string]bool{}
	for range 4 {
		starting.Go(func() {
			for range 25 {
				_, dir, lock, err := makeFolder()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if folders[dir] || !exists(filepath.Join(dir, lockName)) {
					t.Errorf("%s is another run's or gone", dir)
				}
				folders[dir] = true
				mu.Unlock()
				defer lock.Close()
			}
		})
	}
	starting.Wait()
	close(stop)
	cleaning.Wait()
}

func TestContainersOfADeadRunWaitForDocker(t *testing.T) {
	ownTemp(t)
	dir := deadRun(t)
	if err := os.WriteFile(filepath.Join(dir, containersName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	removed, err := removeLeftovers(t.Context(), func(string) {}, func(context.Context) (*engine, error) {
		return nil, &noDaemonError{errors.New("no socket")}
	}, onlyIfNeeded)
	if removed != 1 || err == nil {
		t.Errorf("removed %d, error %v", removed, err)
	}
}
