package cli

import (
	"context"
	"errors"
	"io"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/report"
)

// Shift wraps the driver of a gate's side (0: the baseline, 1: the candidate) in one
// that is worse by a known amount.
type Shift func(side int, d drivers.Driver) drivers.Driver

// CheckGate runs bench gate with these arguments on two targets of which one is worse
// by a known amount, for internal/gatecheck. The status is that of the command, and
// the verdict nil when there was none, as the error says.
func CheckGate(ctx context.Context, args []string, shift Shift, errOut io.Writer) (v *report.GateVerdict, status int, err error) {
	f := gateFlags{shift: shift}
	cmd := f.command(streams{io.Discard, errOut})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(ctx)
	var e *exit
	switch {
	case err == nil:
		return f.verdict, exitDone, nil
	case errors.As(err, &e) && e.err == nil && f.verdict != nil: // it was printed
		return f.verdict, e.status, nil
	case errors.As(err, &e):
		return f.verdict, e.status, err
	}
	return f.verdict, exitUsage, err
}
