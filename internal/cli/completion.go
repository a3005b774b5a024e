package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// newCompletion takes the place of cobra's command of the same name, which has
// one subcommand a shell and takes an unknown shell for none.
func newCompletion(s streams) *cobra.Command {
	shells := []cobra.Completion{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell: bash, zsh, fish or powershell",
		Example: `  source <(bench completion bash)        in this shell only; needs the package bash-completion
  bench completion bash > /etc/bash_completion.d/bench
  bench completion zsh > "${fpath[1]}/_bench"
  bench completion fish > ~/.config/fish/completions/bench.fish
  bench completion powershell | Out-String | Invoke-Expression`,
		Args:              exactly(1, "the name of a shell: bash, zsh, fish or powershell"),
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("shell", args[0], shells...); err != nil {
				return usage(err)
			}
			root := cmd.Root()
			print := map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
				"zsh":        root.GenZshCompletion,
				"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, true) },
				"powershell": root.GenPowerShellCompletionWithDesc,
			}[args[0]]
			if err := print(s.out); err != nil {
				return fmt.Errorf("print the completion script: %w", err)
			}
			return nil
		},
	}
}
