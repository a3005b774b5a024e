package containers

import (
	"fmt"
	"os"
	"strings"
)

// inContainer proves that a process number that Docker gave is that of the
// container here: Docker may run elsewhere, and our process of that number be
// any other. The process's control group bears the container's id.
func inContainer(pid int, id string) error {
	path := fmt.Sprintf("/proc/%d/cgroup", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), id) {
		return fmt.Errorf("process %d is not the container's", pid)
	}
	return nil
}
