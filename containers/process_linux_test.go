package containers

import (
	"os/exec"
	"testing"
)

func TestAProcessThatEndedIsNoneEvenBeforeItWasWaitedFor(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "read line")
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
	defer cmd.Wait()
	p := identity(t, cmd.Process.Pid)
	if !p.lives() {
		t.Fatal("does not live")
	}
	in.Close()
	if _, err := out.Read(make([]byte, 1)); err == nil { // its end of the pipe closes when it ends
		t.Fatal("the shell wrote something")
	}
	if !p.endsWithin(defaultTimeout) {
		t.Error("lives")
	}
}
