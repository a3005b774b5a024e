package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Style is how a report is to look where it is shown. But for Refresh it is the
// table's alone.
type Style struct {
	Width  int  // columns of the terminal; 0: 100
	ASCII  bool // the terminal has no UTF-8
	Colour bool
	// Refresh is after how many seconds a browser fetches the page again; 0: never.
	// It is for a page of a run that goes on, and HTML's alone.
	Refresh int
}

// format is one way to draw a comparison.
type format struct {
	name     string
	suffixes []string
	write    func(io.Writer, *Comparison, Style) error
}

var formats = []format{
	{"table", []string{".txt"}, writeTable},
	{"markdown", []string{".md", ".markdown"}, writeMarkdown},
	{"json", []string{".json"}, writeJSON},
	{"csv", []string{".csv"}, writeCSV},
	{"html", []string{".html", ".htm"}, writeHTML},
	{"svg", []string{".svg"}, writeSVG},
	{"junit", []string{".xml"}, writeJUnit},
	{"hlog", []string{".hlog"}, writeHlog},
	{"hgrm", []string{".hgrm"}, writeHgrm},
	{"gobench", []string{".bench"}, writeGobench},
}

// Formats lists the names that Write knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Suffixes lists those that stand for a format.
func Suffixes(name string) []string {
	for _, f := range formats {
		if f.name == name {
			return f.suffixes
		}
	}
	return nil
}

// FormatOf tells the format that a file's suffix stands for. The error lists the
// known suffixes.
func FormatOf(path string) (string, error) {
	suffix := strings.ToLower(filepath.Ext(path))
	var known []string
	for _, f := range formats {
		if slices.Contains(f.suffixes, suffix) {
			return f.name, nil
		}
		known = append(known, f.suffixes...)
	}
	return "", fmt.Errorf("the suffix of %q stands for no format: known are %s", path, strings.Join(known, ", "))
}

// Write draws a comparison in the format of that name. The error is the
// writer's, or lists the known formats.
func Write(w io.Writer, name string, c *Comparison, s Style) error {
	for _, f := range formats {
		if f.name == name {
			return f.write(w, c, s)
		}
	}
	return fmt.Errorf("unknown format %q: the formats are %s", name, strings.Join(Formats(), ", "))
}
