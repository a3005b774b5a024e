package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newHelp is "bench help COMMAND", the same as "bench COMMAND --help".
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print what a command does and takes",
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, c := range cmd.Root().Commands() {
				names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			switch {
			case err != nil: // found nothing: about is the root
				return noArguments(about, args)
			case len(rest) > 0 && about.HasSubCommands():
				return noArguments(about, rest)
			case len(rest) > 0:
				return usage(fmt.Errorf("%s has no command %q%s", about.CommandPath(), rest[0], seeHelp(about)))
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

// headingOf is the annotation of a flag that says under which heading the help
// has it; a flag without one is under the last, "Flags".
const headingOf = "bench_heading"

// addUnder declares flags on a command, under a heading of its help.
func addUnder(heading string, cmd *cobra.Command, declare func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet(heading, pflag.ContinueOnError)
	set.SortFlags = false
	declare(set)
	set.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{headingOf: {heading}} })
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(set)
}

// printUsage prints what follows a command's description in its help.
func printUsage(cmd *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND …\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(&b, "  %-*s  %s\n", cmd.NamePadding(), c.Name(), c.Short)
			}
		}
	}
	for _, set := range flagsByHeading(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", set.Name(), set.FlagUsages())
	}
	_, err := cmd.OutOrStderr().Write([]byte(b.String()))
	return err
}

// flagsByHeading gives a command's flags in sets named after their headings, in
// the order that they were declared in.
func flagsByHeading(cmd *cobra.Command) []*pflag.FlagSet {
	var sets []*pflag.FlagSet
	under := func(heading string) *pflag.FlagSet {
		i := slices.IndexFunc(sets, func(s *pflag.FlagSet) bool { return s.Name() == heading })
		if i < 0 {
			i = len(sets)
			sets = append(sets, pflag.NewFlagSet(heading, pflag.ContinueOnError))
			sets[i].SortFlags = false
		}
		return sets[i]
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		heading := "Flags"
		if given := f.Annotations[headingOf]; len(given) > 0 {
			heading = given[0]
		}
		under(heading).AddFlag(f)
	})
	return sets
}
