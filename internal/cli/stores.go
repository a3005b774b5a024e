package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
)

func newStores(s streams) *cobra.Command {
	var wire bool
	var client string
	cmd := &cobra.Command{
		Use:   "stores [NAME …]",
		Short: "List the stores: their options, what is particular, what they send",
		Example: `  bench stores redis
  bench stores --wire postgres
  bench stores --wire --client=native`,
		ValidArgsFunction: cobra.FixedCompletions(drivers.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, names []string) error {
			mode := drivers.Client(client)
			if err := mode.Check(); err != nil {
				return usage(within("--client", err))
			}
			if len(names) == 0 {
				names = drivers.Names()
			}
			for i, name := range names {
				store, err := drivers.Lookup(name)
				if err != nil {
					return usage(err)
				}
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				if err := describeStore(s.out, store, mode, wire); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&wire, "wire", false, "what each call puts on the wire, or does to the disk")
	cmd.Flags().StringVar(&client, "client", "express", "`MODE`: express or native")
	return cmd
}

// describeStore prints a store's options and facts, or what it sends.
func describeStore(out io.Writer, store drivers.Store, client drivers.Client, wire bool) error {
	options, err := store.Resolve(client, nil)
	if err != nil {
		return err
	}
	cfg := drivers.Config{Client: client, Options: options}
	fmt.Fprintf(out, "%s  %s\n", store.Name, heading(store, client))
	if wire {
		for _, call := range store.Wire(cfg) {
			for i, line := range call.Sends {
				name := call.Call
				if i > 0 {
					name = ""
				}
				fmt.Fprintf(out, "  %-8s %s\n", name, strings.ReplaceAll(line, "\n", "\n"+strings.Repeat(" ", 11)))
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  timeout of a call\t%s\n", timeoutText(store))
	if can := containers.Durabilities(store); len(can) > 0 {
		fmt.Fprintf(w, "  --durability\t%s\n", either(words(can)))
	}
	for _, o := range store.Options {
		fmt.Fprintf(w, "  %s.%s\t%s\t%s\t%s\n", store.Name, o.Name, kindText(o), orEmpty(o.Default(client)), o.Doc)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, n := range store.Facts(cfg).Describe() {
		for i, line := range wrapped(n.Text+" ["+n.Source+"]", 72) {
			name := n.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "  %s\t%s\n", name, line)
		}
	}
	return w.Flush()
}

// wrapped breaks a text into lines of at most so many characters, if no word is
// longer.
func wrapped(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func heading(store drivers.Store, client drivers.Client) string {
	if client == drivers.Native {
		return store.Title + ", as a Go service would use it"
	}
	return store.Title + ", as " + store.Middleware
}

func timeoutText(store drivers.Store) string {
	if store.DefaultTimeout == 0 {
		return "none, as the middleware has none"
	}
	return store.DefaultTimeout.String()
}

func kindText(o drivers.Option) string {
	if o.Kind == drivers.KindChoice {
		return strings.Join(o.Choices, "|")
	}
	return string(o.Kind)
}

func orEmpty(text string) string {
	if text == "" {
		return `""`
	}
	return text
}
