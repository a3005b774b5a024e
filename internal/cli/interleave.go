package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sessionbench/bench/internal/load"
)

// checkInterleave refuses slices where there is nothing to slice, or no way to.
func (f *runFlags) checkInterleave(s *settings) error {
	if err := oneOf("--interleave", f.interleave, "rounds", "slices"); err != nil || f.interleave != "slices" {
		return err
	}
	switch {
	case len(s.targets) < 2:
		return errors.New("--interleave=slices: one target has nobody to take turns with: name two or more")
	case f.shard != "":
		return errors.New("--interleave=slices: shards can't take turns that short with each other: leave one of the two out")
	}
	if err := load.Sliceable(s.scenario); err != nil {
		return fmt.Errorf("--interleave=slices: scenario %s: %w; use --interleave=rounds", s.scenario.Name, err)
	}
	if n := f.units(s); n > mostUnits {
		return fmt.Errorf("--interleave=slices: %d rounds of %s would be %d of a second: at most %d", f.rounds, s.scenario.Duration, n, mostUnits)
	}
	return nil
}

// mostUnits keeps a result within what can be looked at: each is a round with all its
// figures.
const mostUnits = 1000

// units is how many rounds of about a second, shared by all targets, are as long as
// the rounds that were asked for.
func (f *runFlags) units(s *settings) int {
	own := float64(f.rounds) * time.Duration(s.scenario.Duration).Seconds()
	return max(1, int(math.Round(own*float64(len(s.targets)))))
}

// replay puts the load on the targets, in the turns that were asked for.
func (f *runFlags) replay(ctx context.Context, s *settings, targets []*provided, o load.Options) ([]load.Outcome, bool) {
	if f.interleave != "slices" {
		return load.Run(ctx, s.scenario, loadTargets(targets), o)
	}
	o.Rounds = f.units(s)
	outcomes, _, interrupted := load.RunSlices(ctx, s.scenario, loadTargets(targets), o, load.Slices{})
	return outcomes, interrupted
}
