package machine

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"testing"
)

// cpu is where a processor's governor is.
func cpu(n int) string {
	return fmt.Sprintf("sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", n)
}

// Control groups as distributions mount them: version 2, and version 1.
const (
	unifiedMount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	legacyMounts = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
		"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	legacyGroups = "9:name=systemd:/\n4:memory:/bench\n2:cpu,cpuacct:/bench\n0::/\n"
)

// with adds files, each a path and a text.
func with(files map[string]string, added ...string) map[string]string {
	files = maps.Clone(files)
	for i := 0; i < len(added); i += 2 {
		files[added[i]] = added[i+1]
	}
	return files
}

var (
	unified = map[string]string{"proc/self/cgroup": "0::/user/bench\n", "proc/self/mountinfo": "22 27 0:21 / /proc rw - proc proc rw\n" + unifiedMount}
	legacy  = map[string]string{"proc/self/cgroup": legacyGroups, "proc/self/mountinfo": legacyMounts}
	ports   = map[string]string{"proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n", "proc/sys/net/ipv4/tcp_tw_reuse": "2\n"}
	swapped = map[string]string{"proc/meminfo": "MemTotal:  2000 kB\nMemFree: 10 kB\nMemAvailable:  1500 kB\nHugePages_Total: 0\nSwapTotal: 800 kB\nSwapFree: 700 kB\n"}
)

