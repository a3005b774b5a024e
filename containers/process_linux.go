package containers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes makes the kernel end the child with this process. (os/exec
// itself sees to a parent that died between the fork and the request.)
func childAttributes(a *account, death syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: death, Setpgid: true, Credential: a.credential()}
}

// pinThread keeps the calling thread, and the child that it starts next, to the
// given processors; none given are all.
func pinThread(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("keep it to the processors %v: %w", cpus, err)
	}
	return nil
}

// InMemory tells whether a folder is on a file system that has no disk.
func InMemory(dir string) (bool, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return false, fmt.Errorf("the file system of %s: %w", dir, err)
	}
	return fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC, nil
}

// processTree returns pid and its descendants that live now, parents first.
func processTree(pid int) []int {
	tree := []int{pid}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, childrenOf(tree[i])...)
	}
	return tree
}

// childrenOf returns the children of each thread of a process; a process that is
// gone has none.
func childrenOf(pid int) []int {
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	dir, err := os.Open(tasks)
	if err != nil {
		return nil
	}
	defer dir.Close()
	threads, _ := dir.Readdirnames(-1) // an error: the process is gone
	var children []int
	for _, thread := range threads {
		text, _ := os.ReadFile(filepath.Join(tasks, thread, "children"))
		for _, field := range bytes.Fields(text) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

// startOf names the moment a process began so that no other process of the same
// number has it: the boot and the kernel's ticks since then. A process that
// ended and was not waited for yet is none.
func startOf(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	stat, err := readStat(pid)
	if err != nil {
		return "", err
	}
	if stat.zombie {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return strings.TrimSpace(string(boot)) + "/" + strconv.FormatUint(stat.started, 10), nil
}

// processStat is what /proc/PID/stat says; times are in ticks.
type processStat struct {
	zombie      bool
	own, reaped uint64 // CPU time of the process, and of its children that were waited for
	started     uint64 // since the boot
}

// readStat reads /proc/PID/stat (proc_pid_stat(5)).
func readStat(pid int) (processStat, error) {
	path := fmt.Sprintf("/proc/%d/stat", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return processStat{}, err
	}
	// The name, in brackets, may hold anything; state is the third field.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const first, utime, stime, cutime, cstime, starttime = 3, 14, 15, 16, 17, 22
	if len(fields) <= starttime-first {
		return processStat{}, fmt.Errorf("%s: %d fields after the name", path, len(fields))
	}
	var values [starttime + 1]uint64
	for _, i := range []int{utime, stime, cutime, cstime, starttime} {
		if values[i], err = strconv.ParseUint(fields[i-first], 10, 64); err != nil {
			return processStat{}, fmt.Errorf("%s: field %d: %w", path, i, err)
		}
	}
	return processStat{
		zombie:  fields[0] == "Z" || fields[0] == "X",
		own:     values[utime] + values[stime],
		reaped:  values[cutime] + values[cstime],
		started: values[starttime],
	}, nil
}
