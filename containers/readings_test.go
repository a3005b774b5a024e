package containers

import (
	"os"
	"os/exec"
	"testing"
)

func TestReadingSeesWhatThisProcessOpens(t *testing.T) {
	before, err := ReadProcesses([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	const opened = 50
	for range opened {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	after, err := ReadProcesses([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if before.FDsReason != "" || after.FDs-before.FDs != opened {
		t.Errorf("%d file descriptors (%s), then %d", before.FDs, before.FDsReason, after.FDs)
	}
	if after.CPU < before.CPU || after.RSS == 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestReadingOfNothingAndOfAMissingRootFails(t *testing.T) {
	t.Parallel()
	if r, err := ReadProcesses(nil); err == nil {
		t.Errorf("%+v", r)
	}
	cmd := exec.Command("sleep", "0")
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	if r, err := ReadProcesses([]int{cmd.Process.Pid, os.Getpid()}); err == nil {
		t.Errorf("%+v", r)
	}
	if r, err := ReadProcesses([]int{os.Getpid(), cmd.Process.Pid}); err != nil || r.FDs == 0 {
		t.Errorf("a child that is gone: %+v, %v", r, err)
	}
}

// ReadProcesses is called every 100 ms while a store is measured.
func BenchmarkReadProcesses(b *testing.B) {
	for range 100 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
	}
	pids := []int{os.Getpid()}
	for b.Loop() {
		if _, err := ReadProcesses(pids); err != nil {
			b.Fatal(err)
		}
	}
}
