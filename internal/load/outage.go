package load

import (
	"fmt"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// outage is a time in which three of four requests fail, or more, or none ends
// after some have failed. It begins where they last succeeded: a server that falls
// silent is seen to fail only when the first requests are given up, and a client
// that lost its connection may let them wait for the next one.
type outage struct {
	least     uint64  // failures that make one
	before    float64 // when it has begun by: a store that served after the schedule's end was only slow
	tally     tally   // at the last look
	since     float64
	failures  uint64 // at that look and since
	announced bool
}

// tally is what has become of the requests that were sent.
type tally struct {
	succeeded, failed uint64
	class             drivers.Class // of the last that failed
}

// An outage is announced when it has gone on for so long, with so many failures
// or one of each worker.
const (
	shortestOutage = 0.5 // seconds
	fewestFailures = 10
)

func newOutage(t timeline) outage {
	return outage{since: t.begin(), before: t.end(), least: uint64(max(1, min(t.peak(), fewestFailures)))}
}

// look takes the tally of now. began and ended tell of an outage that is long
// enough to be told of, and of its end.
func (o *outage) look(now float64, t tally) (began, ended bool) {
	succeeded, failed := t.succeeded-o.tally.succeeded, t.failed-o.tally.failed
	o.tally = t
	if succeeded > 0 && 3*succeeded > failed {
		ended = o.announced
		o.since, o.failures, o.announced = now, failed, false
		return false, ended
	}
	o.failures += failed
	if !o.announced && o.failures >= o.least && o.since < o.before && now-o.since >= shortestOutage {
		o.announced = true
		return true, false
	}
	return false, false
}

// watchOutage notes in the round's events when the store stops serving, and when
// it is back.
func (m *measurement) watchOutage(now float64) {
	was := m.outage.since
	switch began, ended := m.outage.look(now, tallyOf(m.recorders)); {
	case began:
		m.events.add(was, "outage", fmt.Sprintf("requests fail or go unanswered: %s", m.outage.tally.class))
	case ended:
		m.events.add(now, "recovery", fmt.Sprintf("requests succeed again, after %s", lasted(now-was)))
	}
}

// stopped is the outage in which the replay ended, if it did.
func (m *measurement) stopped() error {
	if !m.outage.announced {
		return nil
	}
	return fmt.Errorf("from second %.1f to the end requests failed or went unanswered (%s)", m.outage.since, m.outage.tally.class)
}

func lasted(seconds float64) time.Duration {
	return time.Duration(seconds * 1e9).Round(100 * time.Millisecond)
}

func tallyOf(recorders []*recorder) tally {
	var sum tally
	for _, r := range recorders {
		r.mu.Lock()
		sum.succeeded += r.tally.succeeded
		sum.failed += r.tally.failed
		if r.tally.class != "" {
			sum.class = r.tally.class
		}
		r.mu.Unlock()
	}
	return sum
}
