package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// gateFlags are what is asked of a gate, as typed.
type gateFlags struct {
	baselines  []string
	limits     []string
	objectives []string
	otherHost  bool
	drift      string
	explain    bool
	format     string
	out        string
	label      string
	save       string
	keep       int

	budget     time.Duration
	interleave string
	load       runFlags // how targets are provided and run
	shift      Shift    // of a check of the gate itself; nil: none

	verdict *report.GateVerdict // as it was printed
}

func newGate(s streams) *cobra.Command { return new(gateFlags).command(s) }

func (f *gateFlags) command(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gate --baseline=BASELINE CANDIDATE",
		Short: "Decide whether something became worse, for CI: exit 1 when it did",
		Long: `bench gate decides whether the candidate is worse than the baseline: slower, more
often broken, or dearer. Both are results, or both are targets as for --store,
which are then run in turns, now: that alone tells small changes for sure.

Of saved results it depends on how they were measured what can be told, and the
answer says so: results of one run that took turns decide like a live gate; six
or more earlier results of one machine are a history, which tells how runs
differ; and of two lone results only what no noise explains.

It exits 0 when it is not worse, 1 when it is, and 4 when that can't be told,
with the command that would.`,
		Example: `  bench gate --baseline=redis:7.4 redis:8
  bench gate --baseline=redis@client=native@pool_size=10 redis@client=native@pool_size=50 --rate=2000/s
  bench gate --baseline=before.json after.json
  bench gate --baseline=baselines/ after.json --save-baseline=baselines/
  bench gate --baseline=before.json after.json --max-regression=p50=10%,throughput=5%
  bench gate --baseline=before.json after.json --format=github -o comment.md`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage(errors.New("bench gate takes what is to be judged, a result or a target, and --baseline: see bench gate --help"))
			case len(args) > 1:
				return usage(fmt.Errorf("bench gate judges one result or target at a time, and %q is a second; what it is held against goes with --baseline", args[1]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, s, args[0]) },
	}
	addUnder("What to compare", cmd, f.declareBaseline)
	addUnder("What is worse", cmd, f.declareLimits)
	addUnder("What comes out", cmd, f.declareAnswer)
	// The only error is a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.GateFormats(), cobra.ShellCompDirectiveNoFileComp))
	f.declareLive(cmd)
	return cmd
}

func (f *gateFlags) declareBaseline(p *pflag.FlagSet) {
	p.StringArrayVar(&f.baselines, "baseline", nil, "the `BASELINE`: a result, a folder of them, or a target; results are repeatable")
	p.BoolVar(&f.otherHost, "allow-different-host", false, "judge results of different hosts by what survives it: errors, broken promises, leaks")
	p.StringVar(&f.drift, "assume-drift", "", "take lone results to differ by `PERCENT` from run to run, such as 3% on a quiet machine\n(default 25%, and twice as much for p99 and above)")
	p.StringVar(&f.save, "save-baseline", "", "keep the candidate in `DIR` as a baseline of those to come, unless it is worse")
	f.keep = 50
	whole(p, &f.keep, "keep-baselines", 1, 10_000, "keep the newest `N` in that folder")
}

func (f *gateFlags) declareLimits(p *pflag.FlagSet) {
	p.StringArrayVar(&f.limits, "max-regression", nil, "`LIMITS` of what may become worse, METRIC=PERCENT; repeatable, or with commas\n(default "+
		limitsInWords(false)+"; open loop: "+limitsInWords(true)+")\nof "+strings.Join(report.GateMetrics, ", ")+"; those of cpu and fds are 10% and leave the others as they are")
	p.StringArrayVar(&f.objectives, "objective", nil, "`METRIC=VALUE` that the candidate has to keep: p99=20ms, errors=0.1%, lost=0; repeatable")
}

func limitsInWords(open bool) string {
	var all []string
	for _, l := range report.DefaultGateLimits(open) {
		all = append(all, l.String())
	}
	return strings.Join(all, ",")
}

func (f *gateFlags) declareAnswer(p *pflag.FlagSet) {
	p.BoolVar(&f.explain, "explain", false, "print the arithmetic too, to be checked by hand")
	p.StringVar(&f.format, "format", "", "`FORMAT` of the verdict: "+strings.Join(report.GateFormats(), ", ")+" (default: table, or that of the file's suffix)")
	p.StringVarP(&f.out, "output", "o", "", "write the verdict to `FILE`; standard output has the table then")
	p.StringVar(&f.label, "label", "", "`TEXT` that tells a comment of --format=github from that of another gate")
}

// gateAsked is what the flags come to.
type gateAsked struct {
	options report.GateOptions
	format  string // of the file, or of standard output when there is none
}

