package drivers

import (
	"fmt"
	"strings"
	"time"
)

// Facts are the differences between stores that traffic and reports must know.
type Facts struct {
	// Granularity is what lifetimes are rounded up to: a session may be readable
	// up to this long after it expired. 0 is exact.
	Granularity time.Duration
	// DefaultLifetime is that of a session whose cookie has none; 0 is for ever.
	DefaultLifetime time.Duration
	// TouchMissing says what touch does to a session that is gone.
	TouchMissing TouchMissing
	// TouchRewrites says that touch writes the whole value, not just its expiry.
	TouchRewrites bool
	// TouchLazy says that a touch may leave the lifetime as it was (disabled, or
	// put off as connect-mongo's touchAfter does).
	TouchLazy bool
	// MissDelay is what a get of a missing session costs by design (retries).
	MissDelay time.Duration
	// Connections is the most the client opens; 0 when it has none, -1 when
	// nothing limits them.
	Connections int
	// LastMillisecond says that a session which is set in the very millisecond in
	// which it ends gets the default lifetime.
	LastMillisecond bool
	// NotInIDs has the characters that a session's id can't have.
	NotInIDs string
	// Purge says who frees the storage of expired sessions.
	Purge Purge
	// Notes are further differences, in words. Those named like a figure above
	// (NoteExpiry and the like) give its source, and may say more about it.
	Notes []Note
}

// TouchMissing says what touch does to a session that is gone.
type TouchMissing string

// What touch does to a missing session.
const (
	TouchSilent TouchMissing = "silent"
	TouchFails  TouchMissing = "error"
)

// Purge says who frees the storage of expired sessions, and when.
type Purge struct {
	By     string        // "server", "timer" (the middleware's, run through Pruner), "never"
	Every  time.Duration // 0: at once, or never
	Jitter float64       // 0.5: each wait is Every times 0.5 to 1.5
}

// Note is one difference that matters, with where it is known from.
type Note struct{ Name, Text, Source string }

// The names of the notes on the figures of Facts. Every store has all of them.
const (
	NoteExpiry       = "expiry"
	NoteLifetime     = "lifetime without maxAge"
	NoteTouch        = "touch"
	NoteTouchMissing = "touch of a missing session"
	NoteMiss         = "missing sessions"
	NoteConnections  = "connections"
	NotePurge        = "purge"
)

// Noted are the names of the notes on figures, in the order of Describe.
var Noted = []string{NoteExpiry, NoteLifetime, NoteTouch, NoteTouchMissing, NoteMiss, NoteConnections, NotePurge}

// Describe gives the facts in words: first the figures, each followed by what its
// note adds, then the further notes.
func (f Facts) Describe() []Note {
	figures := map[string]string{
		NoteExpiry:       roundedText(f.Granularity),
		NoteLifetime:     lifetimeText(f.DefaultLifetime),
		NoteTouch:        touchText(f),
		NoteTouchMissing: missingText(f.TouchMissing),
		NoteMiss:         missText(f.MissDelay),
		NoteConnections:  connectionsText(f.Connections),
		NotePurge:        f.Purge.String(),
	}
	var described, further []Note
	added := map[string]Note{}
	for _, n := range f.Notes {
		if figures[n.Name] == "" {
			further = append(further, n)
		} else {
			added[n.Name] = n
		}
	}
	for _, name := range Noted {
		n := Note{name, figures[name], added[name].Source}
		if more := added[name].Text; more != "" {
			n.Text += "; " + more
		}
		described = append(described, n)
	}
	return append(described, further...)
}

func roundedText(granularity time.Duration) string {
	if granularity == 0 {
		return "exact to the millisecond"
	}
	if granularity >= Forever {
		return "never"
	}
	return "up to " + span(granularity) + " late"
}

func lifetimeText(d time.Duration) string {
	if d == 0 {
		return "for ever"
	}
	return span(d)
}

func touchText(f Facts) string {
	switch {
	case f.TouchRewrites:
		return "writes the whole session"
	case f.TouchLazy:
		return "may leave the expiry as it was"
	}
	return "moves the expiry alone"
}

func missingText(m TouchMissing) string {
	if m == TouchFails {
		return "fails"
	}
	return "nothing happens"
}

func missText(delay time.Duration) string {
	if delay == 0 {
		return "a get of one is as quick as any"
	}
	return "a get of one takes " + span(delay)
}

func connectionsText(n int) string {
	switch {
	case n < 0:
		return "no limit"
	case n == 0:
		return "none"
	case n == 1:
		return "one"
	}
	return fmt.Sprintf("at most %d", n)
}

// String says who frees storage, and when.
func (p Purge) String() string {
	switch {
	case p.By == "never":
		return "never"
	case p.Every == 0:
		return "by the server"
	case p.By == "server":
		return "by the server, about every " + span(p.Every)
	case p.Jitter > 0:
		return fmt.Sprintf("by each process, every %s times %g to %g", span(p.Every), 1-p.Jitter, 1+p.Jitter)
	}
	return "by each process, every " + span(p.Every)
}

// span is a duration without the zeros that Duration's String ends in, or in
// days.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Forever is the granularity of a store that never ends a session.
const Forever = 100 * 365 * 24 * time.Hour
