package results

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Entry is one result of a folder, in short.
type Entry struct {
	Path            string
	ID, RunID       string
	StartedAt       time.Time
	Label           string
	Target          string // as typed
	Store           string
	Client          string
	Scenario        string // its name
	Rounds          int
	DurationSeconds float64
	// ThroughputPerSecond is of successes; P99 is in nanoseconds with failures
	// counted, nil when it lies among them or nothing finished.
	ThroughputPerSecond float64
	P99                 *int64
	Failures            uint64 // failed, cancelled and unsent operations
	Violations          uint64 // during the rounds and in the read-back
	Interrupted         bool
}

// List gives the results in a folder, oldest first, and what is wrong with the
// .json files that could not be read as results. The error is about the folder.
// Histograms are not looked into.
func List(dir string) (entries []Entry, unreadable []error, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list results: %w", err)
	}
	for _, f := range files {
		if f.IsDir() || strings.HasPrefix(f.Name(), ".") || filepath.Ext(f.Name()) != ".json" {
			continue
		}
		e, err := entry(filepath.Join(dir, f.Name()))
		if err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.StartedAt.Compare(b.StartedAt) })
	return entries, unreadable, nil
}

func entry(path string) (Entry, error) {
	text, err := readFile(path)
	if err != nil {
		return Entry{}, err
	}
	r, err := decodeFields(text)
	if err != nil {
		return Entry{}, fmt.Errorf("%s: %w", path, err)
	}
	e := Entry{
		Path: path, ID: r.ID, RunID: r.RunID, StartedAt: r.StartedAt, Label: r.Label,
		Target: r.Target.Text, Store: r.Target.Store, Client: r.Target.Client, Scenario: r.ScenarioName(),
		Rounds: len(r.Rounds), DurationSeconds: r.Summary.DurationSeconds,
		Violations: r.Summary.Violations.Total() + r.Summary.Verify.Total(), Interrupted: r.Interrupted,
	}
	if all := r.Summary.Operations["all"]; all != nil {
		e.ThroughputPerSecond = all.ThroughputPerSecond
		e.P99 = all.WithFailures.P99
		e.Failures = all.WithFailures.Failures
	}
	return e, nil
}

// ScenarioName is the name that the scenario gives itself; empty when it has none.
func (r *Result) ScenarioName() string {
	var s struct{ Name string }
	if json.Unmarshal(r.Scenario, &s) != nil {
		return ""
	}
	return s.Name
}
