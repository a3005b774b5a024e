package results_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func TestHeadsOfAFolderAreInOrderAndTellWhatIsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, at := range []int{2, 0, 1} {
		r := resultstest.Build(resultstest.Spec{Run: fmt.Sprint("run-", at)})
		r.StartedAt = resultstest.Started.Add(time.Duration(at) * time.Hour)
		if err := results.SaveAs(filepath.Join(dir, fmt.Sprintf("%d.json", i)), r); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"other.json": `{"a": 1}`, "list.json": `[]`, "cut.json": `{"schema": "bench.result/v1", "id"`, "empty.json": "",
		"newer.json": `{"schema": "bench.result/v9"}`, "no.txt": "x", ".hidden.json": "x",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	heads, unreadable, err := results.Heads(dir)
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, h := range heads {
		runs = append(runs, h.RunID)
		if h.Store != "redis" || h.Target != "redis" || h.Scenario != "web" || h.ID == "" {
			t.Errorf("%+v", h)
		}
	}
	if got := strings.Join(runs, " "); got != "run-0 run-1 run-2" {
		t.Errorf("the runs are %s", got)
	}
	var all []string
	for _, err := range unreadable {
		all = append(all, strings.TrimPrefix(err.Error(), dir+string(filepath.Separator)))
	}
	want := `cut.json: not a bench result
empty.json: not a bench result
list.json: not a bench result
newer.json: bench.result/v9 is newer than this bench reads (v1): upgrade
other.json: not a bench result`
	if got := strings.Join(all, "\n"); got != want {
		t.Errorf("unreadable are\n%s", got)
	}
}

func TestHeadsOfAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, _, err := results.Heads(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("it has heads")
	}
}
