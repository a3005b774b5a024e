package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// runLiveGate provides two targets, runs them in turns until the gate is decided or its
// budget is spent, and gives the verdict with the candidate's result. The options hold
// the limits; the looks are its own.
func (f *gateFlags) runLiveGate(cmd *cobra.Command, s streams, baseline, candidate string, o report.GateOptions) (*report.GateVerdict, *results.Result, error) {
	return nil, nil, usage(errors.New("targets can't be run by bench gate yet: measure both with bench run, and give their results"))
}
