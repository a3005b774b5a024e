package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"

	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/internal/machine"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// serve replays on the empty store for as many milliseconds as each line says, and
// answers each with the round that it was, in a line of JSON.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(1) // what is measured is the cost, not how well it is spread
	answers := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		ms, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		round, err := replay(ctx, time.Duration(ms)*time.Millisecond)
		if err != nil {
			return err
		}
		if err := answers.Encode(round); err != nil {
			return err
		}
	}
	return nil
}

// replay has a few workers read for a while.
func replay(ctx context.Context, length time.Duration) (*results.Round, error) {
	s, err := scenarios.Find("web")
	if err != nil {
		return nil, err
	}
	s.Mix = scenarios.Mix{scenarios.Read: 100}
	s.Sessions, s.Warmup, s.Duration = 1000, 0, scenarios.Duration(length)
	s.SetWorkers(4)
	target := &load.Target{Name: "empty store", Driver: machine.EmptyStore(), InProcess: true, Disposable: true}
	outcomes, _ := load.Run(ctx, s, []*load.Target{target}, load.Options{RunID: "selfgate", Seed: 1, Rounds: 1, Verify: load.VerifyOff, Drain: time.Second})
	switch o := outcomes[0]; {
	case o.Err != nil:
		return nil, o.Err
	case len(o.Rounds) == 0:
		return nil, errors.New("nothing was measured")
	case o.Rounds[0].Violations.Total() > 0 || len(o.Rounds[0].Operations["all"].Errors) > 0:
		return nil, fmt.Errorf("the empty store failed: %v, %+v", o.Rounds[0].Operations["all"].Errors, o.Rounds[0].Violations)
	}
	return &outcomes[0].Rounds[0], nil
}
