package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// three is a run of three stores with something to say about each. Nobody
// changes it.
var three = sync.OnceValue(func() []*results.Result {
	redis := resultstest.Build(resultstest.Spec{
		Store: "redis", Rounds: 3, PerSecond: 30400, Median: 212 * time.Microsecond, Durability: "none",
	})
	redis.Target.Contract["max_connections"] = "1"
	redis.Target.Contract["connections"] = "one; whatever the concurrency: what callers ask at the same moment is written together"
	redis.Rounds[1].Steady = &results.Steady{DriftPercent: -12.4}
	postgres := resultstest.Build(resultstest.Spec{
		Store: "postgres", Rounds: 3, PerSecond: 5900, Median: 1700 * time.Microsecond,
		Errors: map[string]float64{"timeout": .0105, "pool_exhausted": .001},
	})
	postgres.Target.ServerVersion = "15.8"
	postgres.Target.Contract["purge"] = "by each process, every 15m times 0.5 to 1.5; one DELETE of all expired rows"
	for i := range postgres.Rounds {
		expired := int64(1204)
		postgres.Rounds[i].Storage = &results.Storage{ExpiredPresent: &expired}
		postgres.Rounds[i].Violations = results.Violations{Lost: 3, ExpiredLate: 1}
		postgres.Rounds[i].Verify.Stale = 1
	}
	file := resultstest.Build(resultstest.Spec{
		Store: "file", Rounds: 3, PerSecond: 2100, Median: 3100 * time.Microsecond, Anonymous: 252 * time.Millisecond,
		Unread: true,
	})
	file.Target.Backend, file.Target.Network, file.Target.ServerVersion = "embedded", "in process", ""
	file.Target.Contract["miss_delay"] = "250ms"
	file.Target.Contract["missing sessions"] = "a get of one takes 250ms; its file is opened 6 times, 50ms apart"
	for i := range file.Rounds {
		file.Rounds[i].Resources.Server = nil
		file.Rounds[i].FileDescriptors.Client.Peak = 930
		file.Rounds[i].Races = results.Races{LostUpdates: 2, Revived: 1}
	}
	all := []*results.Result{redis, postgres, file}
	for _, r := range all {
		resultstest.Summarize(r)
		objectives, err := Judge(r)
		if err != nil {
			panic(err)
		}
		r.Objectives = objectives
	}
	return all
})

const hostile = "a\"b|c\nd<script>alert(1)</script>\u202egnp.exe\x1b[31m`*_[x](http://e.x)=1"

// hostileResults carry what no report may pass on as it is.
func hostileResults() []*results.Result {
	label := resultstest.Build(resultstest.Spec{Store: "redis", Label: hostile, Errors: map[string]float64{"other": .5}})
	label.Summary.ErrorTexts = map[string]string{"other": hostile}
	label.Target.Settings = map[string]string{"save | <b>": hostile}
	formula := resultstest.Build(resultstest.Spec{Store: "redis", Label: "=HYPERLINK(\"http://e.x\")"})
	long := resultstest.Build(resultstest.Spec{Store: "redis", Label: strings.Repeat("long ", 200), Client: "native"})
	hebrew := resultstest.Build(resultstest.Spec{Store: "redis", Label: "שלום 日本"})
	return []*results.Result{label, formula, long, hebrew}
}

// poor results miss most figures.
func poor() []*results.Result {
	dead := resultstest.Build(resultstest.Spec{Store: "redis", Label: "dead", Unread: true, Errors: map[string]float64{"refused": 1}})
	dead.Rounds[0].Resources.Server, dead.Rounds[0].Resources.Client = nil, nil
	resultstest.Summarize(dead)
	early := resultstest.Build(resultstest.Spec{Store: "mongo", Label: "early"})
	early.Interrupted, early.Rounds = true, nil
	resultstest.Summarize(early)
	cut := resultstest.Build(resultstest.Spec{Store: "sqlite", Label: "cut", Open: true, Seconds: 4})
	cut.Interrupted = true
	cut.Summary.Load.Overloaded = true
	cut.Summary.Load.OverloadedReason = "1000/s offered, 600/s taken, up to 1,600 waited"
	cut.Summary.Harness.ClientSaturated = true
	cut.Summary.Harness.SaturatedReason = "both cores busy"
	return []*results.Result{dead, early, cut}
}

