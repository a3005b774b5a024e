package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quota is the files in which the control groups that this process is in, the
// innermost first, count how often they used up their CPU quota.
type quota []string

// findQuota follows cgroups(7): /proc/self/cgroup has the group within its
// hierarchy, and /proc/self/mountinfo where that is to be seen.
func findQuota() quota {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	group, old := cpuGroup(string(groups))
	root, mount := cpuMount(string(mounts), old)
	if mount == "" {
		return nil
	}
	// Within a namespace of its own the group may be above what is mounted.
	within, err := filepath.Rel(root, group)
	if err != nil || strings.HasPrefix(within, "..") {
		within = "."
	}
	var files quota
	for ; within != "."; within = filepath.Dir(within) {
		files = append(files, filepath.Join(mount, within, "cpu.stat"))
	}
	return append(files, filepath.Join(mount, "cpu.stat"))
}

// cpuGroup finds the group, and whether it is one of the old version, in lines of
// ID:CONTROLLERS:PATH. The new version's has no controllers.
func cpuGroup(lines string) (path string, old bool) {
	for line := range strings.Lines(lines) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(fields) < 3:
		case slices.Contains(strings.Split(fields[1], ","), "cpu"):
			return fields[2], true
		case fields[1] == "":
			path = fields[2]
		}
	}
	return path, false
}

// cpuMount finds the hierarchy's mount, and the group that it shows, in lines of
// ID PARENT DEVICE ROOT MOUNT OPTIONS… - TYPE SOURCE SUPEROPTIONS.
func cpuMount(lines string, old bool) (root, mount string) {
	for line := range strings.Lines(lines) {
		place, kind, found := strings.Cut(line, " - ")
		at, what := strings.Fields(place), strings.Fields(kind)
		if !found || len(at) < 5 || len(what) < 3 {
			continue
		}
		if old && what[0] == "cgroup" && slices.Contains(strings.Split(what[2], ","), "cpu") || !old && what[0] == "cgroup2" {
			return at[3], at[4]
		}
	}
	return "", ""
}

// read gives what was counted so far; ok is false when that is unknown. A group
// without a quota counts nothing.
func (q quota) read() (sum stops, ok bool) {
	for _, file := range q {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return stops{}, false
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			n, err := strconv.ParseUint(value, 10, 63)
			if err != nil {
				continue
			}
			switch name {
			case "nr_throttled":
				sum.periods += n
			case "throttled_usec":
				sum.time += time.Duration(n) * time.Microsecond
			case "throttled_time": // of the old version
				sum.time += time.Duration(n)
			}
		}
	}
	return sum, true
}
