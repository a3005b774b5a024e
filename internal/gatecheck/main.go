// Command gatecheck measures how often bench gate is right: it runs many gates of a
// target against itself, or against itself made worse by a known amount, and counts
// how they end. CONTRIBUTING.md has the commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == asNeighbour {
		beNeighbour()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gatecheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s series
	flag.StringVar(&s.target, "store", "redis", "the target that is run against itself")
	flag.IntVar(&s.gates, "gates", 60, "how many gates")
	flag.StringVar(&s.shift, "shift", "", "make the candidate worse by so much: throughput=5%, p50=10%, p99=25%")
	flag.Float64Var(&s.share, "share", 0, "of the calls that are made again or later, instead of finding it by measuring")
	flag.IntVar(&s.times, "times", 1, "how many times they are made again")
	flag.DurationVar(&s.pause, "pause", 0, "make them so much later instead, which takes no processor time")
	flag.BoolVar(&s.neighbour, "neighbour", false, "have another process take one core on and off at random")
	flag.Uint64Var(&s.seed, "seed", 1, "of the first gate; each has its own")
	lone := flag.Bool("lone", false, "hold single results of one build against each other instead")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/gatecheck [flags] [-- flags of bench gate]")
		flag.PrintDefaults()
	}
	flag.Parse()
	s.args = flag.Args()
	if s.neighbour {
		if err := neighbour(ctx); err != nil {
			return err
		}
	}
	if *lone {
		return s.holdLoneResults(ctx)
	}
	return s.run(ctx)
}
