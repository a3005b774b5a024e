//go:build !linux

package containers

import (
	"errors"
	"fmt"
	"time"

	psutil "github.com/shirou/gopsutil/v4/process"
)

// ReadProcesses reads what the processes use. The first is the root of the
// others, as PIDs gives them; one of the others may be gone. It is an error when
// the first is.
func ReadProcesses(pids []int) (Reading, error) {
	if len(pids) == 0 {
		return Reading{}, errors.New("read processes: there is none")
	}
	var sum Reading
	for i, pid := range pids {
		if err := sum.add(pid); err != nil && i == 0 {
			return Reading{}, fmt.Errorf("read process %d: %w", pid, err)
		}
	}
	return sum, nil
}

// add adds one process, or nothing of it when it is gone.
func (r *Reading) add(pid int) error {
	p, err := psutil.NewProcess(int32(pid))
	if err != nil {
		return err
	}
	times, err := p.Times()
	if err != nil {
		return err
	}
	memory, err := p.MemoryInfo()
	if err != nil {
		return err
	}
	r.CPU += time.Duration((times.User + times.System) * float64(time.Second))
	r.RSS += memory.RSS
	if fds, err := p.NumFDs(); err != nil {
		r.FDsReason = err.Error()
	} else {
		r.FDs += int(fds)
	}
	limits, err := p.Rlimit()
	if err != nil {
		return nil // not to be read here: no limit is known
	}
	for _, l := range limits {
		if l.Resource == psutil.RLIMIT_NOFILE && (r.FDLimit == nil || l.Soft < *r.FDLimit) {
			r.FDLimit = &l.Soft
		}
	}
	return nil
}
