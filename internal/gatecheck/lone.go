package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/sessionbench/bench/internal/cli"
	"github.com/sessionbench/bench/report"
)

// holdLoneResults measures one build again and again, and holds each result against the
// one before: nothing may be said of them.
func (s *series) holdLoneResults(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "gatecheck-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var all []ended
	before := ""
	without := 0
	for i := range s.gates + 1 {
		out := filepath.Join(dir, fmt.Sprint(i))
		var said bytes.Buffer
		args := []string{"run", "--store=" + s.target, "--no-progress", "--out=" + out, "--duration=5s", "--warmup=1s", "--verify=off"}
		if status := cli.Main(slices.Concat(args, s.args), &said, &said); status != 0 {
			return fmt.Errorf("bench run exits %d\n%s", status, said.String())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		paths, err := filepath.Glob(filepath.Join(out, "*.json"))
		if err != nil || len(paths) != 1 {
			return fmt.Errorf("no result in %s: %v", out, err)
		}
		if before != "" {
			v, status, err := cli.CheckGate(ctx, []string{"--baseline=" + before, paths[0]}, nil, &said)
			if v == nil {
				return err
			}
			e := ended{status: status, v: v}
			all = append(all, e)
			if v.Outcome == report.GateInconclusive && v.Remedy == "" {
				without++
			}
			fmt.Printf("pair %d: exit %d; %s\n", i, status, e.words())
		}
		before = paths[0]
	}
	sum(all, "")
	fmt.Printf("can't tell, and no command that would: %d\n", without)
	return nil
}
