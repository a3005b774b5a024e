// Command selfgate holds bench's own cost of a call, on a store that does nothing,
// against that of another version of it: the gate that bench recommends, applied to
// itself.
//
// Each version is built as a process of its own that replays reads on the empty store
// whenever it is told to. The two take turns in slices of some 30 ms, and report.Gate
// decides on the units. It exits 1 when the change costs more by more than the limit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/sessionbench/bench/report"
)

func main() {
	serving := flag.Bool("serve", false, "replay on the empty store for as many milliseconds as each line on standard input says")
	base := flag.String("base", "", "the `DIR` of the other version's source")
	limit := flag.String("max-regression", "throughput=5%", "what may become worse, as for bench gate")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *serving {
		exit(serve(ctx, os.Stdin, os.Stdout))
		return
	}
	v, err := compare(ctx, *base, *limit)
	if err == nil {
		err = report.WriteGate(os.Stdout, "table", v, report.GateStyle{})
	}
	exit(err)
	os.Exit(v.ExitStatus)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "selfgate:", err)
		os.Exit(2)
	}
}
