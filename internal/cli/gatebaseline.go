package cli

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// baselinePrefix is how the files that --save-baseline writes begin, and the only ones
// that it ever removes.
const baselinePrefix = "baseline-"

func isResultName(path string) bool { return strings.HasSuffix(path, ".json") }

// keepBaseline adds the candidate to the folder of baselines. One that is worse would
// make the next as bad pass, and one that could not pass for reasons of its own is no
// measure; but one of which too little is known yet is a sample like any other. Were
// only those kept that pass, no history would ever begin, and it would show less noise
// than there is.
func (f *gateFlags) keepBaseline(s streams, v *report.GateVerdict, r *results.Result) error {
	if f.save == "" || r == nil {
		return nil
	}
	switch {
	case v.Outcome == report.GateFail:
		s.say("not kept as a baseline: it is worse")
		return nil
	case len(v.Cautions) > 0:
		s.say("not kept as a baseline: it is no measure for those to come: " + v.Cautions[0])
		return nil
	}
	if err := os.MkdirAll(f.save, 0o755); err != nil {
		return usage(within("--save-baseline", err))
	}
	path := filepath.Join(f.save, baselineName(r))
	if err := results.SaveAs(path, r); err != nil {
		return usage(within("--save-baseline", err))
	}
	s.say("kept as a baseline: " + path)
	return within("--save-baseline", f.removeOldest(s))
}

// baselineName sorts by time, and is the same for the same result.
func baselineName(r *results.Result) string {
	digest := sha256.Sum256([]byte(r.ID))
	return fmt.Sprintf("%s%s-%s-%x.json", baselinePrefix, r.StartedAt.UTC().Format("20060102T150405Z"), r.Target.Store, digest[:4])
}

// removeOldest leaves the newest of the files that this command made.
func (f *gateFlags) removeOldest(s streams) error {
	heads, _, err := results.Heads(f.save)
	if err != nil {
		return err
	}
	var ours []results.Head
	for _, h := range heads {
		if strings.HasPrefix(filepath.Base(h.Path), baselinePrefix) {
			ours = append(ours, h)
		}
	}
	for _, h := range ours[:max(0, len(ours)-f.keep)] {
		if err := os.Remove(h.Path); err != nil {
			return err
		}
		s.say("removed an old baseline: " + h.Path)
	}
	return nil
}
