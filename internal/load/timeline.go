package load

import (
	"math"
	"time"

	"github.com/sessionbench/bench/scenarios"
)

// stretch is a phase laid out in time. Times are in seconds since the measured
// part begins; the warm-up's are negative.
type stretch struct {
	name       string
	start, end float64
	from, to   float64 // operations per second, or workers
	warmup     bool
}

// timeline is the warm-up and the phases, one after the other.
type timeline struct {
	stretches []stretch
	open      bool
}

// newTimeline lays out a scenario: the warm-up runs at what its first phase
// begins with.
func newTimeline(s *scenarios.Scenario) timeline {
	t := timeline{open: s.Open()}
	at := 0.0
	for _, p := range s.Timeline() {
		st := stretch{name: p.Name, start: at, end: at + seconds(p.Duration)}
		if t.open {
			st.from, st.to = float64(p.Rate.From), float64(p.Rate.To)
		} else {
			st.from, st.to = float64(p.Workers.From), float64(p.Workers.To)
		}
		at = st.end
		if len(t.stretches) == 0 && s.Warmup > 0 {
			w := stretch{name: "warm-up", start: -seconds(s.Warmup), from: st.from, to: st.from, warmup: true}
			t.stretches = append(t.stretches, w)
		}
		t.stretches = append(t.stretches, st)
	}
	return t
}

func seconds(d scenarios.Duration) float64 { return time.Duration(d).Seconds() }

// forever is a timeline of the first level alone, that does not end.
func (t timeline) forever() timeline {
	first := t.stretches[0]
	return timeline{open: t.open, stretches: []stretch{{
		name: "slices", end: math.Inf(1), from: first.from, to: first.from,
	}}}
}

// begin and end bound the whole replay; measured is the length of its measured part.
func (t timeline) begin() float64    { return t.stretches[0].start }
func (t timeline) end() float64      { return t.stretches[len(t.stretches)-1].end }
func (t timeline) measured() float64 { return t.end() }

// index finds the stretch that a moment belongs to.
func (t timeline) index(second float64) int {
	for i, s := range t.stretches {
		if second < s.end {
			return i
		}
	}
	return len(t.stretches) - 1
}

// level is the rate, or the number of workers, at a moment.
func (t timeline) level(second float64) float64 {
	s := t.stretches[t.index(second)]
	return s.from + (s.to-s.from)*(second-s.start)/(s.end-s.start)
}

// peak is the highest level.
func (t timeline) peak() float64 {
	peak := 0.0
	for _, s := range t.stretches {
		peak = max(peak, s.from, s.to)
	}
	return peak
}

// due gives the moment by which n operations came due in an open loop; ok is
// false past the end. Within a stretch the rate is linear in time, so that the
// count is quadratic and its root is taken in the form that does not cancel.
func (t timeline) due(n float64) (second float64, ok bool) {
	for _, s := range t.stretches {
		length := s.end - s.start
		if total := (s.from + s.to) / 2 * length; n >= total {
			n -= total
			continue
		}
		slope := (s.to - s.from) / length
		return s.start + 2*n/(s.from+math.Sqrt(s.from*s.from+2*slope*n)), true
	}
	return 0, false
}

// offered is how many operations come due in the measured part.
func (t timeline) offered() float64 {
	total := 0.0
	for _, s := range t.stretches {
		if !s.warmup {
			total += (s.from + s.to) / 2 * (s.end - s.start)
		}
	}
	return total
}
