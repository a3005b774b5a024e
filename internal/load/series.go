package load

import (
	"math"

	"github.com/sessionbench/bench/results"
)

// mostRows is how long a series gets, and so a result, however long the run.
const mostRows = 600

// rowSeconds is how many seconds a row of the series has in a run of this length.
func rowSeconds(length float64) int {
	for _, n := range []int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600} {
		if length <= float64(n*mostRows) {
			return n
		}
	}
	return int(math.Ceil(length/3600/mostRows)) * 3600
}

// rowEnd is where a row ends that begins with a second: at a multiple of the rows'
// seconds, and so none has both of the warm-up and of what is measured.
func rowEnd(begin, seconds int) int {
	return int(math.Floor(float64(begin)/float64(seconds)))*seconds + seconds
}

// addRow ends the series' row.
func (m *measurement) addRow(begin, seconds int, last bool) {
	s := &m.row
	defer s.reset()
	if last && s.count+s.failed == 0 {
		return
	}
	row := results.Second{Second: begin, Seconds: seconds, Count: s.count, Errors: s.failed}
	if s.count > 0 {
		p50, p99, most := s.times.h.ValueAtPercentile(50), s.times.h.ValueAtPercentile(99), s.times.max
		p50, p99 = min(p50, most), min(p99, most)
		row.P50, row.P99, row.Max = &p50, &p99, &most
	}
	if m.client.samples > 0 || m.client.now > 0 {
		row.ClientFDs = &[]int{m.client.now}[0]
	}
	if m.server.read != nil && m.server.reason == "" {
		row.ServerFDs = &[]int{m.server.now}[0]
	}
	stored := m.stored.before(float64(begin + seconds)) // what came since is the next row's
	row.StoredBytes, row.DeadRows, row.ExpiredPresent = stored.Bytes, stored.DeadRows, stored.ExpiredPresent
	m.series = append(m.series, row)
}
