package scenarios

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Arrival says how operations come due in open loop.
type Arrival string

// The arrivals.
const (
	Uniform Arrival = "uniform" // evenly spaced
	Poisson Arrival = "poisson" // independent users: exponential gaps
)

func (a Arrival) check(field string) error {
	if a != Uniform && a != Poisson {
		return wrong(field, "%s is no arrival: %s", quote(string(a)), arrivalForm)
	}
	return nil
}

// What an open loop has when it was not told.
const (
	DefaultArrival     = Poisson
	DefaultMaxInFlight = 512
)

// Load is closed loop (Workers) or open loop (Rate).
type Load struct {
	Workers     int     `json:"workers,omitempty"`
	Rate        Rate    `json:"rate,omitempty"`
	Arrival     Arrival `json:"arrival,omitempty"`       // open loop
	MaxInFlight int     `json:"max_in_flight,omitempty"` // open loop
}

// Open tells whether the load is open loop.
func (l Load) Open() bool { return l.Rate != 0 }

// Phase is a stretch of time with a load of its own that may climb or fall
// linearly. Either the rates or the workers are set.
type Phase struct {
	Name     string       `json:"name"`
	Rate     RateRange    `json:"rate,omitzero"`
	Workers  WorkersRange `json:"workers,omitzero"`
	Duration Duration     `json:"duration"`
}

func phasesDuration(phases []Phase) Duration {
	var sum Duration
	for _, p := range phases {
		sum += p.Duration
	}
	return sum
}

// RateRange runs from From to To; they are equal when the rate is steady.
type RateRange struct{ From, To Rate }

const rateRangeForm = rateForm + ", or a range such as 500/s..4000/s"

// ParseRateRange reads "2000/s" or "500/s..4000/s".
func ParseRateRange(text string) (RateRange, error) {
	from, to := rangeEnds(text)
	first, err := parseRate(from, rateRangeForm)
	if err != nil {
		return RateRange{}, err
	}
	last, err := parseRate(to, rateRangeForm)
	if err != nil {
		return RateRange{}, err
	}
	return RateRange{first, last}, nil
}

// String is "2000/s", or "500/s..4000/s".
func (r RateRange) String() string {
	if r.From == r.To {
		return r.From.String()
	}
	return r.From.String() + ".." + r.To.String()
}

// MarshalText gives String.
func (r RateRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRateRange reads.
func (r *RateRange) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRateRange(string(text))
	return err
}

// WorkersRange runs from From to To; they are equal when their number is steady.
type WorkersRange struct{ From, To int }

// ParseWorkersRange reads "64" or "16..256".
func ParseWorkersRange(text string) (WorkersRange, error) {
	from, to := rangeEnds(text)
	first, err := parseWhole(from, workersAllowed)
	if err != nil {
		return WorkersRange{}, fmt.Errorf("%w, or a range such as 16..256", err)
	}
	last, err := parseWhole(to, workersAllowed)
	if err != nil {
		return WorkersRange{}, fmt.Errorf("%w, or a range such as 16..256", err)
	}
	return WorkersRange{first, last}, nil
}

// rangeEnds cuts FROM..TO; without dots both are the text.
func rangeEnds(text string) (from, to string) {
	from, to, climbs := strings.Cut(text, "..")
	if !climbs {
		return text, text
	}
	return from, to
}

// String is "64", or "16..256".
func (w WorkersRange) String() string {
	if w.From == w.To {
		return strconv.Itoa(w.From)
	}
	return strconv.Itoa(w.From) + ".." + strconv.Itoa(w.To)
}

// MarshalJSON gives a number, or "16..256".
func (w WorkersRange) MarshalJSON() ([]byte, error) {
	if w.From == w.To {
		return json.Marshal(w.From)
	}
	return json.Marshal(w.String())
}

// UnmarshalJSON reads what MarshalJSON writes.
func (w *WorkersRange) UnmarshalJSON(data []byte) (err error) {
	*w, err = ParseWorkersRange(strings.Trim(string(data), `"`))
	return err
}
