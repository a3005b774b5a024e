package drivertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	traced = "BENCH_TRACED"
	mark   = "/bench-mark/"
)

// Mark makes a system call that has no effect and shows text in the lines of
// SystemCalls.
func Mark(text string) { os.Lstat(mark + text) }

// SystemCalls runs body in a child process, which runs the calling test alone,
// under strace, and returns in the parent the system calls that followed each
// Mark, in the order they were made: one line a call, without the process id.
// Body gets a path in an empty folder, which is returned too. In the child
// SystemCalls does not return. It skips the test where strace does not work.
func SystemCalls(t *testing.T, body func(path string)) (calls map[string][]string, path string) {
	t.Helper()
	if path := os.Getenv(traced); path != "" {
		body(path)
		Mark("")
		t.SkipNow()
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		Missing(t, "strace", "apt-get install strace")
	}
	output, path := filepath.Join(t.TempDir(), "strace"), filepath.Join(t.TempDir(), "store")
	child := exec.Command(strace, "-f", "-o", output, "-s", "0", os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), traced+"="+path)
	if said, err := child.CombinedOutput(); err != nil {
		if strings.Contains(string(said), "ptrace") {
			t.Skipf("strace is not allowed here: %s", said)
		}
		t.Fatalf("strace: %v\n%s", err, said)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return byMark(whole(string(text))), path
}

var (
	started = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. \S+ resumed>(.*)$`)
	call    = regexp.MustCompile(`^\d+ +(.*)$`)
	marked  = regexp.MustCompile(`"` + mark + `([^"]*)"`)
)

// whole joins calls that strace wrote in two parts, when another thread came
// between, and puts them where they began.
func whole(text string) []string {
	var lines []string
	open := map[string]int{} // by process: the line that awaits its end
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := started.FindStringSubmatch(line); m != nil {
			open[m[1]] = len(lines)
			lines = append(lines, m[2])
		} else if m := resumed.FindStringSubmatch(line); m != nil {
			lines[open[m[1]]] += m[2]
		} else if m := call.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1])
		}
	}
	return lines
}

func byMark(lines []string) map[string][]string {
	sections := map[string][]string{}
	now := ""
	for _, line := range lines {
		if m := marked.FindStringSubmatch(line); m != nil {
			now = m[1]
		} else if now != "" {
			sections[now] = append(sections[now], line)
		}
	}
	return sections
}
