package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

func TestBuiltinsArePrintedAndReadAgain(t *testing.T) {
	t.Parallel()
	for _, s := range Builtins() {
		checkRoundTrips(t, s)
		text, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, s.Name+".yaml", text)
		data, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, s.Name+".json", append(data, '\n'))
	}
}

func TestEveryFormIsPrintedAndReadAgain(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in testdata/valid: %v", err)
	}
	for _, path := range paths {
		s, err := Find(path)
		if err != nil {
			t.Error(err)
			continue
		}
		checkRoundTrips(t, s)
		text, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, filepath.Base(path), text)
	}
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func TestBuiltinsAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	all := map[string]*Scenario{}
	for i, s := range Builtins() {
		if s.Name != Names()[i] {
			t.Errorf("scenario %d is %q, want %q", i, s.Name, Names()[i])
		}
		if s.Description == "" || strings.Count(s.Description, ".") != 1 {
			t.Errorf("%s: description %q, want one sentence", s.Name, s.Description)
		}
		all[s.Name] = s
	}
	if len(all) != 10 {
		t.Fatalf("%d built-in scenarios, want 10", len(all))
	}
	share := func(name string, k Kind) float64 {
		sum := 0.0
		for _, w := range all[name].Mix {
			sum += w
		}
		return all[name].Mix[k] / sum
	}
	for what, ok := range map[string]bool{
		"read-heavy reads":              share("read-heavy", Read) >= 0.9,
		"write-heavy writes":            share("write-heavy", Write) >= 0.5,
		"login-storm logs in":           share("login-storm", Login) >= 0.5 && all["login-storm"].Open(),
		"expiry-storm ends in the run":  all["expiry-storm"].TTL > all["expiry-storm"].Warmup && all["expiry-storm"].TTL < all["expiry-storm"].Duration,
		"expiry-storm asks for the end": share("expiry-storm", Expire) >= 0.2,
		"fd-pressure presses":           all["fd-pressure"].Load.Workers > 1024,
		"tabs overlap":                  all["tabs"].Overlap == 20,
		"bots are anonymous":            share("bots", Anonymous) > 0.8,
		"spike has four phases":         all["spike"].Open() && len(all["spike"].Phases) == 4,
		"soak lasts":                    all["soak"].Open() && all["soak"].Duration >= Duration(10*time.Minute),
	} {
		if !ok {
			t.Errorf("it is not true that %s", what)
		}
	}
}

// Every session that logs out or expires is replaced by a login, so that a run's
// end is as its start; login-storm alone is there to grow.
func TestBuiltinMixesKeepThePopulation(t *testing.T) {
	t.Parallel()
	for _, s := range Builtins() {
		in, out := s.Mix[Login], s.Mix[Logout]+s.Mix[Expire]
		if grows := s.Name == "login-storm"; in != out && !grows || in < out {
			t.Errorf("%s: %v logins for %v ends", s.Name, in, out)
		}
	}
}

func TestBuiltinsCannotBeChangedByTheirUsers(t *testing.T) {
	t.Parallel()
	s := builtin(t, "spike")
	s.Phases[0].Name = "changed"
	Builtins()[0].Objectives[0].Limit = "1ns"
	Names()[0] = "changed"
	if builtin(t, "spike").Phases[0].Name != "calm" || builtin(t, "web").Objectives[0].Limit != "20ms" || Names()[0] != "web" {
		t.Error("a built-in scenario changed")
	}
}

func TestEveryEmbeddedFileIsListed(t *testing.T) {
	t.Parallel()
	entries, err := files.ReadDir("builtin")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); !slices.Contains(Names(), name) {
			t.Errorf("builtin/%s is in no list", e.Name())
		}
	}
}

func TestFindKnowsNamesAndFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	source, err := Source("tabs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(source, []byte("name: tabs\n"), nil, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Find(path)
	if err != nil || s.Name != "mine" || s.Overlap != 20 {
		t.Errorf("Find(%q) = %+v, %v", path, s, err)
	}
	if _, err := Find(filepath.Join(dir, "absent.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v, want fs.ErrNotExist", err)
	}
	if _, err := Find(dir); err == nil {
		t.Error("a folder is read as a scenario")
	}
	for name, want := range map[string]string{
		"tab": `unknown scenario "tab" (did you mean "tabs"?): the scenarios are web, read-heavy, write-heavy, login-storm, expiry-storm, fd-pressure, tabs, bots, spike, soak, or a file (a name with / or . in it)`,
		"":    `unknown scenario "": the scenarios are web, read-heavy, write-heavy, login-storm, expiry-storm, fd-pressure, tabs, bots, spike, soak, or a file (a name with / or . in it)`,
	} {
		if _, err := Find(name); err == nil || err.Error() != want {
			t.Errorf("Find(%q)\n got %v\nwant %s", name, err, want)
		}
	}
}

func TestFindStopsAtTheLargestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, bytes.Repeat([]byte("#"), 3*MaxFileSize), 0o644); err != nil {
		t.Fatal(err)
	}
	var mistake *Error
	if _, err := Find(path); !errors.As(err, &mistake) || mistake.Error() != path+":1:1: the file is too large for a scenario: at most 1MiB" {
		t.Errorf("got %v", err)
	}
}
