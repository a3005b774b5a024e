package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sessionbench/bench/internal/cli"
	"github.com/sessionbench/bench/internal/stat"
	"github.com/sessionbench/bench/report"
)

// series is a number of gates of one target against itself.
type series struct {
	target    string
	gates     int
	shift     string
	share     float64
	times     int
	neighbour bool
	seed      uint64
	args      []string // further ones of bench gate
}

// ended is how one gate did.
type ended struct {
	status int
	took   time.Duration
	v      *report.GateVerdict
}

// run has the gates and prints each, and their sum.
func (s *series) run(ctx context.Context) error {
	var shift cli.Shift
	var metric string
	if s.shift != "" {
		limits, err := report.ParseGateLimits([]string{s.shift})
		if err != nil {
			return err
		}
		metric = limits[0].Metric
		if s.share == 0 {
			if s.share, err = s.calibrate(ctx, limits[0]); err != nil {
				return err
			}
		}
		fmt.Printf("%.2f %% of the calls are made %d times more\n", 100*s.share, s.times)
		shift = extra{share: s.share, times: s.times}.on()
	}
	var all []ended
	for i := range s.gates {
		e, err := s.gate(ctx, s.seed+uint64(i), shift)
		if err != nil {
			return err
		}
		all = append(all, e)
		fmt.Printf("gate %d: exit %d after %.1f s, %d units; %s\n", i+1, e.status, e.took.Seconds(), e.v.Units.Count, e.words())
	}
	sum(all, metric)
	return nil
}

// gate is one gate, in a folder of its own that is taken away.
func (s *series) gate(ctx context.Context, seed uint64, shift cli.Shift, more ...string) (ended, error) {
	dir, err := os.MkdirTemp("", "gatecheck-")
	if err != nil {
		return ended{}, err
	}
	defer os.RemoveAll(dir)
	args := []string{"--baseline=" + s.target, s.target, "--no-progress", "--out=" + dir, fmt.Sprint("--seed=", seed)}
	var said strings.Builder
	began := time.Now()
	v, status, err := cli.CheckGate(ctx, slices.Concat(args, s.args, more), shift, &said)
	if v == nil {
		return ended{}, fmt.Errorf("%w\n%s", err, said.String())
	}
	return ended{status, time.Since(began), v}, ctx.Err()
}

// words are the lines that are not the same, with their figures.
func (e ended) words() string {
	parts := []string{e.v.Text}
	for _, m := range e.v.Metrics {
		if m.Verdict != report.Same && m.Ratio != nil {
			parts = append(parts, fmt.Sprintf("%s ×%.3f %s", m.Metric, *m.Ratio, m.Verdict))
		}
	}
	return strings.Join(append(parts, e.v.Cautions...), "; ")
}

// calibrate finds the share of extra calls that makes a metric worse by the limit: it
// measures what a share does, and takes more or fewer of them in proportion.
func (s *series) calibrate(ctx context.Context, limit report.GateLimit) (float64, error) {
	const pilots, first = 4, 0.05
	share := first
	for range 2 {
		var d []float64
		for i := range pilots {
			// With limits so wide each ends at its first look, whatever it saw.
			e, err := s.gate(ctx, s.seed+uint64(1000+i), extra{share: share, times: s.times}.on(),
				"--max-regression="+limit.Metric+"=90%")
			if err != nil {
				return 0, err
			}
			d = append(d, e.v.Metrics[0].Arithmetic.Differences...)
		}
		seen := stat.NewWalsh(d).Estimate()
		wanted := limitLog(limit)
		fmt.Printf("%.2f %% of the calls made %d times more: %s worse by %+.2f %% (as a log ratio, wanted %.2f)\n", 100*share, s.times, limit.Metric, 100*seen, 100*wanted)
		if seen <= 0 {
			return 0, fmt.Errorf("that share made %s no worse: give -share or -times", limit.Metric)
		}
		share *= wanted / seen
	}
	return share, nil
}
