package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// ended is what became of a command.
type ended struct {
	status    int
	out, said string
}

// wants a status, and patterns of what was said; no command may end in a trace.
func (e ended) wants(t *testing.T, status int, says ...string) {
	t.Helper()
	if e.status != status {
		t.Errorf("exit status %d, not %d", e.status, status)
	}
	for _, pattern := range says {
		if !regexp.MustCompile(pattern).MatchString(e.said) {
			t.Errorf("nothing said matches %s", pattern)
		}
	}
	if strings.Contains(e.said, "goroutine ") {
		t.Error("it ends in a trace")
	}
	if t.Failed() {
		t.Logf("%s\n%s", e.out, e.said)
	}
}

// oneLine wants nothing but one line of bench.
func (e ended) oneLine(t *testing.T) {
	t.Helper()
	if e.out != "" || !strings.HasPrefix(e.said, "bench: ") || strings.Count(e.said, "\n") != 1 {
		t.Errorf("not one line of bench:\n%s%s", e.out, e.said)
	}
}

// types runs a command in the room. It starts with further variables; one without
// a value is taken away.
func (r room) types(t *testing.T, env []string, command ...string) ended {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.temp, &out, &said
	cmd.Env = append(os.Environ(), r.environment()...)
	for _, pair := range env {
		name, _, given := strings.Cut(pair, "=")
		cmd.Env = slices.DeleteFunc(cmd.Env, func(known string) bool { return strings.HasPrefix(known, name+"=") })
		if given {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return ended{shellStatus(cmd.ProcessState), out.String(), said.String()}
}

// scripted is a command as the arguments of a shell's script.
func scripted(script string, command []string) []string {
	return append([]string{"sh", "-c", script, "sh"}, command...)
}

// brief is a run that is over soon, with its results in the room.
func brief(r room, store string, more ...string) []string {
	return append([]string{"bench", "run", "--store=" + store, "--out=" + r.results(), "--warmup=0s", "--duration=200ms", "--sessions=50", "--workers=4"}, more...)
}

func (r room) results() string { return filepath.Join(r.temp, "results") }

// small mounts a file system of some size on a new folder of the room.
func (r room) small(t *testing.T, name, size string) (dir string) {
	t.Helper()
	dir = filepath.Join(r.temp, name)
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=1777,size="+size)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root can mount a disk to fill it")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all the room that is left on a disk, and what is set free later, until
// empty is called.
func fill(t *testing.T, dir string) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "all")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	full, stop, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for first := true; ; {
			if _, err := f.Write(make([]byte, 4096)); err == nil {
				continue
			}
			if first {
				close(full)
				first = false
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	<-full
	return func() {
		close(stop)
		<-stopped
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			t.Error(err)
		}
	}
}

// leaves wants nothing in a folder but these.
func leaves(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			t.Errorf("%s is left in %s", e.Name(), dir)
		}
	}
}

// What was measured is printed, and saved where there is room.
func TestADiskThatFillsUnderTheResults(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	disk := r.small(t, "results", "1m")
	run := r.start(t, brief(r, "memory", "--duration=1s")[1:]...)
	run.until(t, " steady")
	defer fill(t, disk)()
	status := run.end(t)
	ended{status, run.stdout.String(), run.text()}.wants(t, exitFailed,
		`bench: save `+disk+`/\S+\.json: .*no space left on device; it is saved as `+r.temp+`/\S+\.json instead`)
	if !strings.Contains(run.stdout.String(), "ops/s") {
		t.Errorf("the figures are not printed:\n%s", run.stdout.String())
	}
	leaves(t, disk, "all")
	if all := theOnly(t, r.temp).Summary.Operations["all"]; all.Count == 0 {
		t.Error("no operation is in the result")
	}
}

