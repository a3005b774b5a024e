package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, versionText())
			return err
		},
	}
}

func versionText() string {
	t := tool()
	text := "bench " + t.Version
	if t.Commit != "" {
		text += " (" + t.Commit + ")"
	}
	return text + " " + t.Go
}
