package load

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/internal/cgroup"
)

// quota is the files in which the control groups that this process is in, the
// innermost first, count how often they used up their CPU quota.
type quota []string

func findQuota() quota {
	folders, _, err := cgroup.Folders(os.DirFS("/"), "cpu")
	if err != nil {
		return nil
	}
	var files quota
	for _, folder := range folders {
		files = append(files, path.Join("/", folder, "cpu.stat"))
	}
	return files
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