// Its writes fail, are counted as such, and what it did until then is a result.
func TestADiskThatFillsUnderTheStore(t *testing.T) {
	t.Parallel()
	for store, path := range map[string]string{"file": "disk/sessions", "sqlite": "disk/sessions.db"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			disk := r.small(t, "disk", "4m")
			target := store + "=" + filepath.Join(r.temp, path)
			run := r.start(t, brief(r, target, "--duration=3s", "--mix=read=80,write=20")[1:]...)
			run.until(t, " ops/s")
			empty := fill(t, disk)
			status := run.end(t)
			ended{status, run.stdout.String(), run.text()}.wants(t, exitFailed, `from second \d\.\d to the end requests failed or went unanswered \(out_of_memory\)`)
			result := theOnly(t, r.results())
			all := result.Summary.Operations["all"]
			if all.Errors["out_of_memory"] == 0 || len(all.Errors) != 1 || all.Succeeded() == 0 || result.Summary.DurationSeconds != 3 {
				t.Errorf("%d of %d operations in %g s, errors %v", all.Succeeded(), all.Count, result.Summary.DurationSeconds, all.Errors)
			}
			empty()
			r.types(t, nil, "bench", "clean", target).wants(t, exitDone)
			leaves(t, disk, filepath.Base(path))
			leaves(t, r.temp, "disk", "results")
		})
	}
}

// A store that is provided needs room for its files: too little of it ends the
// command before it measures.
func TestAFullTemporaryFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ store, size, says string }{
		{"file", "8k", `^bench: open file \S+: .*no space left on device; set TMPDIR to a folder with more room\n$`},
		{"sqlite", "8k", `^bench: open sqlite \S+: .*full.*; set TMPDIR to a folder with more room\n$`},
		{"redis", "8k", `^bench: provide redis: \S+ is full, set TMPDIR to a folder with more room: `},
		{"postgres", "600k", `^bench: provide postgres: \S+ is full, set TMPDIR to a folder with more room: initdb: `},
	} {
		t.Run(c.store, func(t *testing.T) {
			t.Parallel()
			switch c.store {
			case "redis":
				installed(t, "redis", "redis-server")
			case "postgres":
				testserver.Postgres(t) // skips where there is none
			}
			r := newRoom(t)
			disk := r.small(t, "disk", c.size)
			room, err := os.Create(filepath.Join(disk, "all"))
			if err != nil {
				t.Fatal(err)
			}
			if c.store != "postgres" {
				if _, err := io.Copy(room, zeroes{}); !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
			}
			end := r.types(t, []string{"TMPDIR=" + disk}, brief(r, c.store, "--backend="+backendOf(c.store))...)
			end.said = regexp.MustCompile(`(?m)^.* is in memory \(tmpfs\).*\n`).ReplaceAllString(end.said, "")
			end.wants(t, exitUnavailable, c.says)
			leaves(t, disk, "all")
			leaves(t, r.results())
		})
	}
}

func backendOf(store string) string {
	if embedded(store) {
		return "embedded"
	}
	return "process"
}

