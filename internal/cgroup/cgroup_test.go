package cgroup

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestTheFoldersOfAGroupAreFound(t *testing.T) {
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
	for name, c := range map[string]struct {
		groups, mounts string
		unified        bool
		want           []string // nil: an error
	}{
		"version 1":            {old, oldMounts, false, []string{"sys/fs/cgroup/cpu,cpuacct/b7", "sys/fs/cgroup/cpu,cpuacct"}},
		"version 2":            {new, newMounts, true, []string{"sys/fs/cgroup/user.slice/session.scope", "sys/fs/cgroup/user.slice", "sys/fs/cgroup"}},
		"version 1 is hidden":  {old, newMounts, false, nil},
		"nothing is mounted":   {new, "", true, nil},
		"no groups":            {"", newMounts, true, nil},
		"above what is seen":   {"0::/../other\n", newMounts, true, []string{"sys/fs/cgroup"}},
		"other kernels' lines": {"x\n0::/a\n", "x y z - \n1 2 3 / /b\n" + newMounts, true, []string{"sys/fs/cgroup/a", "sys/fs/cgroup"}},
	} {
		root := fstest.MapFS{
			"proc/self/cgroup":    {Data: []byte(c.groups)},
			"proc/self/mountinfo": {Data: []byte(c.mounts)},
		}
		got, unified, err := Folders(root, "cpu")
		if !slices.Equal(got, c.want) || (err != nil) != (c.want == nil) || err == nil && unified != c.unified {
			t.Errorf("%s: %q, version 2 %v, %v", name, got, unified, err)
		}
	}
}
