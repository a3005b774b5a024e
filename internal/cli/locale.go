package cli

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/sessionbench/bench/report"
)

// legible is where to print so that all of it is shown: a terminal without UTF-8
// gets ASCII. Files and pipes are UTF-8.
func legible(w io.Writer) io.Writer {
	if f := terminalOf(w); f != nil && !utf8Locale() {
		return asciiTerminal{f}
	}
	return w
}

type asciiTerminal struct{ file *os.File }

func (t asciiTerminal) Write(text []byte) (int, error) {
	if _, err := t.file.WriteString(report.ASCII(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// terminalOf is the terminal that is written to, nil when it is none.
func terminalOf(w io.Writer) *os.File {
	if t, ok := w.(asciiTerminal); ok {
		return t.file
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// utf8Locale tells whether a terminal shows more than ASCII, by the first of the
// variables that is set, as POSIX orders them.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
