package main

import (
	"context"
	"fmt"
	"math"
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
	pause     time.Duration
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
		extra := s.extra(s.share)
		fmt.Println(extra)
		shift = extra.on()
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

func (s *series) extra(share float64) extra {
	return extra{share: share, times: s.times, pause: s.pause}
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

// calibrate finds the share of extra calls that makes a metric worse by the limit, to a
// tenth of it: it measures what a share does, and goes on from there.
func (s *series) calibrate(ctx context.Context, limit report.GateLimit) (float64, error) {
	const first, most = 0.05, 6
	wanted := limitLog(limit)
	search := search{wanted: wanted, high: 1}
	share := first
	for range most {
		seen, err := s.effect(ctx, limit.Metric, share)
		if err != nil {
			return 0, err
		}
		fmt.Printf("%s: %s worse by %+.2f %% (as a log ratio, wanted %.2f)\n", s.extra(share), limit.Metric, 100*seen, 100*wanted)
		if math.Abs(seen-wanted) < wanted/10 {
			return share, nil
		}
		share = search.next(share, seen)
	}
	return 0, fmt.Errorf("no share of the calls was found that makes %s worse by that: give -share, or another -times or -pause", limit.Metric)
}

// effect measures by how much a share makes a metric worse, as a log ratio.
func (s *series) effect(ctx context.Context, metric string, share float64) (float64, error) {
	const pilots = 4
	var d []float64
	for i := range pilots {
		// With limits so wide each ends at its first look, whatever it saw.
		e, err := s.gate(ctx, s.seed+uint64(1000+i), s.extra(share).on(), "--max-regression="+metric+"=90%")
		if err != nil {
			return 0, err
		}
		d = append(d, e.v.Metrics[0].Arithmetic.Differences...)
	}
	return stat.NewWalsh(d).Estimate(), nil
}

// search narrows down the share whose effect is the wanted one: effects grow with the
// share, and need not be in proportion to it.
type search struct {
	wanted          float64
	low, high       float64 // shares with too little and with too much of it
	little, tooMuch float64 // their effects; tooMuch is 0 while none had too much
}

// next is the share to try after one that had an effect.
func (s *search) next(share, seen float64) float64 {
	if seen < s.wanted {
		s.low, s.little = share, max(seen, 0)
	} else {
		s.high, s.tooMuch = share, seen
	}
	if s.tooMuch == 0 { // twice or three times as much, and all calls at most
		return min(s.high, share*min(3, max(2, s.wanted/max(seen, s.wanted/3))))
	}
	// Between the two in proportion, and not so near to either that nothing is learnt.
	at := (s.wanted - s.little) / (s.tooMuch - s.little)
	return s.low + (s.high-s.low)*min(max(at, .1), .9)
}
