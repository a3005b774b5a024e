package report

import (
	"fmt"
	"strings"

	"github.com/sessionbench/bench/results"
)

// eventsInWords says of each event of a kind what it was. The events from it on are
// given to say, and in which round it was, by the form, where there are several.
func eventsInWords(r *results.Result, kind, form string, say func(events []results.Event, round string) string) (said []string) {
	for _, round := range r.Rounds {
		where := ""
		if len(r.Rounds) > 1 {
			where = fmt.Sprintf(form, round.Index+1)
		}
		for i, e := range round.Events {
			if e.Kind == kind {
				said = append(said, say(round.Events[i:], where))
			}
		}
	}
	return said
}

// outagesInWords says when the store did not serve, and how requests failed then.
func outagesInWords(r *results.Result) string {
	spells := eventsInWords(r, "outage", " of round %d", func(events []results.Event, round string) string {
		_, class, _ := strings.Cut(events[0].Text, ": ")
		return fmt.Sprintf("from second %.1f to %s%s (%s)", events[0].Second, recovery(events), round, inWords(class))
	})
	if len(spells) == 0 {
		return ""
	}
	return "requests failed or went unanswered " + theFirst(spells)
}

// theFirst lists the first few of what happened, and says how many there were more.
func theFirst(all []string) string {
	const shown = 3
	text := strings.Join(all[:min(shown, len(all))], ", ")
	if more := len(all) - shown; more > 0 {
		text += fmt.Sprintf(", and %d times more", more)
	}
	return text
}

// overloadsInWords says in which phases the store took less than was offered, though
// it caught up afterwards: what the response times of such a phase mean.
func overloadsInWords(r *results.Result) string {
	phases := eventsInWords(r, "overload", " (round %d)", func(events []results.Event, round string) string {
		return events[0].Text + round
	})
	if len(phases) == 0 {
		return ""
	}
	return theFirst(phases) + ": the response times grow with the length of the phase"
}

// recovery is when the outage that the events begin with was over.
func recovery(events []results.Event) string {
	for _, e := range events {
		if e.Kind == "recovery" {
			return fmt.Sprintf("%.1f", e.Second)
		}
	}
	return "the end"
}

func inWords(class string) string { return strings.ReplaceAll(class, "_", " ") }

// clockInWords says when the wall clock jumped.
func clockInWords(r *results.Result) string {
	for _, round := range r.Rounds {
		for _, e := range round.Events {
			if e.Kind == "clock" {
				return fmt.Sprintf("at second %.1f %s", e.Second, e.Text)
			}
		}
	}
	return ""
}
