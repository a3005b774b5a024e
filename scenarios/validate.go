package scenarios

import (
	"cmp"
	"fmt"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of a session's JSON text. Below the least, the cookie and the keys
// that each session carries would not fit.
const (
	MinPayload Bytes = 256
	MaxPayload Bytes = 16 << 20
)

// The most that the counts may be.
const (
	MaxSessions = 50_000_000
	MaxWorkers  = 1_000_000
	MaxInFlight = 1_000_000
)

// The bounds of the other fields.
const (
	minRate        = Rate(1) / 3600 // 1/h
	maxRate        = Rate(10e6)
	minDuration    = Duration(time.Millisecond) // cookies count in milliseconds
	maxDuration    = Duration(30 * 24 * time.Hour)
	maxPhases      = 100
	maxDescription = 200
)

var (
	sessionsAllowed   = wholeRange{1, MaxSessions}
	workersAllowed    = wholeRange{1, MaxWorkers}
	inFlightAllowed   = wholeRange{1, MaxInFlight}
	loginSavesAllowed = wholeRange{1, 2}
	nameSyntax        = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

const (
	nameForm        = "1 to 64 letters, digits, dots, dashes or underscores, with a letter or digit first"
	descriptionForm = "one line of at most 200 characters"
	payloadForm     = "a size from 256B to 16MiB"
	phasesForm      = "a list of 1 to 100 phases, such as [{name: calm, rate: 500/s, duration: 10s}]"
	overlapForm     = "a percentage from 0 to 100, without %"
	arrivalForm     = "uniform or poisson"
	rateRangeBounds = "a rate from 1/h to 10000000/s"
	timeBounds      = "a duration from 1ms to 720h"
)

// Validate tells what is wrong with a scenario, naming the field as a file spells
// it, and what is allowed. It returns the first mistake, or nil.
func (s *Scenario) Validate() error {
	return cmp.Or(
		s.checkNames(),
		sessionsAllowed.check("sessions", s.Sessions),
		s.Payload.check("payload"),
		checkTime("ttl", s.TTL, true),
		s.Popularity.check("popularity"),
		s.Mix.check("mix"),
		checkTime("expire_after", s.ExpireAfter, false),
		s.checkOverlap(),
		s.checkLoad(),
		s.checkPhases(),
		loginSavesAllowed.check("middleware.login_saves", s.Middleware.LoginSaves),
		checkTime("warmup", s.Warmup, true),
		s.checkDuration(),
		s.Objectives.check("objectives"),
	)
}

func (s *Scenario) checkNames() error {
	if err := checkName("name", s.Name); err != nil {
		return err
	}
	printable := utf8.ValidString(s.Description)
	for _, r := range s.Description {
		printable = printable && unicode.IsGraphic(r)
	}
	if !printable || utf8.RuneCountInString(s.Description) > maxDescription {
		return wrong("description", "%s does not fit a list: %s", quote(s.Description), descriptionForm)
	}
	return nil
}

func checkName(field, name string) error {
	switch {
	case name == "":
		return wrong(field, "is missing: %s", nameForm)
	case !nameSyntax.MatchString(name):
		return wrong(field, "%s is no name: %s", quote(name), nameForm)
	}
	return nil
}

func (p Payload) check(field string) error {
	switch {
	case p.Median == 0:
		return wrong(join(field, "median"), "is missing: %s", payloadForm)
	case p.Median < MinPayload:
		return wrong(join(field, "median"), "%s is less than a session's JSON needs: %s", p.Median, payloadForm)
	case p.Median > MaxPayload:
		return wrong(join(field, "median"), "%s is too large: %s", p.Median, payloadForm)
	case p.P99 != 0 && p.P99 < p.Median:
		return wrong(join(field, "p99"), "%s is less than the median, %s: a size from there to %s, or no p99 for one size", p.P99, p.Median, MaxPayload)
	case p.P99 > MaxPayload:
		return wrong(join(field, "p99"), "%s is too large: %s", p.P99, payloadForm)
	}
	return nil
}

func checkTime(field string, d Duration, orNone bool) error {
	allowed := timeBounds
	if orNone {
		allowed += ", or none"
	}
	switch {
	case d == 0 && orNone:
		return nil
	case d == 0:
		return wrong(field, "is missing or 0: %s", allowed)
	case d < minDuration || d > maxDuration:
		return wrong(field, "%s is out of range: %s", d, allowed)
	}
	return nil
}

func (s *Scenario) checkOverlap() error {
	if !(s.Overlap >= 0 && s.Overlap <= 100) {
		return wrong("overlap", "%s is out of range: %s", formatNumber(s.Overlap), overlapForm)
	}
	return nil
}

// checkLoad checks the load of a scenario without phases, and with phases that
// load has nothing that they have.
func (s *Scenario) checkLoad() error {
	l := s.Load
	switch {
	case len(s.Phases) > 0 && l.Workers != 0:
		return wrong("load.workers", "%d beside phases, which have their own: give one of the two", l.Workers)
	case len(s.Phases) > 0 && l.Rate != 0:
		return wrong("load.rate", "%s beside phases, which have their own: give one of the two", l.Rate)
	case len(s.Phases) == 0:
		if err := checkEither("load", RateRange{l.Rate, l.Rate}, WorkersRange{l.Workers, l.Workers}); err != nil {
			return err
		}
	}
	if s.Open() {
		return checkOpenLoop(l)
	}
	switch {
	case l.Arrival != "":
		return wrong("load.arrival", "%s in a closed loop, where the answers pace the workers: only with rate", l.Arrival)
	case l.MaxInFlight != 0:
		return wrong("load.max_in_flight", "%d in a closed loop, where workers bound it: only with rate", l.MaxInFlight)
	}
	return nil
}

func checkOpenLoop(l Load) error {
	if err := l.Arrival.check("load.arrival"); err != nil {
		return err
	}
	return inFlightAllowed.check("load.max_in_flight", l.MaxInFlight)
}

// checkEither checks that there are rates or workers, not both, and in range.
func checkEither(field string, rates RateRange, workers WorkersRange) error {
	open, closed := rates != RateRange{}, workers != WorkersRange{}
	switch {
	case open && closed:
		return wrong(join(field, "rate"), "%s beside workers %s: one of rate (open loop) and workers (closed loop)", rates, workers)
	case !open && !closed:
		return wrong(field, "has neither rate nor workers: one of rate (open loop) and workers (closed loop)")
	case open:
		for _, r := range []Rate{rates.From, rates.To} {
			if !(r >= minRate && r <= maxRate) {
				return wrong(join(field, "rate"), "%s is out of range: %s", r, rateRangeBounds)
			}
		}
		return nil
	}
	return cmp.Or(
		workersAllowed.check(join(field, "workers"), workers.From),
		workersAllowed.check(join(field, "workers"), workers.To),
	)
}

func (s *Scenario) checkPhases() error {
	if len(s.Phases) > maxPhases {
		return wrong("phases", "%d items in the list: %s", len(s.Phases), phasesForm)
	}
	names := map[string]bool{}
	for i, p := range s.Phases {
		field := fmt.Sprintf("phases[%d]", i)
		err := cmp.Or(
			checkName(join(field, "name"), p.Name),
			checkEither(field, p.Rate, p.Workers),
			checkTime(join(field, "duration"), p.Duration, false),
		)
		if err != nil {
			return err
		}
		if names[p.Name] {
			return wrong(join(field, "name"), "%s is the name of an earlier phase: each needs its own", quote(p.Name))
		}
		names[p.Name] = true
		if open := p.Rate != (RateRange{}); open != s.Open() {
			return wrong(field, "one phase has a rate, another workers: all with a rate (open loop), or all with workers (closed loop)")
		}
	}
	return nil
}

func (s *Scenario) checkDuration() error {
	sum := phasesDuration(s.Phases)
	switch {
	case len(s.Phases) == 0:
		return checkTime("duration", s.Duration, false)
	case sum > maxDuration:
		return wrong("phases", "they last %s together: at most %s in all", sum, maxDuration)
	case sum != s.Duration:
		return wrong("duration", "%s, but the phases last %s together: leave it out, or give their sum", s.Duration, sum)
	}
	return nil
}
