package containers

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU times in /proc: USER_HZ is 100 wherever Go runs.
const tick = time.Second / 100

// ReadProcesses reads what the processes use. The first is the root of the
// others, as PIDs gives them; one of the others may be gone. It is an error when
// the first is. It is called many times a second, so that it reads /proc itself.
func ReadProcesses(pids []int) (Reading, error) {
	if len(pids) == 0 {
		return Reading{}, errors.New("read processes: there is none")
	}
	var r Reading
	for range 3 {
		root, err := readStat(pids[0])
		if err != nil {
			return Reading{}, fmt.Errorf("read process %d: %w", pids[0], err)
		}
		if r, err = sumProcesses(pids); err != nil {
			return Reading{}, err
		}
		// A child that ended meanwhile is in the sum twice or not at all.
		after, err := readStat(pids[0])
		if err != nil {
			return Reading{}, fmt.Errorf("read process %d: %w", pids[0], err)
		}
		if after.reaped == root.reaped {
			break
		}
	}
	return r, nil
}

func sumProcesses(pids []int) (Reading, error) {
	var sum Reading
	var shared uint64
	for i, pid := range pids {
		one, err := readProcess(pid)
		if err != nil {
			if i > 0 && gone(err) {
				continue
			}
			return Reading{}, fmt.Errorf("read process %d: %w", pid, err)
		}
		sum.FDs += one.FDs
		if sum.FDsReason == "" {
			sum.FDsReason = one.FDsReason
		}
		if one.FDLimit != nil && (sum.FDLimit == nil || *one.FDLimit < *sum.FDLimit) {
			sum.FDLimit = one.FDLimit
		}
		sum.CPU += one.CPU
		sum.RSS += one.RSS - one.shared
		shared = max(shared, one.shared)
	}
	sum.RSS += shared
	return sum, nil
}

// gone tells that a process ended.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// processReading is a reading of one process.
type processReading struct {
	Reading
	shared uint64 // the part of RSS that may be shared with others
}

func readProcess(pid int) (processReading, error) {
	stat, err := readStat(pid)
	if err != nil {
		return processReading{}, err
	}
	var r processReading
	if r.CPU, err = cpuTime(pid); err != nil { // it has just ended
		r.CPU = time.Duration(stat.own) * tick
	}
	if pid != os.Getpid() {
		r.CPU += time.Duration(stat.reaped) * tick
	}
	if stat.zombie { // it has nothing open and no memory
		return r, nil
	}
	if r.FDs, err = countFDs(pid); gone(err) {
		return processReading{}, err
	} else if err != nil {
		r.FDsReason = err.Error()
	}
	r.FDLimit = readFDLimit(pid)
	r.RSS, r.shared, err = readMemory(pid)
	return r, err
}

// cpuTime is a process's user and system time to the nanosecond, where /proc has
// it in whole ticks: of each of PostgreSQL's twenty processes up to two are lost.
// The number of its clock is made of the process's (clock_getcpuclockid(3)).
func cpuTime(pid int) (time.Duration, error) {
	const wholeProcess = 2 // CPUCLOCK_SCHED, of all threads
	var used unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|wholeProcess), &used)
	return time.Duration(used.Nano()), err
}

// countFDs counts a process's open files. Since Linux 6.2 the folder's size is
// their number; before, its names are counted.
func countFDs(pid int) (int, error) {
	path := fmt.Sprintf("/proc/%d/fd", pid)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return int(info.Size()), nil
	}
	return countNames(path, pid)
}

func countNames(path string, pid int) (int, error) {
	dir, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	if pid == os.Getpid() {
		return len(names) - 1, nil // without dir
	}
	return len(names), nil
}

// readFDLimit reads the soft limit from /proc/PID/limits, a table whose columns
// are name, soft, hard, unit. It is nil when unlimited or unreadable.
func readFDLimit(pid int) *uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return nil
	}
	_, row, found := bytes.Cut(text, []byte("Max open files"))
	fields := bytes.Fields(row)
	if !found || len(fields) == 0 {
		return nil
	}
	soft, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil { // "unlimited"
		return nil
	}
	return &soft
}

// readMemory reads /proc/PID/statm: pages in all, resident, and of these shared.
func readMemory(pid int) (resident, shared uint64, err error) {
	path := fmt.Sprintf("/proc/%d/statm", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return 0, 0, fmt.Errorf("%s: %q", path, text)
	}
	resident, err = strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	shared, err = strconv.ParseUint(fields[2], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	page := uint64(os.Getpagesize())
	return resident * page, min(shared, resident) * page, nil
}
