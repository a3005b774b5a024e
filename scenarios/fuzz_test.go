package scenarios

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse holds Parse to its promises for any input: it does not panic, an
// error has a position inside the text, and a scenario is valid and is the same
// again after printing and reading, as YAML and as JSON.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	seeds, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata/valid: %v", err)
	}
	for _, path := range seeds {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, m := range mistakes {
		f.Add([]byte(m.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("fuzz.yaml", text)
		if err != nil {
			checkPosition(t, text, err)
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("Parse returned a scenario that is not valid: %v", err)
		}
		checkRoundTrips(t, s)
	})
}

func checkPosition(t *testing.T, text []byte, err error) {
	t.Helper()
	var mistake *Error
	if !errors.As(err, &mistake) {
		t.Fatalf("error %q is a %T, want an *Error", err, err)
	}
	lines := splitLines(string(text))
	if mistake.Line < 1 || mistake.Line > len(lines) {
		t.Fatalf("error %q is outside the %d lines of the file", err, len(lines))
	}
	if line := lines[mistake.Line-1]; mistake.Column < 1 || mistake.Column > utf8.RuneCountInString(line)+1 {
		t.Errorf("error %q is outside its line, %q", err, line)
	}
	if mistake.File != "fuzz.yaml" || mistake.Msg == "" || strings.ContainsAny(mistake.Msg, "\n\r\x00") {
		t.Errorf("error %q does not name the file and say what is wrong on one line", err)
	}
}

// checkRoundTrips prints s and reads it again, as YAML and as JSON.
func checkRoundTrips(t *testing.T, s *Scenario) {
	t.Helper()
	text, err := s.YAML()
	if err != nil {
		t.Fatalf("YAML: %v", err)
	}
	again, err := Parse("again.yaml", text)
	if err != nil {
		t.Fatalf("reading what YAML printed: %v\n%s", err, text)
	}
	if !reflect.DeepEqual(again, s) {
		t.Errorf("YAML changed the scenario:\n got %+v\nwant %+v\n%s", again, s, text)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("json.Marshal: %v", err)
	}
	var fromJSON Scenario
	if err := json.Unmarshal(data, &fromJSON); err != nil {
		t.Fatalf("json.Unmarshal: %v\n%s", err, data)
	}
	if !reflect.DeepEqual(&fromJSON, s) {
		t.Errorf("JSON changed the scenario:\n got %+v\nwant %+v\n%s", &fromJSON, s, data)
	}
}
