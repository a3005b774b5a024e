package report

import (
	"slices"
	"strings"
)

// fault is something that the candidate does, and whether it does so more than the
// baseline.
type fault struct {
	text string
	more bool
}

// faultsInWords are what made the gate fail: "is slower and fails more often than a,
// and leaks file descriptors".
func (v *GateVerdict) faultsInWords(a string) string {
	var more, alone []string
	for _, f := range v.faults() {
		if f.more {
			more = append(more, f.text)
		} else {
			alone = append(alone, f.text)
		}
	}
	text := inARow(more)
	if text != "" {
		text += " than " + a
	}
	return strings.Join(filled(text, inARow(alone)), ", and ")
}

// inARow joins texts by commas, the last by "and".
func inARow(texts []string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " and " + texts[last]
}

// faults are in the order of the checks, but for times, which come first.
func (v *GateVerdict) faults() (found []fault) {
	add := func(f fault) {
		if !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	for _, m := range v.Metrics {
		if m.Verdict == Worse && m.Unit != CPUPer1000 {
			add(fault{"is slower", true})
		}
	}
	for _, c := range v.Checks {
		if c.Verdict == Worse {
			add(c.fault(v.Grade))
		}
	}
	for _, m := range v.Metrics {
		if m.Verdict == Worse && m.Unit == CPUPer1000 {
			add(fault{"takes more processor time", true})
		}
	}
	return found
}

func (c *GateCheck) fault(grade GateGrade) fault {
	switch {
	case c.Check == errorKind.name:
		return fault{"fails more often", true}
	case slices.ContainsFunc(raceKinds, func(k kind) bool { return k.name == c.Check }):
		return fault{"loses more to races", true}
	case strings.HasSuffix(c.Check, "leak"):
		return fault{"leaks file descriptors", false}
	case strings.HasSuffix(c.Check, "descriptors"):
		return fault{"holds more file descriptors", true}
	case strings.HasPrefix(c.Check, "objective "):
		return fault{"misses " + strings.TrimPrefix(c.Check, "objective "), false}
	case grade == GradeFirst:
		return fault{"breaks promises", false}
	}
	return fault{"breaks more promises", true}
}
