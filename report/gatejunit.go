package report

import (
	"fmt"
	"io"
	"strings"
)

// writeGateJUnit writes one suite: a case for the verdict, which errs where nothing
// could be told, and one for each line. A line that could not be told is skipped.
func writeGateJUnit(w io.Writer, v *GateVerdict, _ GateStyle) error {
	s := junitSuite{
		Name: "bench gate", Time: fmt.Sprintf("%.3f", v.Units.Took), Timestamp: v.Candidate.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Cases:     []junitCase{v.junitVerdict()},
		SystemOut: strings.Join(cleaned(v.closing()), "\n"),
	}
	for i := range v.Metrics {
		s.Cases = append(s.Cases, v.Metrics[i].junitCase(v))
	}
	for _, c := range v.Checks {
		s.Cases = append(s.Cases, c.junitCase())
	}
	for i := range s.Cases {
		s.count(&s.Cases[i])
	}
	for _, p := range []junitProperty{
		{"grade", string(v.Grade)}, {"baseline", v.Baseline.Target}, {"candidate", v.Candidate.Target}, {"scenario", v.Scenario},
		{"load", v.Load}, {"sample", v.sampleInWords()}, {"differ in", v.settingsInWords()},
	} {
		if p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, oneLine(p.Value)})
		}
	}
	all := junitReport{Name: "bench gate", Tests: s.Tests, Failures: s.Failures, Suites: []junitSuite{s}}
	return all.write(w)
}

func cleaned(lines []string) (all []string) {
	for _, l := range lines {
		all = append(all, oneLine(l))
	}
	return all
}

// count names a case after its suite and adds it up.
func (s *junitSuite) count(test *junitCase) {
	test.ClassName, test.Time = s.Name, "0.000"
	s.Tests++
	switch {
	case test.Failure != nil:
		s.Failures++
	case test.Error != nil:
		s.Errors++
	case test.Skipped != nil:
		s.Skipped++
	}
}

func (v *GateVerdict) junitVerdict() junitCase {
	test := junitCase{Name: "verdict"}
	text := oneLine(v.Outcome.word() + ": " + v.Text)
	switch v.Outcome {
	case GateFail:
		test.Failure = failure("regression", text)
	case GateInconclusive:
		if reasons := v.reasons(); len(reasons) > 0 {
			text += "; " + oneLine(strings.Join(reasons, "; "))
		}
		test.Error = failure("inconclusive", text)
	}
	return test
}

func (m *GateMetric) junitCase(v *GateVerdict) junitCase {
	test := junitCase{Name: metricName(m.Metric) + " within " + limitInWords(m)}
	cells := gateCells(v, m)
	text := oneLine(fmt.Sprintf("%s → %s: %s (%s), limit %s, worse in %s: %s", cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]))
	switch m.Verdict {
	case Worse:
		test.Failure = failure("regression", text)
	case CantTell:
		test.Skipped = &junitSkipped{text}
	}
	return test
}

func (c *GateCheck) junitCase() junitCase {
	test := junitCase{Name: oneLine(c.Check)}
	switch c.Verdict {
	case Worse:
		test.Failure = failure("regression", oneLine(c.Text))
	case CantTell:
		test.Skipped = &junitSkipped{oneLine(c.Text)}
	}
	return test
}
