package results_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func TestSaveNamesTheFileAfterTimeStoreAndID(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "there yet")
	r := resultstest.Build(resultstest.Spec{Store: "postgres", Run: "run-9"})
	path, err := results.Save(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	if name := filepath.Base(path); !regexp.MustCompile(`^20261123T150405Z-postgres-[0-9a-f]{8}\.json$`).MatchString(name) {
		t.Errorf("the file is %s", name)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v (%v), want the result only", files, err)
	}
	again, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Error("what was read is not what was saved")
	}
}

func TestSaveKeepsTheTargetsOfARunApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, id := range []string{"20261123-aaaaaaaa-1", "20261123-aaaaaaaa-2"} {
		r := resultstest.Build(resultstest.Spec{})
		r.ID = id
		if _, err := results.Save(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("two results of one run left %v", files)
	}
}

func TestSaveKeepsASecondOnOneLine(t *testing.T) {
	t.Parallel()
	path, err := results.Save(t.TempDir(), resultstest.Build(resultstest.Spec{Rounds: 2}))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte(`{"second":`)) {
			rows++
		}
		if len(line) > 180 && !bytes.HasPrefix(line, []byte(`"histogram": "`)) {
			t.Errorf("a line of %d bytes: %.80s…", len(line), line)
		}
	}
	if rows != 2*23 {
		t.Errorf("%d seconds stand on a line of their own, want 46", rows)
	}
}

func TestSaveRefusesWhatReadWould(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := resultstest.Build(resultstest.Spec{})
	r.Target.Store = "../../etc/cron.d/x"
	if path, err := results.Save(dir, r); err == nil || !strings.Contains(err.Error(), "target.store: ") {
		t.Errorf("saved to %s: %v", path, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("it left %v", files)
	}
}

func TestSaveLeavesNothingWhenItFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := resultstest.Build(resultstest.Spec{})
	taken, err := results.Save(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(taken, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := results.Save(dir, r); err == nil || !strings.Contains(err.Error(), "save "+taken) {
		t.Errorf("over a folder: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("it left %v", files)
	}
}

func TestSaveAsTakesTheNameGiven(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "merged.json")
	if err := results.SaveAs(path, resultstest.Build(resultstest.Spec{})); err != nil {
		t.Fatal(err)
	}
	if _, err := results.Read(path); err != nil {
		t.Error(err)
	}
}

func TestReadRefusesAHugeFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "huge.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int64{64<<20 + 1, 2 << 30, 1 << 40} { // no byte of which is on the disk, or read
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
		if _, err := results.Read(path); err == nil || err.Error() != path+": larger than 64 MiB: not a bench result" {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestWriteFileNamesTheFileThatWasAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "folder", "in it"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"none/x.md": "no such file or directory",
		"folder":    "exists",
	} {
		path := filepath.Join(dir, name)
		err := results.WriteFile(path, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "save "+path+": ") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("it left %v", files)
	}
}

func TestListShowsResultsOldestFirstAndNamesTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	late := resultstest.Build(resultstest.Spec{Store: "redis", Label: "late", Errors: map[string]float64{"timeout": .1}})
	late.StartedAt = late.StartedAt.AddDate(0, 0, 1)
	early := resultstest.Build(resultstest.Spec{Store: "sqlite", Rounds: 3})
	for _, r := range []*results.Result{late, early} {
		if _, err := results.Save(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"package.json": "{}", "notes.txt": "no", ".hidden.json": "{"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, unreadable, err := results.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Store != "sqlite" || entries[1].Label != "late" {
		t.Fatalf("%+v", entries)
	}
	if e := entries[0]; e.Rounds != 3 || e.DurationSeconds != 60 || e.Scenario != "web" || e.P99 == nil || *e.P99 != *early.Summary.Operations["all"].WithFailures.P99 {
		t.Errorf("%+v", e)
	}
	if e := entries[1]; e.P99 != nil || e.Failures != 2000 || e.Path == "" {
		t.Errorf("%+v", e)
	}
	if len(unreadable) != 1 || !strings.HasSuffix(unreadable[0].Error(), `package.json: not a bench result: it has no "schema"`) {
		t.Errorf("unreadable: %v", unreadable)
	}
	if _, _, err := results.List(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing folder is no error")
	}
}
