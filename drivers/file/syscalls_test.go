package file

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// The transcript is strace's of session-file-store; ours of the same requests
// must have the same calls on the same files in the same order.
func TestSystemCallsAreThoseOfTheTranscript(t *testing.T) {
	text, err := os.ReadFile("testdata/file-store-syscalls.txt")
	if err != nil {
		t.Fatal(err)
	}
	calls, dir := drivertest.SystemCalls(t, func(dir string) { requests(t, dir) })
	recorded := transcript(string(text))
	for _, request := range []string{"login", "read", "write", "logout", "dead cookie"} {
		got, want := files(calls[request], dir), files(recorded[request], "DIR")
		if len(want) == 0 {
			t.Fatalf("the transcript has no %s", request)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s made\n%s\nrecorded are\n%s", request, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// requests makes the calls that express-session made for the recorded ones.
func requests(t *testing.T, dir string) {
	d := opened(t, config(t, dir, drivers.Express, nil))
	ctx := t.Context()
	r := drivertest.Record("session", time.Hour, 0, "")
	must := func(errs ...error) {
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	get := func() error { _, err := d.Get(ctx, r.ID); return err }
	drivertest.Mark("login")
	must(d.Destroy(ctx, "other"), d.Set(ctx, r), d.Set(ctx, r))
	drivertest.Mark("read")
	must(get(), d.Touch(ctx, r))
	drivertest.Mark("write")
	must(get(), d.Set(ctx, r))
	drivertest.Mark("logout")
	must(get(), d.Destroy(ctx, r.ID))
	drivertest.Mark("dead cookie")
	if err := get(); !errors.Is(err, drivers.ErrNotFound) {
		t.Fatal(err)
	}
	drivertest.Mark("")
	must(d.Drop(ctx))
}

// transcript gives the lines of the recorded requests of resave=false.
func transcript(text string) map[string][]string {
	text, _, _ = strings.Cut(text, "# === resave=true")
	names := map[string]string{"2 login": "login", "3 read": "read", "4 write": "write", "5 logout": "logout", "5b read": "dead cookie"}
	sections := map[string][]string{}
	now := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "# "); ok {
			words := strings.Fields(strings.ReplaceAll(title, "-", " "))
			now = names[words[0]+" "+words[1]]
		} else if now != "" {
			sections[now] = append(sections[now], line)
		}
	}
	return sections
}

var (
	pathCall  = regexp.MustCompile(`^(\w+)\((?:AT_FDCWD, )?"([^"]*)"(.*)`)
	fdCall    = regexp.MustCompile(`^(\w+)\((\d+),?(.*)`)
	opens     = regexp.MustCompile(`^open.* = (\d+)`)
	temporary = regexp.MustCompile(`\.\d+$`)
)

// files reduces strace's lines to "call file", as far as they concern dir: other
// kernels and languages have other calls for the same (statx, newfstatat).
func files(lines []string, dir string) []string {
	var list []string
	open := map[string]string{} // descriptor to file
	for _, line := range lines {
		if m := pathCall.FindStringSubmatch(line); m != nil && strings.HasPrefix(m[2], dir) {
			file := kind(m[2], dir)
			list = append(list, callName(m[1], m[3])+" "+file)
			if o := opens.FindStringSubmatch(line); o != nil {
				open[o[1]] = file
			}
		} else if m := fdCall.FindStringSubmatch(line); m != nil && open[m[2]] != "" {
			list = append(list, callName(m[1], m[3])+" "+open[m[2]])
			if m[1] == "close" {
				delete(open, m[2])
			}
		}
	}
	return list
}

func kind(path, dir string) string {
	switch {
	case path == dir:
		return "FOLDER"
	case temporary.MatchString(path):
		return "FILE.NUMBER"
	}
	return "FILE"
}

// callName gives the plain name of a call and of what it was called with.
func callName(name, rest string) string {
	switch name {
	case "statx", "newfstatat", "lstat", "stat", "fstat":
		switch {
		case strings.Contains(rest, "AT_EMPTY_PATH"), name == "fstat":
			return "fstat"
		case strings.Contains(rest, "NOFOLLOW"), name == "lstat":
			return "lstat"
		}
		return "stat"
	case "open", "openat":
		flags := "open to read"
		if strings.Contains(rest, "O_TRUNC") {
			flags = "open to truncate"
		}
		if strings.Contains(rest, "ENOENT") {
			flags += " (missing)"
		}
		return flags
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "2"), "at") // renameat2, unlinkat
	if name == "fchown" || name == "fchmod" {                      // fchownat, fchmodat: transcripts have none on a descriptor
		name = name[1:]
	}
	return name
}
