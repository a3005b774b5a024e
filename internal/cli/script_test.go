package cli

import (
	"context"
	"encoding/json"
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

	goredis "github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/sessionbench/bench/internal/testserver"
)

// The scripts type what people type. A script's folder is its home, and its
// temporary folder is its own, so that what a run leaves is seen there; no Docker
// daemon is within its reach.

func TestMain(m *testing.M) {
	testscript.Main(withoutImages{testserver.Main{M: m}}, map[string]func(){
		"bench":      func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"collecting": func() { os.Exit(collecting(os.Args[1:])) },
		"lookout":    func() { os.Exit(lookout(os.Args[1:])) },
		"until":      func() { os.Exit(until(os.Args[1:])) },
		"scrape":     func() { os.Exit(scrape(os.Args[1:])) },
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params(filepath.Join("testdata", "script")))
}

// TestScriptsWithRedis gives each script a server of its own, at $REDIS.
func TestScriptsWithRedis(t *testing.T) {
	t.Parallel()
	p := params(filepath.Join("testdata", "script", "redis"))
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("REDIS", testserver.OwnRedis(env.T().(testing.TB)).URL)
		return setup(env)
	}
	testscript.Run(t, p)
}

func params(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			bench, err := exec.LookPath("bench")
			if err != nil {
				return err
			}
			env.Setenv("BENCH", bench)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("IN_AN_HOUR", time.Now().Add(time.Hour).Format(time.RFC3339))
			env.Setenv("DOCKER_HOST", "unix://"+filepath.Join(env.WorkDir, "no-docker.sock"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"refuses": refuses,
			"only":    only,
			"field":   field,
			"result":  resultOf,
			"history": history,
			"names":   names,
			"gone":    gone,
			"redis":   redis,
		},
	}
}

// exits STATUS COMMAND ARG… runs a command, which must end with the status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := statusOf(ts, args[1], args[2:]...); got != want {
		ts.Fatalf("exit status %d, not %d", got, want)
	}
}

func statusOf(ts *testscript.TestScript, command string, args ...string) int {
	err := ts.Exec(command, args...)
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	ts.Check(err)
	return 0
}

// refuses PATTERN ARG… runs bench, which must end as for every mistake of the
// user: status 2, nothing on standard output, and one line, here of the pattern,
// on standard error.
func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: refuses PATTERN ARG…")
	}
	status := statusOf(ts, "bench", args[1:]...)
	out, text := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	switch pattern, err := regexp.Compile(args[0]); {
	case err != nil:
		ts.Fatalf("%v", err)
	case status != exitUsage:
		ts.Fatalf("exit status %d, not %d", status, exitUsage)
	case out != "":
		ts.Fatalf("a mistake is no answer: standard output is not empty")
	case !strings.HasPrefix(text, "bench: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n"):
		ts.Fatalf("standard error is not one line of bench")
	case !pattern.MatchString(text):
		ts.Fatalf("no match for %q", pattern)
	}
}

// only GLOB NAME gives the one file that matches the pattern a name.
func only(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: only GLOB NAME")
	}
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d files match %s: %q", len(found), args[0], found)
	}
	ts.Check(os.Rename(found[0], ts.MkAbs(args[1])))
}

// field FILE PATH prints what is at a path such as rounds.0.load.mode of a file,
// or of stdout, which must be one JSON document.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field FILE PATH")
	}
	var at any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &at))
	for _, name := range strings.Split(args[1], ".") {
		switch within := at.(type) {
		case map[string]any:
			next, ok := within[name]
			if !ok {
				ts.Fatalf("%s has no %q", args[0], name)
			}
			at = next
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(within) {
				ts.Fatalf("%s has no %q in a list of %d", args[0], name, len(within))
			}
			at = within[i]
		default:
			ts.Fatalf("%s has nothing below a %T for %q", args[0], at, name)
		}
	}
	text, err := json.Marshal(at)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), strings.Trim(string(text), `"`))
}

// names DIR NAME… wants exactly these names, sorted, in a folder.
func names(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: [!] names DIR NAME…")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	if slices.Equal(found, args[1:]) == neg {
		ts.Fatalf("%s holds %q", args[0], found)
	}
}

// gone wants nothing of any run left in the script's temporary folder: no folder
// and no process. With "processes" it asks for processes alone, and waits for
// those that the kernel is still ending.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 1 || len(args) == 1 && (neg || args[0] != "processes") {
		ts.Fatalf("usage: [!] gone, or gone processes")
	}
	temp := ts.Getenv("TMPDIR")
	if len(args) == 1 {
		for deadline := time.Now().Add(30 * time.Second); len(processesIn(temp)) > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				ts.Fatalf("still running: %q", processesIn(temp))
			}
		}
		return
	}
	left, err := filepath.Glob(filepath.Join(temp, "bench-*"))
	ts.Check(err)
	if left = append(left, processesIn(temp)...); (len(left) > 0) != neg {
		ts.Fatalf("left: %q", left)
	}
}

// processesIn lists the processes that work in a folder, as bench's servers do.
// What can't be read is another user's, or over.
func processesIn(dir string) []string {
	all, err := process.Processes()
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	for _, p := range all {
		if cwd, err := p.Cwd(); err == nil && strings.HasPrefix(cwd, dir) {
			found = append(found, fmt.Sprintf("%d in %s", p.Pid, cwd))
		}
	}
	return found
}

// redis COMMAND ARG… sends a command to the script's server, and prints the
// reply, a list in order with an element a line.
func redis(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: redis COMMAND ARG…")
	}
	options, err := goredis.ParseURL(ts.Getenv("REDIS"))
	ts.Check(err)
	client := goredis.NewClient(options)
	defer client.Close()
	var words []any
	for _, arg := range args {
		words = append(words, arg)
	}
	reply, err := client.Do(context.Background(), words...).Result()
	ts.Check(err)
	list, ok := reply.([]any)
	if !ok {
		list = []any{reply}
	}
	var lines []string
	for _, line := range list {
		lines = append(lines, fmt.Sprintln(line))
	}
	slices.Sort(lines)
	fmt.Fprint(ts.Stdout(), strings.Join(lines, ""))
}
