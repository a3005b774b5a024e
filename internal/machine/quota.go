package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/internal/cgroup"
)

// CPUQuota is the tightest limit of processor time that a control group sets on
// bench and on the servers that it starts.
type CPUQuota struct {
	Processors       *float64 `json:"processors"`        // so much time in each period; null: there is no quota
	ThrottledPeriods uint64   `json:"throttled_periods"` // in which it was used up, since the group was made
	ThrottledSeconds float64  `json:"throttled_seconds"` // for which programs were held up in them
	Usable           int      `json:"usable"`            // processors, without it
}

func (m *Machine) cpuQuota(context.Context) (Fact, error) {
	folders, unified, err := cgroup.Folders(m.Root, "cpu")
	if err != nil {
		return nil, err
	}
	q, tightest := CPUQuota{Usable: runtime.NumCPU()}, ""
	for _, folder := range folders {
		processors, err := m.quotaOf(folder, unified)
		if errors.Is(err, fs.ErrNotExist) { // the top group has none
			continue
		}
		if err != nil {
			return nil, err
		}
		if processors > 0 && (q.Processors == nil || processors < *q.Processors) {
			q.Processors, tightest = &processors, folder
		}
	}
	if tightest == "" {
		return q, nil
	}
	spent, unit := "throttled_time", time.Nanosecond
	if unified {
		spent, unit = "throttled_usec", time.Microsecond
	}
	stat, err := m.keyed(tightest+"/cpu.stat", "nr_throttled", spent)
	if err != nil {
		return nil, err
	}
	q.ThrottledPeriods = stat["nr_throttled"]
	q.ThrottledSeconds = (time.Duration(stat[spent]) * unit).Seconds()
	return q, nil
}

// quotaOf is a group's own limit, as a number of processors; 0: it has none.
func (m *Machine) quotaOf(folder string, unified bool) (float64, error) {
	if !unified {
		quota, err := m.number(folder + "/cpu.cfs_quota_us")
		if err != nil || quota < 0 {
			return 0, err
		}
		period, err := m.number(folder + "/cpu.cfs_period_us")
		return share(quota, period), err
	}
	text, err := m.read(folder + "/cpu.max") // "QUOTA PERIOD", and QUOTA "max" for none
	if err != nil || strings.HasPrefix(text, "max") {
		return 0, err
	}
	var quota, period int
	if _, err := fmt.Sscan(text, &quota, &period); err != nil {
		return 0, fmt.Errorf("/%s/cpu.max: %s is no quota and period", folder, strconv.Quote(text))
	}
	return share(quota, period), nil
}

func share(quota, period int) float64 { return float64(quota) / float64(max(1, period)) }

// Figure implements Fact.
func (q CPUQuota) Figure() string {
	switch {
	case q.Processors == nil:
		return "none"
	case q.ThrottledPeriods == 0:
		return digits(*q.Processors) + " processors, never used up"
	}
	return fmt.Sprintf("%s processors, used up %d times for %s s", digits(*q.Processors), q.ThrottledPeriods, digits(q.ThrottledSeconds))
}

// Troubles implements Fact.
func (q CPUQuota) Troubles() []Trouble {
	switch {
	case q.Processors == nil:
		return nil
	case *q.Processors < float64(q.Usable):
		return []Trouble{{Distorts, fmt.Sprintf("the CPU quota gives %s of %d processors: bench and the servers it starts stand still once it is used up, mostly for the rest of 100 ms; run without a quota (in a container, without --cpus)", digits(*q.Processors), q.Usable)}}
	case q.ThrottledPeriods > 0:
		return []Trouble{{Look, fmt.Sprintf("the CPU quota was used up %d times, for %s s in all, though it is as large as the machine; run without one", q.ThrottledPeriods, digits(q.ThrottledSeconds))}}
	}
	return nil
}
