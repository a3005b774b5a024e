package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// GateStyle is how a verdict is drawn.
type GateStyle struct {
	Style
	Explain bool   // with the arithmetic
	Label   string // tells a comment on a pull request from that of another gate; empty: the scenario
}

// gateFormats are the ways to draw a verdict.
var gateFormats = []struct {
	name  string
	write func(io.Writer, *GateVerdict, GateStyle) error
}{
	{"table", writeGateTable},
	{"json", writeGateJSON},
	{"junit", writeGateJUnit},
	{"markdown", writeGateMarkdown},
	{"github", writeGateComment},
}

// GateFormats lists the names that WriteGate knows.
func GateFormats() (names []string) {
	for _, f := range gateFormats {
		names = append(names, f.name)
	}
	return names
}

// WriteGate draws a verdict in the format of that name. The error is the writer's, or
// lists the known formats.
func WriteGate(w io.Writer, name string, v *GateVerdict, s GateStyle) error {
	for _, f := range gateFormats {
		if f.name == name {
			return f.write(w, v, s)
		}
	}
	return fmt.Errorf("unknown format %q: the formats are %s", name, strings.Join(GateFormats(), ", "))
}

func writeGateJSON(w io.Writer, v *GateVerdict, _ GateStyle) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
