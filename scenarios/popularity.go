package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Popularity says how often each session is asked for: session i with weight
// 1/(i+1)^Zipf, or all alike when Zipf is 0 ("uniform"). No session gets more
// than a 64th of the requests, as no visitor makes a tenth of a site's.
type Popularity struct {
	Zipf float64 `json:"zipf"`
}

const (
	maxZipf        = 5 // beyond it one session gets nearly every request
	zipfForm       = "a number from 0 to 5"
	popularityForm = "uniform, or zipf with " + zipfForm
)

// ParsePopularity reads the form of a flag: "uniform" or "zipf=1.05".
func ParsePopularity(text string) (Popularity, error) {
	if text == "uniform" {
		return Popularity{}, nil
	}
	exponent, ok := strings.CutPrefix(text, "zipf=")
	if !ok {
		return Popularity{}, fmt.Errorf("%s is no popularity: %s, such as zipf=1.05", quote(text), popularityForm)
	}
	zipf, err := parseNumber(exponent, zipfForm)
	if err != nil {
		return Popularity{}, fmt.Errorf("zipf: %w", err)
	}
	p := Popularity{zipf}
	return p, p.check("")
}

func (p Popularity) check(field string) error {
	if !(p.Zipf >= 0 && p.Zipf <= maxZipf) {
		return wrong(join(field, "zipf"), "%s is out of range: %s", formatNumber(p.Zipf), zipfForm)
	}
	return nil
}

// String is the form of the flag.
func (p Popularity) String() string {
	if p.Zipf == 0 {
		return "uniform"
	}
	return "zipf=" + formatNumber(p.Zipf)
}

// MarshalJSON gives "uniform" or {"zipf": 1.05}.
func (p Popularity) MarshalJSON() ([]byte, error) {
	if p.Zipf == 0 {
		return []byte(`"uniform"`), nil
	}
	return json.Marshal(map[string]float64{"zipf": p.Zipf})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Popularity) UnmarshalJSON(data []byte) error {
	if string(data) == `"uniform"` {
		*p = Popularity{}
		return nil
	}
	var object struct{ Zipf *float64 }
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("popularity: %w", err)
	}
	if object.Zipf == nil {
		return fmt.Errorf("popularity: %s is no popularity: %s", quote(string(data)), popularityForm)
	}
	p.Zipf = *object.Zipf
	return nil
}
