package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// mostHistory is how many results of a folder a history takes: more of them make it no
// surer, and are older.
const mostHistory = 60

// judgeFiles holds a saved result against saved ones.
func (f *gateFlags) judgeFiles(s streams, candidate string, o report.GateOptions) (*report.GateVerdict, *results.Result, error) {
	b, err := results.Read(candidate)
	if err != nil {
		return nil, nil, usage(err)
	}
	baselines, err := f.readBaselines(s, candidate, b)
	if err != nil {
		return nil, nil, usage(err)
	}
	o.First = len(baselines) == 0 && f.save != ""
	if len(baselines) == 0 && !o.First {
		return nil, nil, usage(errors.New("--baseline: there is no result of this scenario in it; with --save-baseline the first one becomes it"))
	}
	v, err := report.Gate(baselines, []*results.Result{b}, o)
	if err != nil {
		return nil, nil, usage(err)
	}
	return v, b, nil
}

// readBaselines reads files as they are named, and of folders what bears on the
// candidate. One that is not there yet is empty when --save-baseline is to fill it.
func (f *gateFlags) readBaselines(s streams, candidate string, b *results.Result) (all []*results.Result, err error) {
	for _, path := range f.baselines {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && f.save != "" && !isResultName(path):
			continue
		case err != nil:
			return nil, within("--baseline", err)
		case info.IsDir():
			found, err := readHistory(s, path, b)
			if err != nil {
				return nil, within("--baseline", err)
			}
			all = append(all, found...)
			continue
		case sameFile(path, candidate):
			return nil, fmt.Errorf("--baseline: %s is the candidate itself: name the result that it is to be held against", path)
		}
		r, err := results.Read(path)
		if err != nil {
			return nil, within("--baseline", err)
		}
		all = append(all, r)
	}
	return all, nil
}

// readHistory reads the newest results of a folder that bear on the candidate. Of the
// others only the beginning is read.
func readHistory(s streams, dir string, b *results.Result) (all []*results.Result, err error) {
	heads, unreadable, err := results.Heads(dir)
	if err != nil {
		return nil, err
	}
	for _, err := range unreadable {
		s.say(err.Error())
	}
	for _, h := range slices.Backward(bearingOn(b, heads)) {
		if len(all) == mostHistory {
			break
		}
		r, err := results.Read(h.Path)
		if err != nil {
			s.say(err.Error())
			continue
		}
		all = append(all, r)
	}
	return all, nil
}

// bearingOn are the results of the candidate's scenario and store, and of those the
// ones of its very target, when there are any: of a folder that holds the nightly runs
// of two versions, each is held against its own.
func bearingOn(b *results.Result, heads []results.Head) []results.Head {
	var ofStore, ofTarget []results.Head
	for _, h := range heads {
		if h.ID == b.ID || h.Scenario != b.ScenarioName() || h.Store != b.Target.Store {
			continue
		}
		ofStore = append(ofStore, h)
		if h.Target == b.Target.Text {
			ofTarget = append(ofTarget, h)
		}
	}
	if len(ofTarget) > 0 {
		return ofTarget
	}
	return ofStore
}
