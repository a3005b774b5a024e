package containers

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// waitingShell starts a shell that runs the script, says that it is ready and
// waits for the end of the test.
func waitingShell(t *testing.T, script string) int {
	t.Helper()
	cmd := exec.Command("sh", "-c", script+"; echo ready; read line")
	in, err := cmd.StdinPipe()
	if err != nil {
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
		in.Close()
		cmd.Wait()
	})
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// A shell whose child worked and ended has its child's time.
func TestCPUOfEndedChildrenIsKept(t *testing.T) {
	t.Parallel()
	pid := waitingShell(t, `sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'`)
	stat, err := readStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadProcesses(processTree(pid))
	if err != nil || stat.reaped == 0 || r.CPU < time.Duration(stat.reaped)*tick {
		t.Errorf("CPU %s, %d ticks of children, %v", r.CPU, stat.reaped, err)
	}
}

// In ticks, which /proc has, a reading of a short while is mostly error.
func TestCPUIsReadFinerThanTicks(t *testing.T) {
	t.Parallel()
	r, err := ReadProcesses([]int{waitingShell(t, "true")})
	if err != nil || r.CPU%tick == 0 {
		t.Errorf("CPU %s, %v", r.CPU, err)
	}
}

// The folder's size, where the kernel gives it, is the number of its names.
func TestBothWaysToCountFileDescriptorsAgree(t *testing.T) {
	t.Parallel()
	pid := waitingShell(t, "exec 7</dev/null")
	counted, err := countFDs(pid)
	if err != nil {
		t.Fatal(err)
	}
	named, err := countNames(fmt.Sprintf("/proc/%d/fd", pid), pid)
	if err != nil || counted != named || named < 4 {
		t.Errorf("%d counted, %d named, %v", counted, named, err)
	}
}

func TestTheLimitIsTheLowestSoftOne(t *testing.T) {
	t.Parallel()
	r, err := ReadProcesses([]int{os.Getpid(), waitingShell(t, "ulimit -S -n 123")})
	if err != nil || r.FDLimit == nil || *r.FDLimit != 123 {
		t.Errorf("%+v, %v", r, err)
	}
}
