package load

import (
	"fmt"

	"github.com/sessionbench/bench/results"
)

// Whether a store takes what it is offered shows in the requests that are open:
// those that came due and have no answer, be it that they wait to be sent, in the
// driver for a connection, or in the server. How many of them max_in_flight lets
// out of the queue makes no difference to that.
//
// Many open requests make no overload: a slow store has as many as come due while
// it answers one. Nor does a stall, after which they are as few as before. In an
// overload they grow in number for as long as it lasts, and so do the response
// times. Their least number in a quarter of a stretch tells these apart, as a
// moment's would not: what is shorter than a quarter does not show in it.

// reading is what had become of the requests at a moment.
type reading struct {
	at            int64  // by the clock
	due, finished uint64 // so far
	least         uint64 // the fewest that were open since the reading before
}

// course has a reading at the end of each quarter of each stretch: when the first
// request after it is handed over, which on a busy machine is later.
type course struct {
	begin    int64
	ends     []int64 // of the quarters, by the clock
	readings []reading
}

const quarters = 4

func newCourse(t timeline, moment func(second float64) int64) *course {
	c := &course{begin: moment(t.begin())}
	for _, s := range t.stretches {
		for q := range quarters {
			c.ends = append(c.ends, moment(s.start+(s.end-s.start)*float64(q+1)/quarters))
		}
	}
	return c
}

// reach takes the readings that are due at a moment of the schedule.
func (c *course) reach(moment, now int64, q *queue) {
	for len(c.readings) < len(c.ends) && moment >= c.ends[len(c.readings)] {
		taken := q.read()
		taken.at = now
		c.readings = append(c.readings, taken)
	}
}

// quarter is one quarter's share of the course, at being how long it took; ok is
// false when the run was over before it was.
func (c *course) quarter(stretch, q int) (part reading, ok bool) {
	i := quarters*stretch + q
	if i >= len(c.readings) {
		return reading{}, false
	}
	before := reading{at: c.begin}
	if i > 0 {
		before = c.readings[i-1]
	}
	part = c.readings[i]
	part.at -= before.at
	part.due -= before.due
	part.finished -= before.finished
	return part, true
}

// overload is a stretch in which the store took less than it was offered.
type overload struct {
	stretch
	took, offered float64 // operations per second
	caughtUp      bool    // later in the run
}

// The open requests have grown when at the end there are more of them, by this
// share of what came due and by so many at least, than a quarter of the stretch
// before. In a shorter stretch a quarter is no longer than a machine may stand still.
const (
	overloadShare    = 0.02
	overloadLeast    = 10
	overloadShortest = 1.0 // seconds
)

func grown(from, to, due float64) bool { return to-from > max(overloadLeast, overloadShare*due) }

// overloads finds the measured stretches that were. A stretch whose rate climbs has
// more requests open with each quarter by its rate alone.
func (c *course) overloads(t timeline) []overload {
	var found []overload
	least := 0.0 // open before the first one that it has not caught up with
	for i, s := range t.stretches {
		var parts [quarters]reading
		finished, took := 0.0, 0.0
		for q := range parts {
			var ok bool
			if parts[q], ok = c.quarter(i, q); !ok {
				return found
			}
			finished += float64(parts[q].finished)
			took += float64(parts[q].at) / 1e9
			if !grown(least, float64(parts[q].least), float64(parts[q].due)) {
				for n := range found {
					found[n].caughtUp = true
				}
			}
		}
		before, last := parts[quarters-2], parts[quarters-1]
		climbed := float64(last.due) / max(1, float64(before.due))
		if !s.warmup && s.end-s.start >= overloadShortest && grown(float64(before.least)*climbed, float64(last.least), float64(last.due)) {
			if n := len(found); n == 0 || found[n-1].caughtUp {
				least = float64(parts[0].least)
			}
			found = append(found, overload{
				stretch: s, took: finished / max(took, s.end-s.start), offered: (s.from + s.to) / 2,
			})
		}
	}
	return found
}

func (o *overload) String() string {
	return fmt.Sprintf("the store took %.0f of %.0f operations/s offered", o.took, o.offered)
}

// judgeOverload says in the figures whether the store took what it was offered. A
// phase after which it caught up is told of in the events: its response times are
// those of a phase of that length, and do not grow with the run.
func (m *measurement) judgeOverload(l *results.Load) {
	for _, o := range m.course.overloads(m.timeline) {
		o.offered *= m.plan.portion()
		text := o.String()
		if len(m.scenario.Phases) > 0 {
			text = fmt.Sprintf("in phase %s %s", o.name, text)
		}
		if o.caughtUp {
			m.events.add(o.start, "overload", text+", and caught up later")
			continue
		}
		if o.end < m.timeline.end() {
			text += ", and had not caught up by the end"
		}
		l.Overloaded, l.OverloadedReason = true, text
	}
}
