package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// YAML prints the scenario as a file that Parse reads as the same scenario. The
// error is Validate's: an invalid scenario has no such file.
func (s *Scenario) YAML() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("print scenario %s: %w", quote(s.Name), err)
	}
	var out bytes.Buffer
	line := func(key, text string) { fmt.Fprintf(&out, "%s: %s\n", key, text) }
	line("name", yamlText(s.Name))
	if s.Description != "" {
		line("description", yamlText(s.Description))
	}
	line("sessions", fmt.Sprint(s.Sessions))
	line("payload", s.Payload.flow())
	line("ttl", s.TTL.String())
	line("popularity", s.Popularity.flow())
	line("mix", s.Mix.flow())
	line("expire_after", s.ExpireAfter.String())
	line("overlap", formatNumber(s.Overlap))
	if s.Load != (Load{}) {
		line("load", s.Load.flow())
	}
	if len(s.Phases) > 0 {
		out.WriteString("phases:\n")
	}
	for _, p := range s.Phases {
		fmt.Fprintf(&out, "  - %s\n", p.flow())
	}
	line("middleware", s.Middleware.flow())
	line("warmup", s.Warmup.String())
	line("duration", s.Duration.String())
	line("objectives", s.Objectives.flow())
	return out.Bytes(), nil
}

// flowMapping collects the pairs of {key: value, …}.
type flowMapping []string

func (m *flowMapping) add(key, text string) { *m = append(*m, key+": "+text) }

func (m flowMapping) String() string { return "{" + strings.Join(m, ", ") + "}" }

func (p Payload) flow() string {
	m := flowMapping{}
	m.add("median", p.Median.String())
	if p.P99 != 0 {
		m.add("p99", p.P99.String())
	}
	return m.String()
}

func (p Popularity) flow() string {
	if p.Zipf == 0 {
		return "uniform"
	}
	return "{zipf: " + formatNumber(p.Zipf) + "}"
}

func (m Mix) flow() string {
	var out flowMapping
	for k, weight := range m {
		if weight != 0 {
			out.add(kindNames[k], formatNumber(weight))
		}
	}
	return out.String()
}

func (l Load) flow() string {
	var m flowMapping
	if l.Workers != 0 {
		m.add("workers", fmt.Sprint(l.Workers))
	}
	if l.Rate != 0 {
		m.add("rate", l.Rate.String())
	}
	if l.Arrival != "" {
		m.add("arrival", string(l.Arrival))
	}
	if l.MaxInFlight != 0 {
		m.add("max_in_flight", fmt.Sprint(l.MaxInFlight))
	}
	return m.String()
}

func (p Phase) flow() string {
	var m flowMapping
	m.add("name", yamlText(p.Name))
	if p.Rate != (RateRange{}) {
		m.add("rate", p.Rate.String())
	} else {
		m.add("workers", p.Workers.String())
	}
	m.add("duration", p.Duration.String())
	return m.String()
}

func (w Middleware) flow() string {
	return fmt.Sprintf("{login_saves: %d, resave: %t, touch: %t}", w.LoginSaves, w.Resave, w.Touch)
}

func (os Objectives) flow() string {
	var m flowMapping
	for _, o := range os {
		m.add(o.Metric, o.Limit)
	}
	return m.String()
}

// plainText is text that every YAML reader takes as text without quotes: one
// word that is no truth value or null, or several words, without punctuation
// that YAML knows.
var (
	plainText  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9./()'-]*([,;]? [A-Za-z0-9./()'-]+)*$`)
	otherWords = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|y|n|null)$`)
)

func yamlText(text string) string {
	if plainText.MatchString(text) && !otherWords.MatchString(text) {
		return text
	}
	// A JSON string is a YAML double-quoted one.
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic("scenarios: a string without JSON: " + err.Error()) // there is none
	}
	return strings.TrimSpace(out.String())
}
