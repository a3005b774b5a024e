package scenarios

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseTakesMissingKeysFromWeb(t *testing.T) {
	t.Parallel()
	s, err := Parse("some/where/mine.yaml", []byte("sessions: 10000\n"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Find("web")
	if err != nil {
		t.Fatal(err)
	}
	want.Name, want.Description = "mine", ""
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

func TestParseDocumentsItsDefaults(t *testing.T) {
	t.Parallel()
	s := defaults()
	s.Name = "x"
	text, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	// The same lines as in the doc comment of Parse, but for the order of the mix.
	want := `name: x
sessions: 10000
payload: {median: 600B, p99: 4KiB}
ttl: 30m
popularity: {zipf: 1.05}
mix: {login: 4, read: 78, write: 12, logout: 2, expire: 2, anonymous: 2}
expire_after: 1s
overlap: 0
load: {workers: 64}
middleware: {login_saves: 2, resave: false, touch: true}
warmup: 3s
duration: 20s
objectives: {p99: 20ms, errors: 0.1%, lost: 0}
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestParseReadsEveryForm(t *testing.T) {
	t.Parallel()
	second := Duration(time.Second)
	for _, c := range []struct {
		text string
		want func(*Scenario) // changes the defaults
	}{
		{"ttl: none", func(s *Scenario) { s.TTL = 0 }},
		{`ttl: "1500ms"`, func(s *Scenario) { s.TTL = second * 3 / 2 }},
		{"warmup: none", func(s *Scenario) { s.Warmup = 0 }},
		{"warmup: 0s", func(s *Scenario) { s.Warmup = 0 }},
		{"popularity: uniform", func(s *Scenario) { s.Popularity = Popularity{} }},
		{"popularity: {zipf: 0}", func(s *Scenario) { s.Popularity = Popularity{} }},
		{"payload: {median: 2kB}", func(s *Scenario) { s.Payload = Payload{Median: 2000} }},
		{"payload: {median: 1.5KiB, p99: 16MiB}", func(s *Scenario) { s.Payload = Payload{1536, 16 << 20} }},
		{"mix: {read: 1e1, write: 0.5, login: 0}", func(s *Scenario) { s.Mix = Mix{Read: 10, Write: 0.5} }},
		{"overlap: 12.5", func(s *Scenario) { s.Overlap = 12.5 }},
		{"middleware: {touch: false}", func(s *Scenario) { s.Middleware.Touch = false }},
		{"objectives: {}", func(s *Scenario) { s.Objectives = nil }},
		{"objectives: {lost: 0, p50: 1ms}", func(s *Scenario) { s.Objectives = Objectives{{"lost", "0"}, {"p50", "1ms"}} }},
		{"load: {rate: 120000/m}", func(s *Scenario) { s.Load = Load{Rate: 2000, Arrival: Poisson, MaxInFlight: 512} }},
		{"load: {rate: 36/h, arrival: uniform, max_in_flight: 7}", func(s *Scenario) {
			s.Load = Load{Rate: 0.01, Arrival: Uniform, MaxInFlight: 7}
		}},
		{"phases: [{name: a, workers: 4..8, duration: 1s}, {name: b, workers: 8, duration: 2s}]", func(s *Scenario) {
			s.Load, s.Duration = Load{}, 3*second
			s.Phases = []Phase{
				{Name: "a", Workers: WorkersRange{4, 8}, Duration: second},
				{Name: "b", Workers: WorkersRange{8, 8}, Duration: 2 * second},
			}
		}},
		{"load: {max_in_flight: 9}\nduration: 1s\nphases: [{name: a, rate: 5/s..6/s, duration: 1s}]", func(s *Scenario) {
			s.Load, s.Duration = Load{Arrival: Poisson, MaxInFlight: 9}, second
			s.Phases = []Phase{{Name: "a", Rate: RateRange{5, 6}, Duration: second}}
		}},
		{"description: >-\n  two\n  lines", func(s *Scenario) { s.Description = "two lines" }},
		{"\ufeffname: x # a byte order mark before it\r\n", func(*Scenario) {}},
	} {
		want := defaults()
		want.Name = "x"
		c.want(want)
		got, err := Parse("x.yaml", []byte(c.text))
		if err != nil {
			t.Errorf("Parse(%q): %v", c.text, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q)\n got %+v\nwant %+v", c.text, got, want)
		}
	}
}

func TestParseNeedsANameWhereTheFileHasNone(t *testing.T) {
	t.Parallel()
	_, err := Parse("my traffic.yaml", []byte("# a comment\nsessions: 5\n"))
	want := `my traffic.yaml:2:1: name: "my traffic" is no name: ` + nameForm
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestMessagesStayOnOneShortLine(t *testing.T) {
	t.Parallel()
	_, err := Parse("f.yaml", []byte(`ttl: "`+strings.Repeat(`\n`, 5000)+`"`))
	if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
		t.Errorf("got %v", err)
	}
}
