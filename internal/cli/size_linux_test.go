package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers/drivertest"
)

// peak runs bench on a Redis of its own, and gives the most memory that it had.
func peak(t *testing.T, workers, sessions int) (bytes int64) {
	t.Helper()
	r := newRoom(t)
	cmd := exec.Command("bench", "run", "--store=redis", "--backend=process", "--warmup=0s", "--duration=2s", "--no-progress", "--payload=300B",
		fmt.Sprint("--workers=", workers), fmt.Sprint("--sessions=", sessions), "--out="+r.results())
	cmd.Env, cmd.Dir = append(os.Environ(), r.environment()...), r.temp
	var text strings.Builder
	cmd.Stderr = &text
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What the system tells at its end is the most of it and of its server.
	for every := time.Tick(20 * time.Millisecond); ; <-every {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		now := number(after(string(status), "VmHWM:")) << 10
		if now == 0 { // it has ended
			break
		}
		bytes = now
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &text)
	}
	took := time.Since(began)
	result := theOnly(t, r.results())
	all := result.Summary.Operations["all"]
	if v := result.Summary.Violations.Total(); all.Count == 0 || len(all.Errors) > 0 || v > 0 {
		t.Errorf("%d workers: %d operations, errors %v, %d violations", workers, all.Count, all.Errors, v)
	}
	t.Logf("%d workers, %d sessions: at most %.1f MB, %.1f s in all", workers, sessions, float64(bytes)/1e6, took.Seconds())
	return bytes
}

// A worker costs 20 KB at most, and a session 64 bytes.
func TestWorkersAndSessionsAreSmall(t *testing.T) {
	drivertest.Quiet(t) // two minutes of both processors
	installed(t, "redis", "redis-server")
	const few, many, most = 1, 10_000, 50_000
	if each := (peak(t, many, most) - peak(t, few, most)) / (many - few); each > 20_000 {
		t.Errorf("a worker takes %d bytes", each)
	}
	peak(t, most, most) // completes
	const million = 1_000_000
	whole := peak(t, few, million)
	// So many more that the collector's state at either moment hardly counts.
	if each := float64(peak(t, few, 3*million)-whole) / (2 * million); each > 64 || whole > 400e6 {
		t.Errorf("a session takes %.1f bytes, a million with all else %d", each, whole)
	}
}

// BenchmarkStart is how long it takes to be there: the shortest command, and the
// shortest run, of 100 ms, with a Redis of its own.
func BenchmarkStart(b *testing.B) {
	for name, args := range map[string][]string{
		"version": {"version"},
		"run": {"run", "--store=redis", "--backend=process", "--warmup=0s", "--duration=100ms", "--no-progress",
			"--out=" + filepath.Join(b.TempDir(), "results")},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if text, err := exec.Command("bench", args...).CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, text)
				}
			}
		})
	}
}

// However long a run at full speed is, bench takes no more memory than in its first
// tenth, and its result stays small. BENCH_LONG=10m is how long.
func TestALongRunStaysSmall(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("BENCH_LONG"))
	if err != nil {
		t.Skip("takes as long as BENCH_LONG says: ten minutes show something, as CONTRIBUTING has it")
	}
	installed(t, "redis", "redis-server")
	r := newRoom(t)
	run := r.start(t, "run", "--store=redis", "--backend=process", "--workers=50", "--sessions=20000", "--warmup=0s",
		"--duration="+length.String(), "--no-progress", "--out="+r.results())
	run.until(t, ", client ") // it has said what it provided
	bench := side{root: strconv.Itoa(run.cmd.Process.Pid), ran: map[string]int64{}}
	began := time.Now()
	var tenths [10]int64 // the most memory in each
	for every := time.Tick(100 * time.Millisecond); ; <-every {
		now := bench.look()
		if now.files == 0 {
			break
		}
		if tenth := int(10 * time.Since(began) / length); tenth < len(tenths) { // the read-back after it is no part of it
			tenths[tenth] = max(tenths[tenth], now.memory)
		}
	}
	run.end(t)
	result := theOnly(t, r.results())
	files, _ := filepath.Glob(filepath.Join(r.results(), "*.json"))
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	all := result.Summary.Operations["all"]
	t.Logf("%d operations in %v: in each tenth at most %d bytes of memory; the result has %d", all.Count, length, tenths, info.Size())
	if most := slices.Max(tenths[1:]); float64(most) > 1.05*float64(tenths[0]) {
		t.Errorf("memory grew from %d to %d bytes", tenths[0], most)
	}
	if info.Size() >= 1e6 {
		t.Errorf("the result has %d bytes", info.Size())
	}
	if v := result.Summary.Violations.Total(); v > 0 || len(all.Errors) > 0 {
		t.Errorf("%d violations, errors %v", v, all.Errors)
	}
}
