package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/sessionbench/bench/results"
)

// The elements and attributes are those of Jenkins' schema of JUnit's reports,
// which other readers take too.
type junitReport struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"` // seconds
	Timestamp  string          `xml:"timestamp,attr"`
	Hostname   string          `xml:"hostname,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	SystemOut  string          `xml:"system-out,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure"`
	Error     *junitFailure `xml:"error"` // nothing could be told
	Skipped   *junitSkipped `xml:"skipped"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// writeJUnit writes a test suite a result, which fails exactly when RunFailed
// says that the run did: a case for each reason that it has, and one for each
// objective. An advisory objective that is missed is skipped, with what it missed.
func writeJUnit(w io.Writer, c *Comparison, _ Style) error {
	all := junitReport{Name: "bench"}
	for i, r := range c.Results {
		s := suite(&c.Rows[i], r, c.Findings)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Suites = append(all.Suites, s)
	}
	return all.write(w)
}

func (all *junitReport) write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func suite(row *Row, r *results.Result, found []Finding) junitSuite {
	s := junitSuite{
		Name: oneLine(row.Name), Time: fmt.Sprintf("%.3f", row.Seconds),
		Timestamp: r.StartedAt.UTC().Format("2006-01-02T15:04:05"), Hostname: oneLine(r.Host.Name),
		Cases: []junitCase{succeeds(r), keepsPromises(r)},
	}
	for _, o := range r.Objectives {
		s.Cases = append(s.Cases, keepsObjective(o))
	}
	for i := range s.Cases {
		test := &s.Cases[i]
		test.ClassName, test.Time = s.Name, "0.000"
		s.Tests++
		if test.Failure != nil {
			s.Failures++
		}
		if test.Skipped != nil {
			s.Skipped++
		}
	}
	s.Cases[0].Time = s.Time // the others judge what this one took
	for _, p := range []junitProperty{
		{"id", r.ID}, {"run", r.RunID}, {"target", row.Target}, {"scenario", row.Scenario}, {"load", row.Load},
		{"backend", row.Backend}, {"client", row.Client}, {"network", row.Network}, {"durability", row.Durability},
		{"server version", row.ServerVersion}, {"image", row.Image},
	} {
		if p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, oneLine(p.Value)})
		}
	}
	s.SystemOut = findingsOf(row, found)
	return s
}

func succeeds(r *results.Result) junitCase {
	test := junitCase{Name: "operations succeed"}
	if all := r.Summary.Operations["all"]; all == nil || all.Succeeded() == 0 {
		test.Failure = failure("nothing", "nothing succeeded")
	}
	return test
}

func keepsPromises(r *results.Result) junitCase {
	test := junitCase{Name: "no promise is broken"}
	if found := violationsInWords(&r.Summary); found != "" {
		test.Failure = failure("violations", found)
	}
	return test
}

func keepsObjective(o results.Objective) junitCase {
	test := junitCase{Name: oneLine(o.Metric + "=" + o.Limit)}
	if o.Advisory {
		test.Name += " (advisory)"
	}
	switch {
	case o.OK:
	case o.Advisory:
		test.Skipped = &junitSkipped{oneLine(missedInWords(o))}
	default:
		test.Failure = failure("objective", oneLine(missedInWords(o)))
	}
	return test
}

// failure has its text twice: some readers show the one, some the other.
func failure(kind, text string) *junitFailure { return &junitFailure{text, kind, text} }

// findingsOf are the findings about a row, one a line.
func findingsOf(row *Row, found []Finding) string {
	var lines []string
	for _, f := range found {
		about := len(f.Targets) == 0
		for _, name := range f.Targets {
			about = about || name == row.Name
		}
		if about {
			lines = append(lines, string(f.Level)+": "+oneLine(f.Text))
		}
	}
	return strings.Join(lines, "\n")
}
