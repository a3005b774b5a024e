package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/scenarios"
)

func newScenarios(s streams) *cobra.Command {
	list := &cobra.Command{
		Use:   "scenarios",
		Short: "List the built-in scenarios, or show one",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			for _, sc := range scenarios.Builtins() {
				fmt.Fprintf(w, "%s\t%s\n", sc.Name, sc.Description)
			}
			return w.Flush()
		},
	}
	list.AddCommand(&cobra.Command{
		Use:               "show NAME|FILE",
		Short:             "Print a scenario as a file to start from",
		Example:           "  bench scenarios show tabs > mine.yaml && bench --scenario=mine.yaml",
		Args:              exactly(1, "the name of a scenario, or a file"),
		ValidArgsFunction: cobra.FixedCompletions(scenarios.Names(), cobra.ShellCompDirectiveDefault),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := scenarios.Source(args[0])
			if err != nil {
				var sc *scenarios.Scenario
				if sc, err = scenarios.Find(args[0]); err == nil {
					text, err = sc.YAML()
				}
			}
			if err != nil {
				return usage(err)
			}
			_, err = s.out.Write(text)
			return err
		},
	})
	return list
}

// exactly wants n arguments, and says what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("%s takes %s: see %s --help", cmd.CommandPath(), what, cmd.CommandPath()))
		}
		return nil
	}
}
