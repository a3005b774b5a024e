package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sessionbench/bench/drivers"
)

// noArguments refuses arguments, with the nearest command.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return usage(fmt.Errorf("%s takes no argument, and %q is one%s", cmd.CommandPath(), args[0], seeHelp(cmd)))
	case !cmd.HasParent() && slices.Contains(drivers.Names(), args[0]):
		return usage(fmt.Errorf("unknown command %q: to measure the store, use --store=%s", args[0], args[0]))
	}
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	name := "command"
	if cmd.HasParent() {
		name = cmd.Name() + " command"
	}
	return usage(fmt.Errorf("unknown %s %q%s%s", name, args[0], drivers.DidYouMean(args[0], known), seeHelp(cmd)))
}

func seeHelp(cmd *cobra.Command) string { return ": see " + cmd.CommandPath() + " --help" }

// flagError makes a mistake in a flag one line, with the nearest flag or what its
// value must be.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var alone *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		err = fmt.Errorf("unknown flag %s%s%s", name, drivers.DidYouMean(name, known), seeHelp(cmd))
	case errors.As(err, &alone):
		placeholder, _ := pflag.UnquoteUsage(alone.GetFlag())
		err = fmt.Errorf("--%s needs a value, %s%s", alone.GetFlag().Name, placeholder, seeHelp(cmd))
	case errors.As(err, &bad):
		err = fmt.Errorf("--%s: %q is %s", bad.GetFlag().Name, bad.GetValue(), notWanted(bad))
	default:
		err = fmt.Errorf("%w%s", err, seeHelp(cmd))
	}
	return usage(err)
}

// notWanted says what a flag's value is not.
func notWanted(e *pflag.InvalidValueError) string {
	if e.GetFlag().Value.Type() == "bool" {
		return "neither true nor false"
	}
	return e.Unwrap().Error()
}

// plainArguments refuses what no argument of bench has, and what would leave the
// line of a message, or the terminal in disorder.
func plainArguments(args []string) error {
	for _, arg := range args {
		if strings.ContainsFunc(arg, unicode.IsControl) {
			return usage(fmt.Errorf("%.60q holds a control character, which no argument of bench has", arg))
		}
	}
	return nil
}
