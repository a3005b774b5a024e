package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

func newCompare(s streams) *cobra.Command {
	var format, out string
	var percentiles []string
	cmd := &cobra.Command{
		Use:   "compare RESULT …",
		Short: "Set any number of results side by side; the first is the reference",
		Example: `  bench compare results/*.json
  bench compare --format=markdown before.json after.json
  bench compare before.json after.json --report=comparison.md`,
		RunE: func(_ *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usage(errors.New("bench compare takes one or more result files: see bench compare --help"))
			}
			if err := oneOf("--format", format, "table", "json", "markdown", "csv"); err != nil {
				return usage(err)
			}
			qs, err := parsePercentiles(percentiles)
			if err != nil {
				return usage(err)
			}
			if err := checkReport(out); err != nil {
				return usage(err)
			}
			if out != "" {
				if err := writable(filepath.Dir(out)); err != nil {
					return usage(within("--report", err))
				}
			}
			all, err := readResults(paths)
			if err != nil {
				return err
			}
			return compare(s, all, qs, format, out)
		},
	}
	p := cmd.Flags()
	p.SortFlags = false
	p.StringVar(&format, "format", "table", "`FORMAT` of what is printed: table, json, markdown or csv")
	p.StringVar(&out, "report", "", "write the comparison to `FILE` too, in the format of its suffix")
	declarePercentiles(p, &percentiles)
	return cmd
}

// compare prints a comparison to standard output and, if asked for, to a file.
func compare(s streams, all []*results.Result, percentiles []float64, format, file string) error {
	c, err := report.Compare(all, percentiles)
	if err != nil {
		return usage(err)
	}
	printed := printReport(s, c, format)
	if file == "" {
		return printed
	}
	kind, err := report.FormatOf(file)
	if err != nil {
		return errors.Join(printed, usage(within("--report", err)))
	}
	return errors.Join(printed, writeReport(s, c, "--report", kind, file))
}

// printReport writes to standard output, whose reader may leave early.
func printReport(s streams, c *report.Comparison, format string) error {
	err := report.Write(s.out, format, c, drawing(s.out))
	if err == nil || readerLeft(err) {
		return nil
	}
	return failed(err)
}

// writeReport writes to the file that a flag names.
func writeReport(s streams, c *report.Comparison, flag, format, file string) error {
	text, err := drawn(c, format)
	if err != nil {
		return usage(within(flag, err))
	}
	if err := results.WriteFile(file, text); err != nil {
		return usage(within(flag, err))
	}
	s.say("wrote " + file)
	return nil
}

// drawn is what a file of the format holds.
func drawn(c *report.Comparison, format string) ([]byte, error) {
	var text bytes.Buffer
	err := report.Write(&text, format, c, report.Style{})
	return text.Bytes(), err
}

// drawing is how a table looks where it is printed: files and pipes are UTF-8.
func drawing(out io.Writer) report.Style {
	f := terminalOf(out)
	if f == nil {
		return report.Style{}
	}
	style := report.Style{ASCII: !utf8Locale(), Colour: os.Getenv("NO_COLOR") == ""}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		style.Width = w
	}
	return style
}
