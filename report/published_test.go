package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
)

// published are the results that the repository shows, as results/reference/make.sh
// made them.
func published(t *testing.T) (dir string, c *Comparison) {
	t.Helper()
	dir = filepath.Join("..", "results", "reference")
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) < 6 {
		t.Fatalf("%d results in %s: %v", len(paths), dir, err)
	}
	var all []*results.Result
	for _, path := range paths {
		r, err := results.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return dir, compared(t, all)
}

func TestThePublishedPagesAreWhatTheirResultsGive(t *testing.T) {
	t.Parallel()
	dir, c := published(t)
	for _, name := range []string{"stores.html", "stores.md", "stores.svg"} {
		path := filepath.Join(dir, name)
		format, err := FormatOf(path)
		if err != nil {
			t.Fatal(err)
		}
		want := []byte(drawnAs(t, c, format, Style{}))
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the results give (go test ./report -update writes it anew)", path)
		}
	}
}

// The README shows the table, with nothing left out, and the picture.
func TestTheReadmeShowsWhatIsPublished(t *testing.T) {
	t.Parallel()
	_, c := published(t)
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(drawnAs(t, c, "table", Style{}), "\n\n*")
	if !strings.Contains(string(readme), "\n"+table+"\n") {
		t.Errorf("README does not show\n%s", table)
	}
	if !strings.Contains(string(readme), "](results/reference/stores.svg)") {
		t.Error("README does not show the picture")
	}
}
