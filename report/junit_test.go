package report

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// junitOf reads a report back, and counts again what its suites count.
func junitOf(t *testing.T, rs []*results.Result) junitReport {
	t.Helper()
	var read junitReport
	text := drawnAs(t, compared(t, rs), "junit", Style{})
	if err := xml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(text, "</testsuites>\n") {
		t.Error("something is behind the document")
	}
	var tests, failures int
	for _, s := range read.Suites {
		var failed, skipped int
		for _, test := range s.Cases {
			if test.Failure != nil {
				failed++
			}
			if test.Skipped != nil {
				skipped++
			}
		}
		if s.Tests != len(s.Cases) || s.Failures != failed || s.Skipped != skipped || s.Errors != 0 {
			t.Errorf("%s counts %d, %d failed, %d skipped; there are %d, %d, %d",
				s.Name, s.Tests, s.Failures, s.Skipped, len(s.Cases), failed, skipped)
		}
		tests, failures = tests+s.Tests, failures+s.Failures
	}
	if read.Tests != tests || read.Failures != failures || len(read.Suites) != len(rs) {
		t.Errorf("the report counts %d, %d failed, of %d suites; they have %d, %d", read.Tests, read.Failures, len(read.Suites), tests, failures)
	}
	return read
}

func TestJUnitFailsExactlyWhenTheRunFailed(t *testing.T) {
	t.Parallel()
	var all []*results.Result
	objectives := []results.Objective{
		{Metric: "p99", Limit: "20ms", OK: true},
		{Metric: "lost", Limit: "0", Reason: "lost is 1, the limit is 0"},
		{Metric: "errors", Limit: "0.1%", Advisory: true, Reason: "errors is 1%, the limit is 0.1%"},
		{Metric: "p50", Limit: "1ms", Advisory: true, OK: true},
	}
	for i := range 1 << 8 {
		spec := resultstest.Spec{Seconds: 1}
		if i&1 != 0 {
			spec.Errors = map[string]float64{"refused": 1}
		}
		r := resultstest.Build(spec)
		r.Label = fmt.Sprint(i)
		if i&2 != 0 {
			r.Summary.Violations.Stale = 1
		}
		if i&4 != 0 {
			r.Summary.Verify.Lost = 1
		}
		for j, o := range objectives {
			if i&(8<<j) != 0 {
				r.Objectives = append(r.Objectives, o)
			}
		}
		if i&128 != 0 {
			r.Interrupted, r.Summary.Load.Overloaded, r.Summary.Races.Revived = true, true, 1
		}
		all = append(all, r)
	}
	noRounds := resultstest.Build(resultstest.Spec{Label: "no rounds"})
	noRounds.Rounds = nil
	resultstest.Summarize(noRounds)
	all = append(all, noRounds)
	for i, s := range junitOf(t, all).Suites {
		if failed, why := RunFailed(all[i]); failed != (s.Failures > 0) {
			t.Errorf("%s: %d cases fail, and the run: %v %s", s.Name, s.Failures, failed, why)
		}
	}
}

func TestJUnitShowsAnAdvisoryObjectiveAndFailsNone(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{})
	r.Objectives = []results.Objective{{Metric: "p99", Limit: "1ms", Advisory: true, Reason: "p99 is 2 ms, the limit is 1ms"}}
	s := junitOf(t, []*results.Result{r}).Suites[0]
	test := s.Cases[len(s.Cases)-1]
	if test.Name != "p99=1ms (advisory)" || test.Failure != nil || test.Skipped == nil ||
		test.Skipped.Message != "the scenario's own objective p99=1ms is missed: p99 is 2 ms, the limit is 1ms" {
		t.Errorf("%+v %+v", test, test.Skipped)
	}
}

func TestJUnitIsXMLWhateverTheLabel(t *testing.T) {
	t.Parallel()
	var all []*results.Result
	for _, label := range []string{hostile, "]]>", "&amp;", "\x00\x01\ufffe\uffff\xff", "<!-- -->", "\u202e\u2066", strings.Repeat("<", 5000)} {
		r := resultstest.Build(resultstest.Spec{Label: label, Errors: map[string]float64{"other": 1}})
		r.Host.Name, r.Target.Text, r.Target.ServerVersion = label, label, label
		r.Summary.ErrorTexts = map[string]string{"other": label}
		r.Objectives = []results.Objective{{Metric: label, Limit: label, Reason: label}, {Metric: label, Limit: label, Reason: label, Advisory: true}}
		all = append(all, r)
	}
	for i, s := range junitOf(t, all).Suites {
		if want := oneLine(all[i].Label); strings.ToValidUTF8(s.Name, "\ufffd") != want {
			t.Errorf("%q is read as %q", want, s.Name)
		}
	}
}