// zeroes never end.
type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A folder that can take no result is found before anything runs.
func TestAFolderThatTakesNoResult(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, r room, dir string)
		says string
	}{
		"read-only": {func(t *testing.T, r room, dir string) {
			if err := unix.Mount("", r.small(t, "results", "1m"), "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
		}, `^bench: --out: no file can be made in \S+: read-only file system; name another folder\n$`},
		"full": {func(t *testing.T, r room, dir string) {
			r.small(t, "results", "64k")
		}, `^bench: --out: no file can be made in \S+: no space left on device; name another folder\n$`},
		"a file": {func(t *testing.T, r room, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, `^bench: --out: mkdir \S+: not a directory; name another folder\n$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			c.make(t, r, r.results())
			end := r.types(t, nil, brief(r, "memory")...)
			end.wants(t, exitUsage, c.says)
			end.oneLine(t)
			leaves(t, r.temp, "results")
		})
	}
}

// A folder that vanishes while bench measures is made again; where that can't be,
// the result goes elsewhere.
func TestAFolderThatVanishes(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(dir string) error{
		"for good":   func(string) error { return nil },
		"for a file": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			run := r.start(t, brief(r, "memory", "--duration=1s")[1:]...)
			run.until(t, " steady")
			if err := errors.Join(os.Remove(r.results()), replace(r.results())); err != nil {
				t.Fatal(err)
			}
			status := run.end(t)
			end := ended{status, run.stdout.String(), run.text()}
			if name == "for good" {
				end.wants(t, exitDone, `saved `+r.results())
				theOnly(t, r.results())
				return
			}
			end.wants(t, exitFailed, `not a directory; it is saved as `+r.temp+`/\S+\.json instead`)
			theOnly(t, r.temp)
		})
	}
}

// Without /proc there are no file descriptors and no processor times to tell, and
// all else is as ever.
func TestNoProc(t *testing.T) {
	t.Parallel()
	for _, store := range []string{"memory", "file", "sqlite", "redis"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			if store == "redis" {
				installed(t, "redis", "redis-server")
			}
			if os.Geteuid() != 0 {
				t.Skip("only root can take /proc away")
			}
			r := newRoom(t)
			command := brief(r, store, "--duration=500ms", "--backend="+backendOf(store))
			end := r.types(t, nil, append([]string{"unshare", "-m"}, scripted(`mount -t tmpfs none /proc && exec "$@"`, command)...)...)
			end.wants(t, exitDone)
			result := theOnly(t, r.results())
			f, why := result.Summary, result.Rounds[0].Unavailable
			if f.FileDescriptors.Client != nil || f.Resources.Client != nil || f.FileDescriptors.Server != nil {
				t.Errorf("figures without a source: %+v, %+v", f.FileDescriptors, f.Resources)
			}
			for _, figure := range []string{"file_descriptors.client", "resources.client"} {
				if !strings.Contains(why[figure], "/proc/") {
					t.Errorf("%s is missing because %q", figure, why[figure])
				}
			}
			leaves(t, r.temp, "results")
		})
	}
}

// With few file descriptors bench works with what there is, counts what fails for
// want of more, and can still save; with too few for itself it says so.
func TestFewFileDescriptors(t *testing.T) {
	t.Parallel()
	servers := map[string]func(testing.TB) string{"redis": testserver.Redis, "postgres": testserver.Postgres}
	for _, c := range []struct {
		limit         int
		store, client string
	}{
		{12, "memory", "express"},
		{20, "memory", "express"}, {20, "file", "express"}, {20, "sqlite", "express"}, {20, "redis", "express"}, {20, "postgres", "express"},
		{20, "sqlite", "native"}, {20, "redis", "native"}, {20, "postgres", "native"},
		{64, "file", "express"}, {64, "postgres", "native"},
	} {
		t.Run(fmt.Sprintf("%d, %s, %s", c.limit, c.store, c.client), func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			more := []string{"--client=" + c.client, "--workers=48"}
			target := c.store
			if server := servers[c.store]; server != nil {
				target += "=" + server(t)
			}
			if c.store == "postgres" {
				more = append(more, "--set=postgres.table="+t.Name())
			}
			end := r.types(t, nil, scripted(fmt.Sprintf(`ulimit -n %d; exec "$@"`, c.limit), brief(r, target, more...))...)
			switch {
			case c.limit < fewestFiles:
				end.wants(t, exitUsage, `12 file descriptors are too few: bench needs 16 .*; ulimit -n raises the limit`)
				end.oneLine(t)
				return
			case end.status == exitUnavailable: // too few for the store's own connections
				end.wants(t, exitUnavailable, `too many open files; ulimit -n raises the limit of `)
				leaves(t, r.results())
				return
			case end.status != exitDone:
				end.wants(t, exitFailed, `too many open files; ulimit -n raises the limit of |\(too_many_open_files\)`)
			}
			end.wants(t, end.status, `bench: saved `)
			atMost(t, theOnly(t, r.results()), c.limit)
		})
	}
}

// atMost wants no failure but for want of a file descriptor, and none open beyond
// the limit.
func atMost(t *testing.T, result *results.Result, limit int) {
	t.Helper()
	all, files := result.Summary.Operations["all"], result.Summary.FileDescriptors.Client
	if len(all.Errors) > 1 || len(all.Errors) == 1 && all.Errors["too_many_open_files"] == 0 {
		t.Errorf("errors %v, such as %v", all.Errors, result.Summary.ErrorTexts)
	}
	if files == nil || files.Peak > limit || files.Limit == nil || *files.Limit != uint64(limit) {
		t.Errorf("file descriptors %+v, of %d", files, limit)
	}
}

func TestAnEnvironmentThatLacksAFolder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env    []string
		status int
		says   string
	}{
		"no HOME":             {[]string{"HOME"}, exitDone, "saved"},
		"HOME is a file":      {[]string{"HOME=/etc/passwd"}, exitDone, "saved"},
		"no variables but":    {[]string{"HOME", "USER", "TERM", "LANG", "LC_ALL", "SHELL"}, exitDone, "saved"},
		"no TMPDIR there":     {[]string{"TMPDIR=/nowhere/at/all"}, exitUnavailable, `^bench: make the run's folder: mkdir /nowhere/at/all/\S+: no such file or directory; set TMPDIR to a folder that bench can write to\n$`},
		"TMPDIR is a file":    {[]string{"TMPDIR=/etc/passwd"}, exitUnavailable, `^bench: make the run's folder: mkdir /etc/passwd/\S+: not a directory; set TMPDIR to a folder that bench can write to\n$`},
		"TMPDIR is read-only": {[]string{"TMPDIR=/proc"}, exitUnavailable, `^bench: make the run's folder: mkdir /proc/\S+: .*; set TMPDIR to a folder that bench can write to\n$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			end := r.types(t, c.env, brief(r, "memory,file")...)
			end.wants(t, c.status, c.says)
			if c.status != exitDone {
				end.oneLine(t)
			}
			leaves(t, r.temp, "results")
		})
	}
}

// A result is saved, and nothing else is left, whoever listens.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		status int
		says   string
	}{
		"standard input closed":  {`exec "$@" <&-`, exitDone, "saved"},
		"standard output closed": {`exec "$@" >&-`, exitDone, "saved"},
		"standard error closed":  {`exec "$@" 2>&-`, exitDone, ""},
		"all closed":             {`exec "$@" <&- >&- 2>&-`, exitDone, ""},
		"a reader that leaves":   {`"$@" | true`, 0, "saved"},
		"its status":             {`{ "$@"; echo $? >&3; } 3>&2 | true`, 0, `(?m)^0$`},
		"an error reader leaves": {`{ "$@" 2>&1 >&3; echo $? >&4; } 3>&1 4>&2 | true`, 0, `(?m)^0$`},
		"a full output":          {`exec "$@" >/dev/full`, exitFailed, "no space left on device"},
		"a dumb terminal":        {`TERM=dumb exec "$@"`, exitDone, "saved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.types(t, nil, scripted(c.script, brief(r, "memory,file"))...).wants(t, c.status, c.says)
			saved, err := filepath.Glob(filepath.Join(r.results(), "*.json"))
			if err != nil || len(saved) != 2 {
				t.Errorf("saved %q, %v", saved, err)
			}
			leaves(t, r.temp, "results")
		})
	}
}

// A terminal without UTF-8 is shown nothing but ASCII.
func TestATerminalWithoutUTF8(t *testing.T) {
	for _, locale := range []string{"C", "POSIX", "de_DE@euro", ""} {
		t.Setenv("LC_ALL", locale)
		t.Setenv("LC_CTYPE", "")
		t.Setenv("LANG", "")
		r := newRoom(t)
		run := r.start(t, brief(r, "file", "--duration=1s")[1:]...)
		run.until(t, " ops/s")
		if status := run.end(t); status != exitDone {
			t.Errorf("exit status %d", status)
		}
		master, slave, err := openTerminal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := legible(slave).Write([]byte("1.5µs … ×2 – ∞ ü\n")); err != nil {
			t.Fatal(err)
		}
		shown := make([]byte, 100)
		n, err := master.Read(shown)
		if err != nil {
			t.Fatal(err)
		}
		slave.Close()
		master.Close()
		for _, text := range []string{run.text(), string(shown[:n])} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }); i >= 0 {
				t.Errorf("LC_ALL=%q: %q is shown", locale, text[i:])
			}
		}
		if want := "1.5us ... x2 - inf \\u00fc\r\n"; string(shown[:n]) != want {
			t.Errorf("LC_ALL=%q: shown %q, want %q", locale, shown[:n], want)
		}
	}
}
