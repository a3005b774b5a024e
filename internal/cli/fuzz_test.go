package cli

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/internal/load"
)

// typedPassword is a URL in an argument whose password is the one that must not
// be shown; a comma ends a target.
var typedPassword = regexp.MustCompile(`://[^/@,\n]*:[^,\n]*hunter2[^,\n]*@`)

// FuzzArguments types any arguments, one a line. A command that would measure or
// change something only reads its flags. Whatever is typed, the status is 0 or 2;
// a mistake prints one line and no answer; a URL's password is not shown.
func FuzzArguments(f *testing.F) {
	for _, args := range typed(f) {
		f.Add(strings.Join(args, "\n"))
	}
	for _, url := range []string{"redis://u:hunter2@h", "redis://:a/hunter2@h,b", "redis://u:%hunter2@h:port", "http://u:hunter2@@h"} {
		for _, before := range []string{"", "redis=", "redis:7=", "redis@url=", "redis@pool_size=", "--set\nredis=", "--rate=", "--out=", "--report=", "--tls-ca=", "--metrics="} {
			f.Add("run\n--store=redis\n" + before + url)
			f.Add("run\n--store=" + before + url)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		var out, errOut bytes.Buffer
		status := checkArguments(args, streams{&out, &errOut})
		said := errOut.String()
		switch status {
		case exitDone:
		case exitUsage:
			if !strings.HasPrefix(said, "bench: ") || strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") || out.Len() > 0 {
				t.Errorf("%q prints\n%s%s", args, out.String(), said)
			}
		default:
			t.Errorf("%q ends with %d: %s", args, status, said)
		}
		if !strings.Contains(typedPassword.ReplaceAllString(text, ""), "hunter2") && strings.Contains(out.String()+said, "hunter2") {
			t.Errorf("%q shows the password: %s%s", args, out.String(), said)
		}
	})
}

// checkArguments does what Main does, but that a run ends before it has made
// anything, and that nothing is cleaned, merged, compared, reported or calibrated.
func checkArguments(args []string, s streams) int {
	root := newRoot(s)
	for _, cmd := range append(root.Commands(), root) {
		switch cmd.Name() {
		case "bench", "run":
			onlyRead(cmd)
		case "clean", "merge", "compare", "report", "list", "doctor":
			cmd.RunE = func(*cobra.Command, []string) error { return nil }
		}
	}
	root.SetArgs(args)
	root.SetOut(s.out)
	root.SetErr(s.err)
	if err := plainArguments(args); err != nil {
		return s.status(err)
	}
	return s.status(root.Execute())
}

// onlyRead gives a command that measures the flags of a run that is not made.
func onlyRead(cmd *cobra.Command) {
	var flags runFlags
	cmd.ResetFlags()
	flags.register(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		read, err := flags.read(cmd)
		if err != nil {
			return err
		}
		if _, err := load.Prepare(read.scenario, read.shard); err != nil {
			return usage(err)
		}
		return nil
	}
}

// typed are the arguments that the scripts of mistakes type.
func typed(f *testing.F) [][]string {
	f.Helper()
	scripts, err := filepath.Glob("testdata/script/mistakes-*.txtar")
	if err != nil || len(scripts) == 0 {
		f.Fatalf("no scripts: %v", err)
	}
	command := regexp.MustCompile(`(?m)^refuses '(?:[^']|'')*' (.*)$`)
	var all [][]string
	for _, path := range scripts {
		script, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, found := range command.FindAllSubmatch(script.Comment, -1) {
			all = append(all, strings.Fields(string(found[1])))
		}
	}
	if len(all) < 200 {
		f.Fatalf("only %d commands are found in the scripts", len(all))
	}
	return all
}
