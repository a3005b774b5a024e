// Package cli is the command line: one file a command. It parses, wires the other
// packages together, and prints; standard output carries the answer and nothing
// else, everything else goes to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	_ "github.com/sessionbench/bench/drivers/all" // registers the stores
)

// The exit statuses.
const (
	exitDone         = 0
	exitFailed       = 1 // a gate or an objective failed
	exitUsage        = 2 // bad usage or bad input
	exitUnavailable  = 3 // a backend could not be provided or reached
	exitInconclusive = 4
	exitInterrupted  = 130
)

// exit is an error that decides the exit status. Without a message nothing is
// printed: what there is to say was said.
type exit struct {
	status int
	err    error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func failed(err error) error      { return &exit{exitFailed, err} }
func usage(err error) error       { return &exit{exitUsage, err} }
func unavailable(err error) error { return &exit{exitUnavailable, err} }

// streams are where a command prints.
type streams struct{ out, err io.Writer }

// say prints one line for people to standard error.
func (s streams) say(text string) { fmt.Fprintln(s.err, "bench: "+text) }

// sameInterrupt is how long after an interrupt a further one is taken for the
// same: a process group and its parent may both pass it on.
const sameInterrupt = 500 * time.Millisecond

// Main runs the command with its arguments and returns the exit status. The
// first interrupt ends what runs in order, the second at once.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		time.Sleep(sameInterrupt)
		stop() // from now on a signal has its own effect
	})
	s := streams{out, errOut}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	return s.status(root.ExecuteContext(ctx))
}

// status turns a command's error into the exit status and prints its one message.
func (s streams) status(err error) int {
	if err == nil {
		return exitDone
	}
	status := exitUsage // what cobra itself complains of is usage
	var e *exit
	var missing *containers.UnavailableError
	switch {
	case errors.As(err, &e):
		status = e.status
	case errors.As(err, &missing):
		status = exitUnavailable
	}
	if text := strings.TrimRight(err.Error(), "\n"); text != "" {
		s.say(errorLines.ReplaceAllString(text, "\nbench: $1"))
	}
	return status
}

// errorLines are the further errors of joined ones; what is indented belongs to
// the line above.
var errorLines = regexp.MustCompile(`\n(\S)`)

func newRoot(s streams) *cobra.Command {
	var flags runFlags
	root := &cobra.Command{
		Use:   "bench",
		Short: "Load tests and benchmarks for session backends",
		Long: `bench load-tests and benchmarks session backends: memory, file, SQLite, Redis,
PostgreSQL and MongoDB, driven exactly as their express-session middleware does.

Without arguments it compares the stores that need nothing (memory, file,
sqlite) and ends within 30 seconds.`,
		Example: `  bench                                     compare memory, file and sqlite
  bench --store=redis                       provide a Redis and measure it
  bench --store=redis,postgres,mongo        three stores, rounds interleaved
  bench --store=redis=redis://127.0.0.1:6379/0
  bench compare results/A.json results/B.json`,
		Version:       versionText(),
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return flags.run(cmd, s) },
	}
	flags.register(root)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(printUsage)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpCommand(newHelp())
	root.AddCommand(
		newRun(s), newCompare(s), newList(s), newMerge(s), newClean(s),
		newStores(s), newScenarios(s), newCompletion(s), newVersion(s),
	)
	return root
}