// run judges, prints, and keeps the candidate.
func (f *gateFlags) run(cmd *cobra.Command, s streams, candidate string) error {
	asked, err := f.read()
	if err != nil {
		return usage(err)
	}
	live, err := f.live(candidate)
	if err == nil {
		err = checkMeant(cmd.Flags(), live)
	}
	if err != nil {
		return usage(err)
	}
	var v *report.GateVerdict
	var judged *results.Result
	if live {
		v, judged, err = f.runLiveGate(cmd, s, f.baselines[0], candidate, asked.options)
	} else {
		v, judged, err = f.judgeFiles(s, candidate, asked.options)
	}
	if err != nil {
		return err
	}
	f.verdict = v
	return errors.Join(f.print(s, v, asked.format), f.keepBaseline(s, v, judged), verdictStatus(v))
}

// verdictStatus is the exit status of a verdict that was printed.
func verdictStatus(v *report.GateVerdict) error {
	if v.ExitStatus == exitDone {
		return nil
	}
	return &exit{status: v.ExitStatus}
}

// read checks the flags before any file is read.
func (f *gateFlags) read() (asked gateAsked, err error) {
	o := &asked.options
	o.AllowDifferentHost = f.otherHost
	if len(f.baselines) == 0 {
		return asked, errors.New("--baseline is missing: a result, a folder of results, or a target to hold the candidate against")
	}
	if o.Limits, err = report.ParseGateLimits(f.limits); err != nil {
		return asked, within("--max-regression", err)
	}
	for _, text := range f.objectives {
		objective, err := scenarios.ParseObjective(text)
		if err != nil {
			return asked, within("--objective", err)
		}
		o.Objectives = o.Objectives.With(objective)
	}
	if f.drift != "" {
		drift, err := report.ParseDrift(f.drift)
		if err != nil {
			return asked, within("--assume-drift", err)
		}
		o.AssumeDrift = &drift
	}
	if err := oneLine(f.label); err != nil {
		return asked, within("--label", err)
	}
	asked.format, err = f.formatOf()
	return asked, err
}

// formatOf is the format asked for, or that of the file's suffix.
func (f *gateFlags) formatOf() (string, error) {
	format := f.format
	switch {
	case format != "":
		if err := oneOf("--format", format, report.GateFormats()...); err != nil {
			return "", err
		}
	case f.out != "":
		of, err := report.FormatOf(f.out)
		if err != nil || !slices.Contains(report.GateFormats(), of) {
			return "", fmt.Errorf("-o: the suffix of %q stands for no format of a verdict: give --format, one of %s", f.out, strings.Join(report.GateFormats(), ", "))
		}
		format = of
	default:
		format = "table"
	}
	if f.out == "" {
		return format, nil
	}
	if err := noResult("-o", f.out); err != nil {
		return "", err
	}
	return format, within("-o", writable(filepath.Dir(f.out)))
}

// live tells whether the arguments are targets, to be run now. What names a target is
// one, unless it is a file; a folder of a store's name is ./redis.
func (f *gateFlags) live(candidate string) (bool, error) {
	targets, others := 0, ""
	for i, text := range append(slices.Clone(f.baselines), candidate) {
		_, err := drivers.ParseTarget(text)
		toCome := f.save != "" && i < len(f.baselines) // a folder that this gate may make
		switch info, missing := os.Stat(text); {
		case missing == nil && !info.IsDir():
			others = text
		case err == nil:
			targets++
		case missing == nil || toCome || looksLikePath(text):
			others = text
		default:
			return false, fmt.Errorf("%s is no file, and no target: %w", drivers.RedactText(text), err)
		}
	}
	switch {
	case targets == 0:
		return false, nil
	case others != "":
		return false, fmt.Errorf("%s is a result and others are targets: give results, or two targets to be run now", others)
	case len(f.baselines) > 1:
		return false, errors.New("--baseline: two targets are run, of which one is the baseline: give it once")
	}
	return true, nil
}

// looksLikePath tells a file that isn't there from a target with a slip.
func looksLikePath(text string) bool {
	return strings.HasSuffix(text, ".json") || strings.ContainsAny(text, `/\`) && !strings.Contains(text, "://")
}

// print writes the verdict to standard output, and if asked for to a file.
func (f *gateFlags) print(s streams, v *report.GateVerdict, format string) error {
	style := report.GateStyle{Style: drawing(s.out), Explain: f.explain, Label: f.label}
	printed := format
	if f.out != "" {
		printed = "table"
	}
	if err := report.WriteGate(s.out, printed, v, style); err != nil && !readerLeft(err) {
		return failed(err)
	}
	if f.out == "" {
		return nil
	}
	var text bytes.Buffer
	style.Style = report.Style{}
	if err := report.WriteGate(&text, format, v, style); err != nil {
		return usage(within("-o", err))
	}
	if err := results.WriteFile(f.out, text.Bytes()); err != nil {
		return usage(within("-o", err))
	}
	s.say("wrote " + f.out)
	return nil
}
