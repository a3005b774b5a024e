package drivertest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inChild names the test that a child process is there for.
const inChild = "BENCH_TEST_APART"

// Apart runs body in a child process, in which the calling test runs alone: for
// what changes the whole process.
func Apart(t *testing.T, body func()) {
	t.Helper()
	if os.Getenv(inChild) == t.Name() {
		body()
		return
	}
	child := exec.Command(os.Args[0], "-test.v", "-test.timeout=5m", "-test.run", exactly(t.Name()))
	child.Env = append(os.Environ(), inChild+"="+t.Name())
	said, err := child.CombinedOutput()
	switch text := string(said); {
	case err != nil:
		t.Fatalf("in a process of its own: %v\n%s", err, text)
	case strings.Contains(text, "--- SKIP: "+t.Name()+" "):
		t.Skip(text)
	case !strings.Contains(text, "--- PASS: "+t.Name()+" "):
		t.Fatalf("in a process of its own the test did not run:\n%s", text)
	}
}

// exactly is the pattern of one test's name, part by part.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// UseAllDescriptors leaves the process without a free file descriptor until
// release, so the test must be Apart. What is set free meanwhile, by a connection
// that was still closing, is used too.
func UseAllDescriptors(t testing.TB) (release func()) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(limit.Cur, 100)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var used []int
	use := func() error {
		for {
			fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			used = append(used, fd)
		}
	}
	if err := use(); err != syscall.EMFILE {
		t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(100 * time.Microsecond):
				_ = use() // none is left, as a rule
			}
		}
	}()
	return func() {
		close(end)
		<-ended
		for _, fd := range used {
			syscall.Close(fd)
		}
	}
}