// forty are alike but for their settings and throughput.
func forty() []*results.Result {
	var all []*results.Result
	for i := range 40 {
		r := resultstest.Build(resultstest.Spec{Seconds: 2})
		r.Target.Settings["maxmemory"] = fmt.Sprint(i % 10)
		r.Summary.Operations["all"].ThroughputPerSecond += float64(100 * i)
		all = append(all, r)
	}
	return all
}

func compared(t *testing.T, rs []*results.Result, percentiles ...float64) *Comparison {
	t.Helper()
	c, err := Compare(rs, percentiles)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drawnAs(t *testing.T, c *Comparison, format string, s Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, c, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// encodedHistogram is a histogram in base64, of which the golden files have the
// beginning: the rest is as the compression of this version of Go has it.
var encodedHistogram = regexp.MustCompile(`(?m)(,HIST)[A-Za-z0-9+/=]+$`)

func TestGolden(t *testing.T) {
	t.Parallel()
	sets := map[string]*Comparison{
		"three":    compared(t, three()),
		"one":      compared(t, three()[:1]),
		"hostile":  compared(t, hostileResults()),
		"poor":     compared(t, poor()),
		"forty":    compared(t, forty()),
		"tails":    compared(t, three(), 25, 75, 99.99),
		"eventful": compared(t, eventful()),
	}
	for _, c := range []struct {
		file, set, format string
		style             Style
	}{
		{"three.txt", "three", "table", Style{}},
		{"three-80.txt", "three", "table", Style{Width: 80}},
		{"three-200.txt", "three", "table", Style{Width: 200}},
		{"three-ascii.txt", "three", "table", Style{ASCII: true}},
		{"three-colour.txt", "three", "table", Style{Colour: true}},
		{"three.md", "three", "markdown", Style{}},
		{"three.json", "three", "json", Style{}},
		{"three.csv", "three", "csv", Style{}},
		{"three.xml", "three", "junit", Style{}},
		{"three.hlog", "three", "hlog", Style{}},
		{"three.hgrm", "three", "hgrm", Style{}},
		{"three.bench", "three", "gobench", Style{}},
		{"one.txt", "one", "table", Style{}},
		{"one.md", "one", "markdown", Style{}},
		{"hostile.txt", "hostile", "table", Style{}},
		{"hostile.md", "hostile", "markdown", Style{}},
		{"hostile.csv", "hostile", "csv", Style{}},
		{"hostile.xml", "hostile", "junit", Style{}},
		{"hostile.bench", "hostile", "gobench", Style{}},
		{"poor.txt", "poor", "table", Style{}},
		{"poor.md", "poor", "markdown", Style{}},
		{"poor.json", "poor", "json", Style{}},
		{"poor.xml", "poor", "junit", Style{}},
		{"poor.hlog", "poor", "hlog", Style{}},
		{"poor.hgrm", "poor", "hgrm", Style{}},
		{"poor.bench", "poor", "gobench", Style{}},
		{"forty.txt", "forty", "table", Style{}},
		{"tails.txt", "tails", "table", Style{}},
		{"eventful.html", "eventful", "html", Style{}},
		{"three.html", "three", "html", Style{}},
		{"three.svg", "three", "svg", Style{}},
		{"hostile.html", "hostile", "html", Style{}},
		{"poor.html", "poor", "html", Style{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := encodedHistogram.ReplaceAllString(drawnAs(t, sets[c.set], c.format, c.style), "$1…")
			isGolden(t, c.file, got)
		})
	}
}

func TestTableFitsItsWidth(t *testing.T) {
	t.Parallel()
	sets := map[string][]*results.Result{"three": three(), "poor": poor(), "hostile": hostileResults()}
	for name, rs := range sets {
		c := compared(t, rs)
		for _, width := range []int{80, 100, 140} {
			d := drawnAs(t, c, "table", Style{Width: width})
			_, table, _ := strings.Cut(d, "\n\n")
			table, _, _ = strings.Cut(table, "\n\n*")
			table, _, _ = strings.Cut(table, "\n\nservice")
			for line := range strings.Lines(table) {
				if strings.HasPrefix(line, "response times") {
					break
				}
				if w := textWidth(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("%s: %d columns of %d: %s", name, w, width, line)
				}
			}
		}
	}
}

func TestNothingHostilePasses(t *testing.T) {
	t.Parallel()
	c := compared(t, hostileResults())
	for _, format := range []string{"table", "markdown", "csv", "junit", "hlog", "hgrm", "gobench"} {
		text := drawnAs(t, c, format, Style{})
		for _, bad := range []string{"\x1b", "\u202e", "\nd<script>"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q passed", format, bad)
			}
		}
		for line := range strings.Lines(text) {
			if len(line) > 4000 {
				t.Errorf("%s: a line of %d bytes", format, len(line))
			}
		}
	}
	markdown := drawnAs(t, c, "markdown", Style{})
	if strings.Contains(markdown, "<script>") || strings.Contains(markdown, "[x](") {
		t.Error("markdown: HTML or a link passed")
	}
	rows := 0
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "|") {
			rows++
			if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); cells != 17 {
				t.Errorf("a row has %d bars, want 17: %s", cells, line)
			}
		}
	}
	if rows != 6 {
		t.Errorf("%d rows of Markdown, want 6", rows)
	}
	records, err := csv.NewReader(strings.NewReader(drawnAs(t, c, "csv", Style{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		if strings.HasPrefix(record[0], "=") {
			t.Errorf("a formula passed: %s", record[0])
		}
	}
}

func TestASCIITableIsASCII(t *testing.T) {
	t.Parallel()
	for _, rs := range [][]*results.Result{three(), poor(), hostileResults()} {
		text := drawnAs(t, compared(t, rs), "table", Style{ASCII: true})
		if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Errorf("not ASCII:\n%s", text)
		}
	}
}

func TestJSONIsOneDocumentThatReadsBack(t *testing.T) {
	t.Parallel()
	c := compared(t, poor())
	var again Comparison
	d := json.NewDecoder(strings.NewReader(drawnAs(t, c, "json", Style{})))
	d.DisallowUnknownFields()
	if err := d.Decode(&again); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("there is a second document")
	}
	if again.Schema != ComparisonSchema || len(again.Rows) != 3 || again.Rows[0].Figures["p99"].Value != nil {
		t.Errorf("%+v", again)
	}
}

