package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheGroupOfTheCPUQuotaIsFound(t *testing.T) {
	t.Parallel()
	const (
		old = "4:memory:/jobs/a\n3:cpuset:/\n2:cpu,cpuacct:/docker/b7\n1:name=systemd:/init\n0::/system.slice\n"
		new = "0::/user.slice/session.scope\n"

		oldMounts = "25 20 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n" +
			"26 25 0:23 / /sys/fs/cgroup/unified rw shared:7 - cgroup2 cgroup2 rw\n" +
			"27 25 0:24 /jobs /sys/fs/cgroup/memory rw shared:8 - cgroup cgroup rw,memory\n" +
			"28 25 0:25 /docker /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct\n"
		newMounts = "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	for name, c := range map[string]struct{ groups, mounts, group, root, mount string }{
		"version 1":            {old, oldMounts, "/docker/b7", "/docker", "/sys/fs/cgroup/cpu,cpuacct"},
		"version 2":            {new, newMounts, "/user.slice/session.scope", "/", "/sys/fs/cgroup"},
		"version 1 is hidden":  {old, newMounts, "/docker/b7", "", ""},
		"nothing is mounted":   {new, "", "/user.slice/session.scope", "", ""},
		"other kernels' lines": {"x\n0::/a\n", "x y z - \n1 2 3 / /b\n" + newMounts, "/a", "/", "/sys/fs/cgroup"},
	} {
		group, old := cpuGroup(c.groups)
		root, mount := cpuMount(c.mounts, old)
		if group != c.group || root != c.root || mount != c.mount {
			t.Errorf("%s: group %s, of which %s is mounted on %s", name, group, root, mount)
		}
	}
}

// The groups above have quotas too.
func TestStopsOfAllGroupsCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var q quota
	for name, text := range map[string]string{
		"version 1":    "nr_periods 30\nnr_throttled 12\nthrottled_time 345000000\n",
		"version 2":    "usage_usec 99\nnr_periods 9\nnr_throttled 3\nthrottled_usec 55000\nnr_bursts 0\n",
		"without one":  "usage_usec 99\nuser_usec 9\n",
		"of no number": "nr_throttled many\n\nthrottled_usec -1\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		q = append(q, path)
	}
	if got, ok := append(q, filepath.Join(dir, "gone")).read(); !ok || got != (stops{15, 400 * time.Millisecond}) {
		t.Errorf("%+v, known %v", got, ok)
	}
	if got, ok := append(q, dir).read(); ok {
		t.Errorf("one can't be read, and all have %+v", got)
	}
	if got := (stops{15, 400 * time.Millisecond}).since(stops{5, 100 * time.Millisecond}); got != (stops{10, 300 * time.Millisecond}) {
		t.Errorf("since: %+v", got)
	}
}
