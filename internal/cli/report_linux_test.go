package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func TestAReportThatFindsNoRoomLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	args := []string{"report", "--format=hlog"}
	for i := range 4 {
		one := resultstest.Build(resultstest.Spec{Rounds: 8, Open: true})
		one.ID = fmt.Sprint("part-", i)
		path := filepath.Join(r.temp, one.ID+".json")
		if err := results.SaveAs(path, one); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	disk := r.small(t, "reports", "192k") // enough for an ordinary report
	old := filepath.Join(disk, "old.hlog")
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	status, said := r.bench(t, append(args, "-o", old)...)
	if want := regexp.MustCompile(`^bench: -o: save \S+/old\.hlog: no space left on device\n$`); status != exitUsage || !want.MatchString(said) {
		t.Errorf("status %d, said %q", status, said)
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "old" {
		t.Errorf("the old report is %q, %v", text, err)
	}
	leaves(t, disk, "old.hlog")
}
