package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/internal/machine"
	"github.com/sessionbench/bench/results"
)

func newDoctor(s streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Calibrate this machine, and say what will distort a run here",
		Long: `bench doctor measures what bench itself can do on this machine, reads how the
machine is set up, and says what will distort a run here and what to do about
it. It takes about 5 s, in which the machine is best left alone.

  ok        does no harm
  look      distorts some runs
  distorts  distorts runs here now
  unknown   could not be read or measured; the reason stands in its place`,
		Example: `  bench doctor
  bench doctor --format=json > machine.json`,
		Args: noTarget,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--format", format, "table", "json"); err != nil {
				return usage(err)
			}
			checks, err := examine(cmd.Context(), s)
			if err != nil {
				return &exit{exitInterrupted, errors.New("interrupted before all was measured")}
			}
			write := writeChecks
			if format == "json" {
				write = writeDiagnosis
			}
			if err := write(s.out, checks); err != nil {
				return failed(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "`FORMAT` of what is printed: table or json")
	return cmd
}

// noTarget refuses a target, which is another examination.
func noTarget(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(fmt.Errorf("bench doctor checks this machine alone: it takes no target yet, and %q is one%s", args[0], seeHelp(cmd)))
}

// The lengths of what is waited for, so that all of it takes 5 s.
const (
	machineRest   = 500 * time.Millisecond
	machineReplay = 1800 * time.Millisecond
)

// examine checks the machine that this is. The error says that the user ended it.
func examine(ctx context.Context, s streams) ([]machine.Check, error) {
	progress := newProgress(s.err, true)
	defer progress.end()
	progress.say("measuring this machine for about 5 s; leave it alone meanwhile")
	m := &machine.Machine{
		Root:      os.DirFS("/"),
		OpenFiles: fileLimits,
		Temporary: os.TempDir(),
		InMemory:  containers.InMemory,
		Process:   readSelf,
		Rest:      machineRest,
		Replay:    machineReplay,
	}
	return m.Examine(ctx, func(check string) { progress.doing("looking at: " + check) })
}

// diagnosis is the document that bench doctor --format=json prints.
type diagnosis struct {
	Schema    string          `json:"schema"` // "bench.doctor/v1"
	CheckedAt time.Time       `json:"checked_at"`
	Tool      results.Tool    `json:"tool"`
	Host      results.Host    `json:"host"`
	Checks    []machine.Check `json:"checks"` // in the order of the table
}

func writeDiagnosis(out io.Writer, checks []machine.Check) error {
	to := json.NewEncoder(out)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	return to.Encode(diagnosis{
		Schema: "bench.doctor/v1", CheckedAt: time.Now().UTC(), Tool: tool(), Host: host(), Checks: checks,
	})
}

// The widths of what is printed, for a terminal of 80 columns.
const (
	figureWidth  = 50 // of the middle column, at most
	troubleWidth = 78 // of a sentence, after its sign
)

// writeChecks prints a line for each check, and then their troubles in sentences.
func writeChecks(out io.Writer, checks []machine.Check) error {
	var b strings.Builder
	name, figure := 0, 0
	for _, c := range checks {
		name = max(name, utf8.RuneCountInString(c.Name))
		for _, line := range wrapped(c.Figure, figureWidth) {
			figure = max(figure, utf8.RuneCountInString(line))
		}
	}
	for _, c := range checks {
		title, verdict := c.Name, string(c.Verdict)
		for _, line := range wrapped(c.Figure, figureWidth) {
			text := fmt.Sprintf("%-*s  %-*s  %s", name, title, figure, line, verdict)
			b.WriteString(strings.TrimRight(text, " ") + "\n")
			title, verdict = "", "" // they stand in the first line
		}
	}
	b.WriteString("\n")
	distorts, look := troubles(checks, machine.Distorts), troubles(checks, machine.Look)
	if len(distorts) == 0 {
		b.WriteString("nothing found that will distort a run here\n")
	} else {
		list(&b, "what will distort a run here:", "! ", distorts)
	}
	if len(look) > 0 {
		list(&b, "\nwhat may:", "~ ", look)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// troubles are the sentences of one verdict.
func troubles(checks []machine.Check, verdict machine.Verdict) []string {
	var texts []string
	for _, c := range checks {
		for _, t := range c.Troubles {
			if t.Verdict == verdict {
				texts = append(texts, t.Text)
			}
		}
	}
	return texts
}

// list writes sentences under a heading, each with a sign before it.
func list(b *strings.Builder, heading, sign string, texts []string) {
	b.WriteString(heading + "\n")
	for _, text := range texts {
		b.WriteString(sign + strings.Join(wrapped(text, troubleWidth), "\n  ") + "\n")
	}
}
