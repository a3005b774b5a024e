package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

func newMerge(s streams) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "merge RESULT … -o FILE",
		Short:   "Merge shards or repeats of one run into one result, losing nothing",
		Example: "  bench merge shard-1.json shard-2.json -o whole.json",
		RunE: func(_ *cobra.Command, paths []string) error {
			if len(paths) < 2 || out == "" {
				return usage(errors.New("bench merge takes two or more results and -o FILE: see bench merge --help"))
			}
			if slices.ContainsFunc(paths, func(path string) bool { return sameFile(path, out) }) {
				return usage(fmt.Errorf("-o: %s is one of the results to merge: name another file", out))
			}
			parts, err := readResults(paths)
			if err != nil {
				return err
			}
			whole, err := results.Merge(parts)
			if err != nil {
				return usage(err)
			}
			if whole.Objectives, err = judged(whole, parts[0]); err != nil {
				return usage(err)
			}
			if err := results.SaveAs(out, whole); err != nil {
				return usage(err)
			}
			s.say("saved " + out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the `FILE` to write")
	return cmd
}

// judged holds the whole to the objectives; what was advisory in a part is so in
// the whole.
func judged(whole, part *results.Result) ([]results.Objective, error) {
	verdicts, err := report.Judge(whole)
	for i := range verdicts {
		verdicts[i].Advisory = slices.ContainsFunc(part.Objectives, func(o results.Objective) bool {
			return o.Metric == verdicts[i].Metric && o.Advisory
		})
	}
	return verdicts, err
}

func sameFile(a, b string) bool {
	fileA, errA := os.Stat(a)
	fileB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(fileA, fileB)
}

func readResults(paths []string) ([]*results.Result, error) {
	var all []*results.Result
	for _, path := range paths {
		r, err := results.Read(path)
		if err != nil {
			return nil, usage(err)
		}
		all = append(all, r)
	}
	return all, nil
}
