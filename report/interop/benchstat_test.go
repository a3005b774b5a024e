package interop

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// benchstatVersion is no dependency of the module: the go command gets it.
const benchstatVersion = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

var programs string // the folder that it is installed in

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "bench-interop-"); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(programs)
	os.Exit(status)
}

var install = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "install", benchstatVersion)
	command.Env = append(os.Environ(), "GOBIN="+programs, "GOFLAGS=")
	out, err := command.CombinedOutput()
	return string(out), err
})

// benchstat compares files, and gives the rows of its tables.
func benchstat(t *testing.T, args []string, files map[string]string) [][]string {
	t.Helper()
	if said, err := install(); err != nil {
		drivertest.Missing(t, "benchstat", "go install "+benchstatVersion+": "+err.Error()+"\n"+said)
	}
	dir := t.TempDir()
	var names []string
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	command := exec.Command(filepath.Join(programs, "benchstat"), append(append([]string{"-format=csv"}, args...), names...)...)
	command.Dir = dir
	var said strings.Builder // of too few samples, and of lines that it can't read
	command.Stderr = &said
	out, err := command.Output()
	if err != nil || strings.Contains(said.String(), ".bench:") {
		t.Fatalf("%s: %v\n%s", command, err, &said)
	}
	reader := csv.NewReader(strings.NewReader(string(out)))
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return rows
}

// rowsOf are the rows of the table of a unit that begin with a name.
func rowsOf(rows [][]string, unit, name string) [][]string {
	var found [][]string
	inTable := false
	for _, row := range rows {
		if len(row) > 1 && row[0] == "" {
			inTable = row[1] == unit
		}
		if inTable && row[0] == name {
			found = append(found, row)
		}
	}
	return found
}

func TestBenchstatComparesBeforeAndAfter(t *testing.T) {
	t.Parallel()
	of := func(median time.Duration) string {
		r := resultstest.Build(resultstest.Spec{Rounds: 6, Median: median, PerSecond: 2e8 / float64(median.Microseconds()) / 1e3})
		return written(t, "gobench", r)
	}
	rows := benchstat(t, nil, map[string]string{"a.bench": of(200 * time.Microsecond), "b.bench": of(300 * time.Microsecond)})
	for unit, want := range map[string]string{
		"sec/op": "+50.", "p50-sec": "+50.", "p99-sec": "+49.9", "p99.9-sec": "+", "ops/s": "-33.",
	} {
		found := rowsOf(rows, unit, "Session/store=redis/client=express/op=read-8")
		if len(found) != 1 {
			t.Errorf("%s: %d rows", unit, len(found))
			continue
		}
		if row := found[0]; len(row) < 7 || !strings.HasPrefix(row[5], want) || !strings.HasPrefix(row[6], "p=0.002") {
			t.Errorf("%s: %q, want %s with p=0.002", unit, row, want)
		}
	}
}

func TestBenchstatSetsStoresSideBySide(t *testing.T) {
	t.Parallel()
	text := written(t, "gobench",
		resultstest.Build(resultstest.Spec{Rounds: 6}), resultstest.Build(resultstest.Spec{Rounds: 6, Store: "file", Median: time.Millisecond}))
	rows := benchstat(t, []string{"-col=/store"}, map[string]string{"run.bench": text})
	found := rowsOf(rows, "p50-sec", "Session/client=express/op=all-8")
	if len(found) != 1 || len(found[0]) < 7 || !strings.HasPrefix(found[0][5], "+39") {
		t.Errorf("%q in %q", found, rows)
	}
}

func TestBenchstatReadsWhateverIsInTheNames(t *testing.T) {
	t.Parallel()
	var rs []*results.Result
	labels := []string{"a b", "a/b", "a_b", "-8", "\x1b[31m<script>", "Unit x y", "\u202egnp", strings.Repeat("long ", 4000), "日本 שלום", "=", "a\nUnit ns/op better=higher"}
	for _, label := range labels {
		r := resultstest.Build(resultstest.Spec{Label: label, Errors: map[string]float64{"timeout": .02}})
		r.Host.CPUModel, r.Host.OS = label, label
		rs = append(rs, r)
	}
	rows := benchstat(t, []string{"-table=", "-col=/label", "-row=/op"}, map[string]string{"run.bench": written(t, "gobench", rs...)})
	var columns int
	for _, row := range rows {
		if len(row) > 1 && row[0] == "" && strings.HasPrefix(row[1], "a") && columns == 0 {
			for _, title := range row {
				if title != "" {
					columns++
				}
			}
		}
	}
	if columns != len(labels) {
		t.Errorf("%d columns of %d labels: %q", columns, len(labels), rows)
	}
	if found := rowsOf(rows, "p50-sec", "read"); len(found) != 1 {
		t.Errorf("%q", found)
	}
}
