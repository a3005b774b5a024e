package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/results"
)

func newList(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "list [DIR]",
		Short: "List the results in a folder, one a line",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(errors.New("bench list takes one folder: see bench list --help"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "results"
			if len(args) == 1 {
				dir = args[0]
			}
			entries, unreadable, err := results.List(dir)
			if errors.Is(err, fs.ErrNotExist) && len(args) == 0 { // before the first run
				err = nil
			}
			if err != nil {
				return usage(err)
			}
			for _, err := range unreadable {
				s.say(err.Error())
			}
			if len(entries) == 0 {
				s.say("no results in " + dir)
				return nil
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "FILE\tSTARTED\tTARGET\tCLIENT\tSCENARIO\tROUNDS\tOPS/S\tP99\tFAILED\tVIOLATIONS\tLABEL")
			for _, e := range entries {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.0f\t%s\t%d\t%d\t%s\n",
					e.Path, e.StartedAt.Format(time.DateTime), e.Target, e.Client, e.Scenario, rounds(e),
					e.ThroughputPerSecond, p99(e), e.Failures, e.Violations, e.Label)
			}
			return w.Flush()
		},
	}
}

func rounds(e results.Entry) string {
	text := fmt.Sprintf("%d × %s", e.Rounds, short(time.Duration(e.DurationSeconds/float64(max(1, e.Rounds))*1e9)))
	if e.Interrupted {
		text += ", interrupted"
	}
	return text
}

func p99(e results.Entry) string {
	if e.P99 == nil {
		return "-"
	}
	return short(time.Duration(*e.P99))
}
