package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/testserver"
)

// Bench says that it, and not the store, was the limit when it was, and by what.
func TestBenchSaysThatItWasTheLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command func(t *testing.T, r room) []string
		reason  string
	}{
		"a CPU quota": {func(t *testing.T, r room) []string {
			return scripted("echo $$ >"+smallQuota(t)+`; exec "$@"`, brief(r, "redis="+testserver.Redis(t), "--duration=1s"))
		}, "the CPU quota of its control group stopped bench in "},
		"more than it can send": {func(t *testing.T, r room) []string {
			return paced(r, "memory", "--rate=5000000/s", "--duration=50ms", "--drain=100ms")
		}, " ms late (p99) before the store had to do with them"},
		"collections all the time": {func(t *testing.T, r room) []string {
			return append([]string{"collecting"}, paced(r, "memory", "--rate=1000/s", "--duration=1s")[1:]...)
		}, "the garbage collector's "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unlessDisturbed(t, func(r room) (complaint string) {
				said := r.types(t, nil, c.command(t, r)...).said
				h := theOnly(t, r.results()).Summary.Harness
				if !h.ClientSaturated || !strings.Contains(h.SaturatedReason, c.reason) {
					return "the reason is " + h.SaturatedReason + ", and should be " + c.reason + "\n" + said
				}
				return ""
			})
		})
	}
}

// Where there is little to do, or the store is slow, bench does not take the blame.
func TestBenchDoesNotBlameItselfForTheStore(t *testing.T) {
	drivertest.Quiet(t)
	for name, measure := range map[string]func(t *testing.T, r room){
		"a quiet open loop": func(t *testing.T, r room) {
			r.types(t, nil, paced(r, "redis="+testserver.Redis(t), "--rate=500/s", "--duration=1500ms")...)
		},
		"two workers, and a slow store": func(t *testing.T, r room) {
			r.types(t, nil, brief(r, "postgres="+testserver.OwnPostgres(t).URL, "--workers=2", "--duration=1s")...)
		},
		"a store that stands still": func(t *testing.T, r room) {
			host, admin := ownRedis(t)
			run := r.startAs(t, paced(r, "redis=redis://admin:any@"+host, "--rate=500/s", "--duration=1500ms", "--max-in-flight=4")...)
			run.until(t, " steady")
			tell(t, admin, "CLIENT PAUSE 600")
			run.end(t)
			if lag := theOnly(t, r.results()).Summary.Harness.SendLag; lag.P99 < int64(300*time.Millisecond) {
				t.Errorf("nothing was held up: requests were sent %s late", time.Duration(lag.P99))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			unlessDisturbed(t, func(r room) (complaint string) {
				measure(t, r)
				return theOnly(t, r.results()).Summary.Harness.SaturatedReason
			})
		})
	}
}

// paced is a brief run of an open loop.
func paced(r room, store string, more ...string) []string {
	run := slices.DeleteFunc(brief(r, store, more...), func(arg string) bool { return strings.HasPrefix(arg, "--workers=") })
	return append(run, "--verify=off")
}

// unlessDisturbed measures up to three times, since it may have been others' work
// on this machine that was measured.
func unlessDisturbed(t *testing.T, measure func(r room) (complaint string)) {
	t.Helper()
	complaint := ""
	for range 3 {
		if complaint = measure(newRoom(t)); complaint == "" {
			return
		}
	}
	t.Error(complaint)
}

// smallQuota makes a control group that may use a tenth of a processor. It returns
// the file that takes processes into the group.
func smallQuota(t *testing.T) (procs string) {
	t.Helper()
	var err error
	for _, version := range []struct{ hierarchy, file, quota string }{
		{"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "10000"},
		{"/sys/fs/cgroup", "cpu.max", "10000 100000"},
	} {
		os.WriteFile(filepath.Join(version.hierarchy, "cgroup.subtree_control"), []byte("+cpu"), 0) // version 2 alone needs it
		var group string
		if group, err = os.MkdirTemp(version.hierarchy, "bench-test-"); err != nil {
			continue
		}
		t.Cleanup(func() {
			eventually(t, "a control group", func() []string {
				if os.Remove(group) == nil {
					return nil
				}
				return []string{group}
			})
		})
		if err = os.WriteFile(filepath.Join(group, version.file), []byte(version.quota), 0); err == nil {
			return filepath.Join(group, "cgroup.procs")
		}
	}
	drivertest.Missing(t, "quota", "run as root where /sys/fs/cgroup can be written to: "+err.Error())
	return ""
}