func TestUnknownFormatsListTheKnown(t *testing.T) {
	t.Parallel()
	err := Write(&bytes.Buffer{}, "pdf", compared(t, three()[:1]), Style{})
	if err == nil || err.Error() != `unknown format "pdf": the formats are table, markdown, json, csv, html, svg, junit, hlog, hgrm, gobench` {
		t.Error(err)
	}
	if _, err := FormatOf("out.docx"); err == nil || err.Error() != `the suffix of "out.docx" stands for no format: known are .txt, .md, .markdown, .json, .csv, .html, .htm, .svg, .xml, .hlog, .hgrm, .bench` {
		t.Error(err)
	}
	for path, want := range map[string]string{"a/b.MD": "markdown", "x.json": "json", "x.tar.csv": "csv", "t.txt": "table",
		"r.html": "html", "r.HTM": "html", "junit.xml": "junit", "a.hlog": "hlog", "a.hgrm": "hgrm", "before.bench": "gobench"} {
		if got, err := FormatOf(path); got != want || err != nil {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
}

func TestAReportIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	rs := append(append(three(), hostileResults()...), poor()...)
	for _, format := range Formats() {
		once := drawnAs(t, compared(t, rs), format, Style{})
		for range 3 {
			if again := drawnAs(t, compared(t, rs), format, Style{}); again != once {
				t.Errorf("%s is otherwise when it is written again", format)
			}
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestWriteReportsTheWritersError(t *testing.T) {
	t.Parallel()
	c := compared(t, three()[:1])
	for _, format := range Formats() {
		if err := Write(fullDisk{}, format, c, Style{}); err == nil {
			t.Errorf("%s: the error is lost", format)
		}
	}
}

// isGolden compares what was drawn with a file of testdata, or with -update writes it.
func isGolden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is otherwise (go test ./report -update writes it anew):\n%s", path, got)
	}
}
