package load

import (
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// A series, and so a result, has a bounded length, and none of its rows has both
// of the warm-up and of what is measured.
func TestASeriesHasABoundedLength(t *testing.T) {
	t.Parallel()
	for _, length := range []time.Duration{
		time.Second, 10 * time.Minute, 10*time.Minute + time.Second, time.Hour, 72 * time.Hour, 720 * time.Hour,
	} {
		for _, begin := range []int{0, -3, -90} {
			n, rows := rowSeconds(length.Seconds()), 0
			for second := begin; second < begin+int(length.Seconds()); second = rowEnd(second, n) {
				if rowEnd(second, n) > 0 && second < 0 {
					t.Errorf("%v: the row from %d to %d has the beginning in it", length, second, rowEnd(second, n))
				}
				rows++
			}
			if rows > mostRows+2 {
				t.Errorf("%v: %d rows of %d s", length, rows, n)
			}
		}
	}
}

// Whatever the rows' length, the series counts every operation.
func TestLongRowsAddUp(t *testing.T) {
	t.Parallel()
	s := web(t, func(s *scenarios.Scenario) {
		s.Load = scenarios.Load{Rate: 500, MaxInFlight: 64}
		s.Warmup, s.Duration = scenarios.Duration(time.Second), scenarios.Duration(4*time.Second)
	})
	r := newReplay(t.Context(), newPlan(s, 7, 0, Shard{}), memoryTarget(t), 0, options())
	defer r.cancelCalls()
	m := newMeasurement(r)
	m.rows = 2
	if _, err := r.people.preload(t.Context(), r.driver, 0); err != nil {
		t.Fatal(err)
	}
	r.start()
	m.begin()
	r.run()
	m.end()
	round, err := m.round(0, results.Verify{})
	if err != nil {
		t.Fatal(err)
	}
	var counted uint64
	for _, row := range round.Series {
		counted += row.Count
		if row.Second%2 != 0 && row.Second > 0 || row.Seconds < 1 {
			t.Errorf("a row of %d seconds from %d on", row.Seconds, row.Second)
		}
	}
	if all := uint64(5 * 500); counted != all || len(round.Series) > 4 { // the warm-up's too
		t.Errorf("%d rows count %d operations of %d: %+v", len(round.Series), counted, all, round.Series)
	}
}

func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	var e events
	for i := range 3000 {
		e.add(float64(i), "purge", "the store's purge ran")
	}
	if last := e.list[len(e.list)-1]; len(e.list) != mostEvents || last.Text != "2001 further events are left out" {
		t.Errorf("%d events, the last is %+v", len(e.list), last)
	}
}
