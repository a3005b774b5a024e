// Package cli is the command line: one file a command. It parses, wires the other
// packages together, and prints; standard output carries the answer and nothing
// else, everything else goes to standard error.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
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
// A password in it is not, wherever it was typed.
func (s streams) say(text string) { fmt.Fprintln(s.err, "bench: "+drivers.RedactText(text)) }

// sameInterrupt is how long after an interrupt a further one is taken for the
// same: a process group and its parent may both pass it on.
const sameInterrupt = 500 * time.Millisecond

// interrupts end a run in order. One that was ignored when bench began (nohup)
// stays so.
func interrupts() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	return slices.DeleteFunc(all, signal.Ignored)
}

// Main runs the command with its arguments and returns the exit status. The
// first interrupt ends what runs in order, the second at once.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts()...)
	defer stop()
	context.AfterFunc(ctx, func() {
		time.Sleep(sameInterrupt)
		stop() // from now on a signal has its own effect
	})
	// What reads the output may end first: that must not end the run, whose result
	// is still to be saved. Its children get the signal as ever.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	out, errOut = legible(out), legible(errOut)
	s := streams{out, errOut}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	if err := cmp.Or(enoughFiles(fileLimits()), plainArguments(args)); err != nil {
		return s.status(err)
	}
	return s.status(root.ExecuteContext(ctx))
}

// fewestFiles is how many file descriptors bench itself uses, amply. With fewer the
// language's own runtime ends it in the middle.
const fewestFiles = 16

func enoughFiles(soft, _ uint64) error {
	if soft == 0 || soft >= fewestFiles { // 0: unknown
		return nil
	}
	return usage(fmt.Errorf("%d file descriptors are too few: bench needs %d and one more for each connection or open file; ulimit -n raises the limit", soft, fewestFiles))
}

// readerLeft tells that what reads standard output has seen enough of it.
func readerLeft(err error) bool {
	var write *fs.PathError
	return errors.As(err, &write) && write.Path == os.Stdout.Name() && errors.Is(write.Err, syscall.EPIPE)
}

// status turns a command's error into the exit status and prints its one message.
func (s streams) status(err error) int {
	if err == nil || readerLeft(err) {
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
  bench compare results/A.json results/B.json
  bench gate --baseline=before.json after.json
  bench report results/*.json -o report.md`,
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
		newRun(s), newCompare(s), newGate(s), newReport(s), newList(s), newMerge(s), newClean(s), newDoctor(s),
		newStores(s), newScenarios(s), newCompletion(s), newVersion(s),
	)
	return root
}
