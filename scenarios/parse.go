package scenarios

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// defaults returns what a file's missing keys are taken from: the values of the
// built-in scenario "web", without its name and description.
func defaults() *Scenario {
	return &Scenario{
		Sessions:    10000,
		Payload:     Payload{Median: 600, P99: 4 << 10},
		TTL:         Duration(30 * time.Minute),
		Popularity:  Popularity{Zipf: 1.05},
		Mix:         Mix{Read: 78, Write: 12, Login: 4, Logout: 2, Expire: 2, Anonymous: 2},
		ExpireAfter: Duration(time.Second),
		Load:        Load{Workers: 64},
		Middleware:  Middleware{LoginSaves: 2, Touch: true},
		Warmup:      Duration(3 * time.Second),
		Duration:    Duration(20 * time.Second),
		Objectives:  Objectives{{"p99", "20ms"}, {"errors", "0.1%"}, {"lost", "0"}},
	}
}

// Parse reads a scenario file; name is the file's name, for messages. Every
// error is an *Error.
//
// A missing key has the value that it has in the built-in scenario "web":
//
//	sessions: 10000
//	payload: {median: 600B, p99: 4KiB}
//	ttl: 30m
//	popularity: {zipf: 1.05}
//	mix: {read: 78, write: 12, login: 4, logout: 2, expire: 2, anonymous: 2}
//	expire_after: 1s
//	overlap: 0
//	load: {workers: 64}
//	middleware: {login_saves: 2, resave: false, touch: true}
//	warmup: 3s
//	duration: 20s
//	objectives: {p99: 20ms, errors: 0.1%, lost: 0}
//
// The name is the file's without its folder and suffix, and the description is
// empty. In an open loop arrival is poisson and max_in_flight 512. With phases,
// duration is their sum, and load has at most arrival and max_in_flight.
//
// Of middleware, each key has its own default. payload, mix, load and objectives
// are taken whole: an operation that a mix does not name has no weight, a payload
// without p99 always has the median's size, and "objectives: {}" is none.
func Parse(name string, text []byte) (*Scenario, error) {
	doc := &document{file: name, text: string(text), at: map[string]position{}}
	root, err := doc.open()
	if err != nil {
		return nil, err
	}
	s := defaults()
	base := filepath.Base(name)
	s.Name = strings.TrimSuffix(base, filepath.Ext(base))
	if err := root.mapping(s.fields(), misplaced); err != nil {
		return nil, err
	}
	s.complete(doc)
	if err := s.Validate(); err != nil {
		return nil, doc.locate(err)
	}
	return s, nil
}

// complete fills in the defaults that depend on what was given.
func (s *Scenario) complete(doc *document) {
	given := func(path string) bool { _, ok := doc.at[path]; return ok }
	if len(s.Phases) > 0 {
		if !given("load") {
			s.Load = Load{}
		}
		if !given("duration") {
			s.Duration = phasesDuration(s.Phases)
		}
	}
	if s.Open() {
		s.fillOpenLoop()
	}
}

// misplaced says where keys belong that are easily written at the top.
var misplaced = map[string]string{
	"workers": "load", "rate": "load", "arrival": "load", "max_in_flight": "load",
	"login_saves": "middleware", "resave": "middleware", "touch": "middleware",
	"median": "payload", "zipf": "popularity",
}

// fields are the keys of a scenario file, in the order in which YAML writes them.
func (s *Scenario) fields() []field {
	return []field{
		{"name", textInto(&s.Name, nameForm)},
		{"description", textInto(&s.Description, descriptionForm)},
		{"sessions", wholeInto(&s.Sessions, sessionsAllowed)},
		{"payload", s.Payload.read},
		{"ttl", unitInto(&s.TTL, ttlForm, ParseTTL)},
		{"popularity", s.Popularity.read},
		{"mix", s.Mix.read},
		{"expire_after", unitInto(&s.ExpireAfter, durationForm, ParseTime)},
		{"overlap", numberInto(&s.Overlap, overlapForm)},
		{"load", s.Load.read},
		{"phases", s.readPhases},
		{"middleware", s.Middleware.read},
		{"warmup", unitInto(&s.Warmup, durationForm, ParseDuration)},
		{"duration", unitInto(&s.Duration, durationForm, ParseTime)},
		{"objectives", s.Objectives.read},
	}
}

func (p *Payload) read(v value) error {
	*p = Payload{}
	return v.mapping([]field{
		{"median", unitInto(&p.Median, bytesForm, ParseBytes)},
		{"p99", unitInto(&p.P99, bytesForm, ParseBytes)},
	}, nil)
}

func (p *Popularity) read(v value) error {
	if _, ok := v.node.(ast.MapNode); !ok {
		text, _, err := v.scalar(popularityForm)
		if err == nil && text != "uniform" {
			err = v.wrong("%s is no popularity: uniform, or {zipf: 1.05}", quote(text))
		}
		*p = Popularity{}
		return err
	}
	given := false
	err := v.mapping([]field{{"zipf", func(v value) error {
		given = true
		return numberInto(&p.Zipf, zipfForm)(v)
	}}}, nil)
	if err == nil && !given {
		return v.wrong("the mapping is empty: uniform, or {zipf: 1.05}")
	}
	return err
}

func (m *Mix) read(v value) error {
	*m = Mix{}
	fields := make([]field, NumKinds)
	for i, name := range kindNames {
		fields[i] = field{name, numberInto(&m[i], weightForm)}
	}
	return v.mapping(fields, nil)
}

func parseArrival(text string) (Arrival, error) {
	a := Arrival(text)
	return a, a.check("")
}

func (l *Load) read(v value) error {
	*l = Load{}
	return v.mapping([]field{
		{"workers", wholeInto(&l.Workers, workersAllowed)},
		{"rate", unitInto(&l.Rate, rateForm, ParseRate)},
		{"arrival", unitInto(&l.Arrival, arrivalForm, parseArrival)},
		{"max_in_flight", wholeInto(&l.MaxInFlight, inFlightAllowed)},
	}, nil)
}

func (s *Scenario) readPhases(v value) error {
	return v.list(maxPhases, phasesForm, func(v value) error {
		var p Phase
		err := v.mapping([]field{
			{"name", textInto(&p.Name, nameForm)},
			{"rate", unitInto(&p.Rate, rateRangeForm, ParseRateRange)},
			{"workers", unitInto(&p.Workers, workersAllowed.String(), ParseWorkersRange)},
			{"duration", unitInto(&p.Duration, durationForm, ParseTime)},
		}, nil)
		s.Phases = append(s.Phases, p)
		return err
	})
}

func (m *Middleware) read(v value) error {
	return v.mapping([]field{
		{"login_saves", wholeInto(&m.LoginSaves, loginSavesAllowed)},
		{"resave", boolInto(&m.Resave)},
		{"touch", boolInto(&m.Touch)},
	}, nil)
}

func (os *Objectives) read(v value) error {
	*os = nil
	fields := make([]field, len(Metrics))
	for i, metric := range Metrics {
		fields[i] = field{metric, func(v value) error {
			limit, _, err := v.scalar("a limit such as 20ms, 0.1% or 0")
			*os = append(*os, Objective{metric, limit})
			return err
		}}
	}
	return v.mapping(fields, nil)
}
