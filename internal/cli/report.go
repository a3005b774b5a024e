package cli

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/internal/smallfile"
	"github.com/sessionbench/bench/report"
)

// reportFlags are what is wanted of a report, as typed.
type reportFlags struct {
	format      string
	out         string
	check       string
	percentiles []string
}

func newReport(s streams) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RESULT …",
		Short: "Write any number of results as a report, in any format",
		Long: `bench report writes results side by side, the first as the reference, to a file
or to standard output.

` + listFormats(),
		Example: `  bench report results/*.json -o report.md
  bench report results/*.json --format=junit -o TEST-sessions.xml
  bench report before.json -o before.bench
  bench report results/*.json --check docs/stores.md`,
		RunE: func(_ *cobra.Command, paths []string) error { return f.run(s, paths) },
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&f.format, "format", "", "`FORMAT` of the report (default: that of the file's suffix, or table)")
	p.StringVarP(&f.out, "output", "o", "", "write it to `FILE` (default: standard output)")
	p.StringVar(&f.check, "check", "", "write nothing, and exit 1 when `FILE` is not exactly the report")
	declarePercentiles(p, &f.percentiles)
	// The only error is a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// aboutFormats says in few words what a format is.
var aboutFormats = map[string]string{
	"table":    "for a terminal",
	"markdown": "the table, the findings and the settings, for GitHub",
	"json":     "every figure, as one document",
	"csv":      "every figure, one a line",
	"html":     "one page with pictures, to open or to mail",
	"svg":      "the picture of latency by percentile alone",
	"junit":    "a test suite a result, which fails when bench run would",
	"hlog":     "HdrHistogram's interval log: each histogram of each round",
	"hgrm":     "HdrHistogram's percentile distribution of all operations",
	"gobench":  "Go's benchmark format for benchstat, a sample a round",
}

// listFormats lists the formats with their suffixes.
func listFormats() string {
	var lines []string
	for _, name := range report.Formats() {
		line := fmt.Sprintf("  %-9s %-15s %s", name, strings.Join(report.Suffixes(name), ", "), aboutFormats[name])
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

func (f *reportFlags) run(s streams, paths []string) error {
	if len(paths) == 0 {
		return usage(errors.New("bench report takes one or more result files: see bench report --help"))
	}
	percentiles, err := parsePercentiles(f.percentiles)
	if err != nil {
		return usage(err)
	}
	format, err := f.read()
	if err != nil {
		return usage(err)
	}
	all, err := readResults(paths)
	if err != nil {
		return err
	}
	c, err := report.Compare(all, percentiles)
	switch {
	case err != nil:
		return usage(err)
	case f.check != "":
		return checkPage(c, format, f.check)
	case f.out != "":
		return writeReport(s, c, "-o", format, f.out)
	}
	return printReport(s, c, format)
}

// read checks the flags before any result is read, and gives the format.
func (f *reportFlags) read() (format string, err error) {
	flag, file := "-o", f.out
	if f.check != "" {
		flag, file = "--check", f.check
	}
	switch {
	case f.check != "" && f.out != "":
		return "", errors.New("--check: it writes nothing, and -o names a file to write: give one of the two")
	case f.format != "":
		format, err = f.format, oneOf("--format", f.format, report.Formats()...)
	case file != "":
		if format, err = report.FormatOf(file); err != nil {
			err = fmt.Errorf("%s: %w; or give --format", flag, err)
		}
	default:
		format = "table"
	}
	if err != nil || f.out == "" {
		return format, err
	}
	if err := noResult("-o", f.out); err != nil {
		return "", err
	}
	return format, within("-o", writable(filepath.Dir(f.out)))
}

// checkPage compares a file with the report, byte by byte.
func checkPage(c *report.Comparison, format, file string) error {
	want, err := drawn(c, format)
	if err != nil {
		return usage(err)
	}
	const more = 1 << 20 // is looked for a difference, and no further
	got, err := smallfile.Read(file, int64(len(want))+more)
	switch {
	case errors.Is(err, smallfile.ErrTooLarge):
		return failed(fmt.Errorf("%s is not what these results give: it is far longer%s", file, anew))
	case err != nil:
		return usage(within("--check", err))
	case !bytes.Equal(got, want):
		return failed(fmt.Errorf("%s is not what these results give: it differs from line %d on%s", file, firstDifference(got, want), anew))
	}
	return nil
}

const anew = "; -o in place of --check writes it anew"

// firstDifference is the line, from 1, in which two texts begin to differ.
func firstDifference(a, b []byte) int {
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '\n' {
			line++
		}
	}
	return line
}
