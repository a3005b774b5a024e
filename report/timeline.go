package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/sessionbench/bench/results"
)

// timeline is what happened to a target over time: its rounds one after the other on
// one axis, each with its warm-up. Times are in seconds from the axis's beginning.
type timeline struct {
	rounds  []stretch
	moments []moment
	marks   []mark
	length  float64
	// together is how many rows a moment is of, and left how many rounds are left out.
	together, left int
}

// stretch is one round on the axis: its measured part begins at zero.
type stretch struct {
	number           int     // from 1
	begin, zero, end float64 // on the axis
	measured         float64 // how long its measured part is; after it comes what was still open
}

// moment is one row of a series, or several together. Times are in nanoseconds; NaN
// is what there is not.
type moment struct {
	at             float64 // the middle, on the axis
	round, second  int     // the round, and when it begins in that: before 0 in warm-up
	seconds        int
	perSecond      float64 // successes
	errors         uint64
	p50, p99, most float64
	client, server float64 // open file descriptors
	stored         float64 // bytes, when they were last read
	dead, expired  float64 // rows and sessions, likewise
	warmup, drain  bool    // before the measured part, or after it
}

// mark is something that happened, or an outage from one time to another.
type mark struct {
	at, until float64 // on the axis; until is at, but of an outage
	kind      string
	round     int
	second    float64 // in the round
	text      string
}

// The most that a picture shows.
const (
	mostMoments = 200
	mostRounds  = 12
)

// timelineOf lays a result's rounds out. A long one's rows are put together: of the
// medians the middle one, of the rest the worst.
func timelineOf(r *results.Result) timeline {
	t := timeline{left: max(0, len(r.Rounds)-mostRounds)}
	rounds := r.Rounds[:len(r.Rounds)-t.left]
	rows := 0
	for _, round := range rounds {
		rows += len(round.Series)
	}
	t.together = max(1, (rows+mostMoments-1)/mostMoments)
	for i := range rounds {
		t.add(&rounds[i])
	}
	return t
}

func (t *timeline) add(r *results.Round) {
	s := stretch{number: r.Index + 1, begin: t.length}
	first := -max(0, r.WarmupSecs)
	s.measured = max(0, r.DurationSeconds)
	last := s.measured
	for _, row := range r.Series {
		first = min(first, float64(row.Second))
		last = max(last, float64(row.Second+length(row)))
	}
	s.zero, s.end = s.begin-first, s.begin-first+last
	t.length = s.end
	t.rounds = append(t.rounds, s)
	for from := 0; from < len(r.Series); {
		to := from + 1
		for to < min(from+t.together, len(r.Series)) && s.part(r.Series[to].Second) == s.part(r.Series[from].Second) {
			to++
		}
		m := momentOf(r.Series[from:to])
		m.round, m.drain = s.number, float64(m.second) >= s.measured
		m.at = s.zero + float64(m.second) + float64(m.seconds)/2
		t.moments = append(t.moments, m)
		from = to
	}
	for i, e := range r.Events {
		m := mark{at: s.within(e.Second), kind: e.Kind, round: s.number, second: e.Second, text: e.Text}
		m.until = m.at
		if e.Kind == "outage" {
			m.until = s.end
			for _, later := range r.Events[i:] {
				if later.Kind == "recovery" {
					m.until = s.within(later.Second)
					break
				}
			}
		}
		t.marks = append(t.marks, m)
	}
}

// part is -1 for a second of the warm-up, 1 for one after the measured part, else 0.
func (s stretch) part(second int) int {
	switch {
	case second < 0:
		return -1
	case float64(second) >= s.measured:
		return 1
	}
	return 0
}

func (s stretch) within(second float64) float64 {
	if math.IsNaN(second) {
		return s.zero
	}
	return max(s.begin, min(s.end, s.zero+second))
}

// length is how many seconds a row has; older results leave it at 0 for one.
func length(row results.Second) int { return max(1, row.Seconds) }

// momentOf puts rows of one series together.
func momentOf(rows []results.Second) moment {
	nan := math.NaN()
	m := moment{second: rows[0].Second, p50: nan, p99: nan, most: nan, client: nan, server: nan, stored: nan, dead: nan, expired: nan, warmup: rows[0].Second < 0}
	var medians []float64
	var count uint64
	for _, row := range rows {
		m.seconds += length(row)
		count += row.Count
		m.errors += row.Errors
		if row.P50 != nil {
			medians = append(medians, float64(*row.P50))
		}
		m.p99, m.most = worst(m.p99, row.P99), worst(m.most, row.Max)
		m.client, m.server = worst(m.client, row.ClientFDs), worst(m.server, row.ServerFDs)
		m.stored, m.dead, m.expired = worst(m.stored, row.StoredBytes), worst(m.dead, row.DeadRows), worst(m.expired, row.ExpiredPresent)
	}
	m.perSecond = float64(count) / float64(m.seconds)
	if len(medians) > 0 {
		slices.Sort(medians)
		m.p50 = medians[len(medians)/2]
	}
	return m
}

func worst[T int | int64](so float64, v *T) float64 {
	if v == nil || float64(*v) <= so {
		return so
	}
	return float64(*v)
}

// aside says that no figure counts a moment, or that it was after the end.
func (m moment) aside() string {
	switch {
	case m.warmup:
		return " (warm-up)"
	case m.drain:
		return " (still open at the end)"
	}
	return ""
}

// title says when a moment was.
func (m moment) title(rounds int) string {
	text := fmt.Sprintf("second %d", m.second)
	if m.seconds > 1 {
		text = fmt.Sprintf("seconds %d to %d", m.second, m.second+m.seconds-1)
	}
	if rounds > 1 {
		text = fmt.Sprintf("round %d, %s", m.round, text)
	}
	return text + m.aside()
}
