package file

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// Without a free descriptor a write fails, while a read waits until there is one
// (graceful-fs). The whole process is out of them, so it is one of its own.
func TestReadsWaitAndWritesFailWithoutDescriptors(t *testing.T) {
	const child = "BENCH_FILE_DESCRIPTORS"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), child+"=1")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	e := opened(t, config(t, t.TempDir(), drivers.Express, nil))
	n := opened(t, config(t, t.TempDir(), drivers.Native, nil))
	r := drivertest.Record("id", time.Hour, 1, "")
	for _, d := range []store{e, n} {
		if err := d.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	release := useAllDescriptors(t)
	for name, d := range map[string]store{"express": e, "native": n} {
		if err := d.Set(t.Context(), r); drivers.Classify(err) != drivers.ClassTooManyOpenFiles {
			t.Errorf("%s: set: %v, classed %s", name, err, drivers.Classify(err))
		}
	}
	if _, err := n.Get(t.Context(), "id"); drivers.Classify(err) != drivers.ClassTooManyOpenFiles {
		t.Errorf("native: get: %v, classed %s", err, drivers.Classify(err))
	}
	ctx, cancel := contextFor(t, 20*time.Millisecond)
	defer cancel()
	if _, err := e.Get(ctx, "id"); drivers.Classify(err) != drivers.ClassTimeout {
		t.Errorf("express: a get that may wait 20 ms: %v, classed %s", err, drivers.Classify(err))
	}
	got := make(chan error)
	go func() {
		_, err := e.Get(t.Context(), "id")
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Errorf("express: get: %v", err)
	}
}

func useAllDescriptors(t *testing.T) (release func()) {
	t.Helper()
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(limit.Cur, 100)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var fds []int
	for {
		fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == syscall.EMFILE {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	return func() {
		for _, fd := range fds {
			syscall.Close(fd)
		}
	}
}
