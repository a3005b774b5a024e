package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
)

// part is bench's own in a round, by which to tell whether it, and not the store,
// is what the figures show.
type part struct {
	length     time.Duration         // of the measured part
	processors float64               // that bench may run on
	gomaxprocs float64               // how many of them Go's runtime uses at once, at most
	used       *float64              // of them, by bench; nil: unknown
	idle       *float64              // of them, by nothing; nil: unknown
	inProcess  bool                  // the store's work is in what bench used
	stops      stops                 // of bench by its CPU quota
	kept       int64                 // how late a request was through bench itself, in ns: its 99th percentile; 0 in a closed loop
	pauses     timing                // of bench by its garbage collector
	open       bool                  // requests come due whatever bench does
	times      *results.Distribution // of the requests; nil: none succeeded
}

// saturated says by what bench was the limit, and is empty when it was not.
func (p *part) saturated() string {
	var reasons []string
	for _, reason := range []string{p.byProcessors(), p.byQuota(), p.byPacing(), p.byCollector()} {
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// byProcessors: bench used nearly all that it could, or none was left and bench
// used more of them than the server and everybody else together. A store in this
// process may well use them all: that is what it costs.
func (p *part) byProcessors() string {
	const nearlyAll, half, none = 0.9, 0.5, 0.05
	switch {
	case p.used == nil || p.inProcess:
		return ""
	case *p.used >= nearlyAll*p.gomaxprocs:
		return fmt.Sprintf("bench itself used %.1f of the %.0f processors", *p.used, p.gomaxprocs)
	case p.idle != nil && *p.idle < none*p.processors && *p.used > half*p.processors:
		return fmt.Sprintf("no processor was left, and bench itself used %.1f of the %.0f", *p.used, p.processors)
	}
	return ""
}

// byQuota: from a hundredth of the time on, the 99th percentile is of requests that
// were open while bench stood still.
func (p *part) byQuota() string {
	if p.stops.time <= p.length/100 {
		return ""
	}
	return fmt.Sprintf("the CPU quota of its control group stopped bench in %d periods", p.stops.periods)
}

// byPacing: bench was late with what no store held up. On a quiet machine its
// timers and threads are a tenth of a millisecond late.
func (p *part) byPacing() string {
	const late = 2 * time.Millisecond
	if p.kept <= int64(late) {
		return ""
	}
	return fmt.Sprintf("requests were %.1f ms late (p99) before the store had to do with them", float64(p.kept)/1e6)
}

// byCollector: as many of the requests as a tail has met a pause that is a good part
// of the tail's length. By Little's law, throughput times mean time is how many are
// open when a pause comes; in an open loop those that come due meanwhile meet it too.
func (p *part) byCollector() string {
	if p.times == nil {
		return ""
	}
	for _, tail := range []struct {
		name    string
		share   float64 // of the requests
		length  int64
		matters float64 // part of it
	}{{"p99", .01, p.times.P99, .1}, {"p99.9", .001, p.times.P999, .5}} {
		met := 0.0 // of all requests, times the length of the measured part
		for _, bar := range p.pauses.bars() {
			if float64(bar.To) < tail.matters*float64(tail.length) {
				continue
			}
			met += float64(bar.Count) * p.times.Mean
			if p.open {
				met += float64(bar.Count * bar.To)
			}
		}
		if met > tail.share*float64(p.length) {
			return fmt.Sprintf("the garbage collector's %d pauses of up to %s show in the %s", p.pauses.count(), time.Duration(p.pauses.max).Round(time.Microsecond), tail.name)
		}
	}
	return ""
}
