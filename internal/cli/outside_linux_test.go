package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// What bench says that both sides used is what /proc shows to another process, which
// looks more often.
func TestWhatBothSidesUseAgreesWithProc(t *testing.T) {
	drivertest.Quiet(t)
	for way, stores := range map[string][]string{"process": {"redis", "postgres"}, "container": {"redis"}} {
		t.Run(way, func(t *testing.T) {
			for _, store := range stores {
				for _, mode := range []string{"express", "native"} {
					t.Run(store+", "+mode, func(t *testing.T) {
						unlessDisturbed(t, func(r room) (complaint string) { return seenFromOutside(t, r, way, store, mode) })
					})
				}
			}
		})
	}
}

// seenFromOutside watches a run, and says what bench says differently.
func seenFromOutside(t *testing.T, r room, way, store, mode string) (complaint string) {
	run := paced(r, store, "--backend="+way, "--client="+mode, "--rate=300/s", "--warmup=500ms", "--duration=1s")
	if way == "container" { // which Docker takes a while to find
		run = append(run, "--image="+store+"="+image(t, store), "--warmup=1s")
		run = append([]string{"env", "-u", "DOCKER_HOST"}, run...)
	} else {
		installed(t, store, map[string]string{"redis": "redis-server", "postgres": "/usr/lib/postgresql/*/bin/initdb"}[store])
	}
	bench := r.startAs(t, run...)
	bench.until(t, ", client ") // it has said what it provided
	pid := strconv.Itoa(bench.cmd.Process.Pid)
	lookout := exec.Command("lookout", pid, serverOf(t, r, way, pid))
	var printed, said bytes.Buffer
	lookout.Stdout, lookout.Stderr = &printed, &said
	if err := lookout.Start(); err != nil {
		t.Fatal(err)
	}
	bench.end(t)
	if err := lookout.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	round := theOnly(t, r.results()).Rounds[0]
	if round.Resources.Client == nil || round.Harness.CPUPercent == nil {
		return fmt.Sprintf("not measured: %v", round.Unavailable)
	}
	client, server := measuredPart(&printed, &round)
	return client.differ("client", round.FileDescriptors.Client, round.Resources.Client) +
		server.differ("server", round.FileDescriptors.Server, round.Resources.Server)
}

// serverOf is the root of the processes of the server that a bench has started.
func serverOf(t *testing.T, r room, way, bench string) (pid string) {
	t.Helper()
	if way == "process" {
		return children(bench)[0]
	}
	found := containersOf(t, r.temp)
	if len(found) != 1 {
		t.Fatalf("containers %q", found)
	}
	text, err := exec.Command("docker", "inspect", "-f", "{{.State.Pid}}", strings.Fields(found[0])[1]).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return strings.TrimSpace(string(text))
}

// outside is what was seen of a side in the measured part.
type outside struct {
	last         seen
	whole        bool // since before its beginning
	looks, files int
	memory       int64
	cpu          float64 // nanoseconds
}

// measuredPart reads what the lookout has printed. The part is as long as the share
// of a processor tells, since it ends with the last answer.
func measuredPart(printed *bytes.Buffer, round *results.Round) (client, server outside) {
	from := round.StartedAt.Add(time.Duration(round.WarmupSecs * 1e9)).UnixNano()
	to := from + int64(round.Resources.Client.CPUSeconds/(*round.Harness.CPUPercent/100)*1e9)
	for {
		var c, s seen
		if n, _ := fmt.Fscan(printed, &c.at, &c.files, &c.cpu, &c.memory, &s.at, &s.files, &s.cpu, &s.memory); n < 8 {
			return client, server
		}
		client.add(c, from, to)
		server.add(s, from, to)
	}
}

// add takes the next look. The processor time between two looks is spread evenly,
// of which that within the part counts.
func (o *outside) add(now seen, from, to int64) {
	before := o.last
	o.last = now
	if now.at > from && now.at <= to {
		o.looks++
		o.files, o.memory = max(o.files, now.files), max(o.memory, now.memory)
	}
	if before.at == 0 {
		o.whole = now.at <= from
		return
	}
	used := float64(now.cpu-before.cpu) / float64(now.at-before.at)
	o.cpu += used * float64(max(0, min(now.at, to)-max(before.at, from)))
}

// differ says what bench's figures of a side are wrong in: by more than three file
// descriptors or one in twenty of the rest.
func (o *outside) differ(side string, d *results.Descriptors, u *results.Usage) (complaint string) {
	if d == nil || u == nil || !o.whole || o.looks < 30 {
		return fmt.Sprintf("%s: %+v, %+v, and seen %d times, from the beginning: %v\n", side, d, u, o.looks, o.whole)
	}
	if more := d.Peak - o.files; more < -3 || more > 3 {
		complaint += fmt.Sprintf("%s: %d file descriptors, and seen were %d\n", side, d.Peak, o.files)
	}
	for figure, f := range map[string]struct{ says, seen float64 }{
		"CPU seconds": {u.CPUSeconds, o.cpu / 1e9}, "bytes": {float64(u.MemoryPeakBytes), float64(o.memory)},
	} {
		if off := f.says/f.seen - 1; !(off >= -.05 && off <= .05) {
			complaint += fmt.Sprintf("%s: %g %s, and seen were %g\n", side, f.says, figure, f.seen)
		}
	}
	return complaint
}

// A server whose processes bench may not see has no figures, and the reason is given.
// Bench's own are there.
func TestAServerThatCannotBeSeenHasNoFigures(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"another account's":        {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"},
		"in another PID namespace": {"unshare", "--pid", "--fork", "--mount-proc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Geteuid() != 0 {
				t.Skip("only root can be somebody else")
			}
			r := newRoom(t)
			run := brief(r, "redis="+testserver.Redis(t), "--duration=500ms")
			end := r.types(t, nil, slices.Concat(command, []string{r.program(t)}, run[1:])...)
			end.wants(t, exitDone)
			if !regexp.MustCompile(`not measured: .*server's file descriptors, server's resources \(.*can't be seen\)`).MatchString(end.out) {
				t.Errorf("it does not say why:\n%s", end.out)
			}
			round := theOnly(t, r.results()).Rounds[0]
			if fds, used := round.FileDescriptors, round.Resources; fds.Server != nil || used.Server != nil || fds.Client == nil || used.Client == nil {
				t.Errorf("descriptors %+v, used %+v, because %v", fds, used, round.Unavailable)
			}
		})
	}
}

// program is bench where any account can run it, in a folder that any can write to.
func (r room) program(t *testing.T) (path string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(r.temp, "bench")
	text, err := exec.Command("install", "-m", "755", self, path).CombinedOutput() // a writer of ours could keep it busy
	if err := errors.Join(err, os.Chmod(r.temp, 0o1777)); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return path
}