func TestFactsAreReadAsTheKernelWritesThem(t *testing.T) {
	t.Parallel()
	type find = func(*Machine, context.Context) (Fact, error)
	cores := runtime.NumCPU()
	const v2, v1, mem = "sys/fs/cgroup/user", "sys/fs/cgroup/cpu,cpuacct/", "sys/fs/cgroup/memory/"
	for name, c := range map[string]struct {
		find  find
		files map[string]string
		want  Fact
		err   string
	}{
		"one governor": {
			find:  (*Machine).frequency,
			files: map[string]string{cpu(0): "performance\n", cpu(1): "performance\n", cpu(10): "performance\n"},
			want:  Frequency{Governors: []string{"performance"}},
		},
		"two governors, Intel's turbo": {
			find:  (*Machine).frequency,
			files: map[string]string{cpu(0): "powersave\n", cpu(1): "performance\n", cpu(2): "powersave\n", "sys/devices/system/cpu/intel_pstate/no_turbo": "0\n"},
			want:  Frequency{Governors: []string{"performance", "powersave"}, Turbo: new(true)},
		},
		"Intel's turbo off": {
			find:  (*Machine).frequency,
			files: map[string]string{cpu(0): "performance\n", "sys/devices/system/cpu/intel_pstate/no_turbo": "1\n"},
			want:  Frequency{Governors: []string{"performance"}, Turbo: new(false)},
		},
		"boost": {
			find:  (*Machine).frequency,
			files: map[string]string{cpu(0): "schedutil\n", "sys/devices/system/cpu/cpufreq/boost": "1\n"},
			want:  Frequency{Governors: []string{"schedutil"}, Turbo: new(true)},
		},
		"boost off": {
			find:  (*Machine).frequency,
			files: map[string]string{cpu(0): "schedutil\n", "sys/devices/system/cpu/cpufreq/boost": "0\n"},
			want:  Frequency{Governors: []string{"schedutil"}, Turbo: new(false)},
		},
		"the governor of a virtual machine": {
			find:  (*Machine).frequency,
			files: map[string]string{"proc/cpuinfo": "processor : 0\nflags : fpu hypervisor lahf_lm\n"},
			err:   "^a virtual machine is not shown its governor$",
		},
		"no governor": {
			find:  (*Machine).frequency,
			files: map[string]string{"proc/cpuinfo": "processor : 0\nflags : fpu lahf_lm\n"},
			err:   "^no cpufreq in /sys$",
		},
		"clock source": {
			find:  (*Machine).clockSource,
			files: map[string]string{clockSources + "current_clocksource": "hpet\n", clockSources + "available_clocksource": "tsc hpet acpi_pm \n"},
			want:  ClockSource{Name: "hpet", Available: []string{"tsc", "hpet", "acpi_pm"}},
		},
		"version 2, no quota": {
			find:  (*Machine).cpuQuota,
			files: with(unified, v2+"/bench/cpu.max", "max 100000\n", v2+"/cpu.max", "max 100000\n"),
			want:  CPUQuota{Usable: cores},
		},
		"version 2, a quota": {
			find:  (*Machine).cpuQuota,
			files: with(unified, v2+"/bench/cpu.max", "150000 100000\n", v2+"/bench/cpu.stat", "usage_usec 9\nnr_periods 40\nnr_throttled 7\nthrottled_usec 2500000\n"),
			want:  CPUQuota{Processors: new(1.5), ThrottledPeriods: 7, ThrottledSeconds: 2.5, Usable: cores},
		},
		"version 2, a tighter quota above": {
			find: (*Machine).cpuQuota,
			files: with(unified, v2+"/bench/cpu.max", "400000 100000\n", v2+"/cpu.max", "50000 100000\n",
				v2+"/bench/cpu.stat", "nr_throttled 1\nthrottled_usec 1\n", v2+"/cpu.stat", "nr_throttled 9\nthrottled_usec 1000000\n"),
			want: CPUQuota{Processors: new(0.5), ThrottledPeriods: 9, ThrottledSeconds: 1, Usable: cores},
		},
		"version 2, a looser quota above": {
			find: (*Machine).cpuQuota,
			files: with(unified, v2+"/bench/cpu.max", "50000 100000\n", v2+"/cpu.max", "400000 100000\n",
				v2+"/bench/cpu.stat", "nr_throttled 3\nthrottled_usec 1000000\n", v2+"/cpu.stat", "nr_throttled 9\nthrottled_usec 9\n"),
			want: CPUQuota{Processors: new(0.5), ThrottledPeriods: 3, ThrottledSeconds: 1, Usable: cores},
		},
		"version 2, in a container of its own": {
			find: (*Machine).cpuQuota,
			files: map[string]string{"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": unifiedMount,
				"sys/fs/cgroup/cpu.max": "200000 100000\n", "sys/fs/cgroup/cpu.stat": "nr_throttled 0\nthrottled_usec 0\n"},
			want: CPUQuota{Processors: new(2.0), Usable: cores},
		},
		"version 2, nonsense": {
			find:  (*Machine).cpuQuota,
			files: with(unified, v2+"/bench/cpu.max", "plenty\n"),
			err:   `^/sys/fs/cgroup/user/bench/cpu\.max: "plenty" is no quota and period$`,
		},
		"version 1, no quota": {
			find:  (*Machine).cpuQuota,
			files: with(legacy, v1+"bench/cpu.cfs_quota_us", "-1\n", v1+"cpu.cfs_quota_us", "-1\n"),
			want:  CPUQuota{Usable: cores},
		},
		"version 1, a quota": {
			find: (*Machine).cpuQuota,
			files: with(legacy, v1+"bench/cpu.cfs_quota_us", "25000\n", v1+"bench/cpu.cfs_period_us", "50000\n",
				v1+"bench/cpu.stat", "nr_periods 40\nnr_throttled 4\nthrottled_time 3500000000\n"),
			want: CPUQuota{Processors: new(0.5), ThrottledPeriods: 4, ThrottledSeconds: 3.5, Usable: cores},
		},
		"version 1, a container that has the host's name of its group": {
			find: (*Machine).cpuQuota,
			files: map[string]string{
				"proc/self/cgroup":                         "2:cpu,cpuacct:/docker/4f1c/inner\n0::/\n",
				"proc/self/mountinfo":                      "32 31 0:29 /docker/4f1c /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n",
				"sys/fs/cgroup/cpu/cpu.cfs_quota_us":       "300000\n",
				"sys/fs/cgroup/cpu/cpu.cfs_period_us":      "100000\n",
				"sys/fs/cgroup/cpu/cpu.stat":               "nr_throttled 0\nthrottled_time 0\n",
				"sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us": "-1\n",
			},
			want: CPUQuota{Processors: new(3.0), Usable: cores},
		},
		"version 1, a group that is not under what is mounted": {
			find: (*Machine).cpuQuota,
			files: map[string]string{
				"proc/self/cgroup":                      "2:cpu:/docker/4f1c2\n",
				"proc/self/mountinfo":                   "32 31 0:29 /docker/4f1c /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n",
				"sys/fs/cgroup/cpu/cpu.cfs_quota_us":    "-1\n",
				"sys/fs/cgroup/cpu/2/cpu.cfs_quota_us":  "50000\n", // somebody else's
				"sys/fs/cgroup/cpu/2/cpu.cfs_period_us": "100000\n",
				"sys/fs/cgroup/cpu/2/cpu.stat":          "nr_throttled 0\nthrottled_time 0\n",
			},
			want: CPUQuota{Usable: cores},
		},
		"version 2, a group outside of the namespace": {
			find: (*Machine).cpuQuota,
			files: map[string]string{"proc/self/cgroup": "0::/../other\n", "proc/self/mountinfo": unifiedMount,
				"sys/fs/cgroup/cpu.max": "200000 100000\n", "sys/fs/cgroup/cpu.stat": "nr_throttled 0\nthrottled_usec 0\n"},
			want: CPUQuota{Processors: new(2.0), Usable: cores},
		},
		"groups that are not mounted": {
			find:  (*Machine).cpuQuota,
			files: map[string]string{"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": "22 27 0:21 / /proc rw - proc proc rw\n"},
			err:   "^/proc/self/mountinfo: the control groups of cpu are not mounted$",
		},
		"no group": {
			find:  (*Machine).memoryLimit,
			files: map[string]string{"proc/self/cgroup": "2:cpu:/\n"},
			err:   "^/proc/self/cgroup: no group has the controller memory$",
		},
		"version 2, no memory limit": {
			find:  (*Machine).memoryLimit,
			files: with(unified, v2+"/bench/memory.max", "max\n"),
			want:  MemoryLimit{},
		},
		"version 2, the tightest memory limit": {
			find:  (*Machine).memoryLimit,
			files: with(unified, v2+"/bench/memory.max", "2000000\n", v2+"/memory.max", "1000000\n"),
			want:  MemoryLimit{Bytes: new(uint64(1000000))},
		},
		"version 1, no memory limit": {
			find:  (*Machine).memoryLimit,
			files: with(legacy, mem+"bench/memory.limit_in_bytes", "9223372036854771712\n"),
			want:  MemoryLimit{},
		},
		"version 1, a memory limit": {
			find:  (*Machine).memoryLimit,
			files: with(legacy, mem+"bench/memory.limit_in_bytes", "536870912\n", mem+"memory.limit_in_bytes", "9223372036854771712\n"),
			want:  MemoryLimit{Bytes: new(uint64(512 << 20))},
		},
		"memory and swap": {
			find: (*Machine).memory, files: swapped,
			want: Memory{Available: 1500 << 10, Total: 2000 << 10, SwapUsed: 100 << 10, SwapTotal: 800 << 10},
		},
		"a kernel without MemAvailable": {
			find:  (*Machine).memory,
			files: map[string]string{"proc/meminfo": "MemTotal: 2000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"},
			err:   "^/proc/meminfo: no MemAvailable in it$",
		},
		"ports": {
			find:  (*Machine).ephemeralPorts,
			files: with(ports, "proc/net/sockstat", "sockets: used 40\nTCP: inuse 3 orphan 0 tw 12 alloc 5 mem 1\nUDP: inuse 1 mem 0\n"),
			want:  EphemeralPorts{First: 32768, Last: 60999, Reuse: 2, Resting: new(12)},
		},
		"ports, without the sockets": {
			find: (*Machine).ephemeralPorts, files: ports,
			want: EphemeralPorts{First: 32768, Last: 60999, Reuse: 2},
		},
		"half a range of ports": {
			find:  (*Machine).ephemeralPorts,
			files: with(ports, "proc/sys/net/ipv4/ip_local_port_range", "32768\n"),
			err:   `^/proc/sys/net/ipv4/ip_local_port_range: "32768" is too short$`,
		},
		"accept queue": {
			find:  (*Machine).acceptQueue,
			files: map[string]string{"proc/sys/net/core/somaxconn": "128\n"},
			want:  AcceptQueue{Longest: 128},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.find(&Machine{Root: tree(c.files)}, t.Context())
			if c.err != "" {
				if err == nil || !regexp.MustCompile(c.err).MatchString(err.Error()) {
					t.Errorf("%+v, error %v, want %s", got, err, c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, error %v, want %+v", got, err, c.want)
			}
		})
	}
}
