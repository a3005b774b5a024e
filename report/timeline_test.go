package report

import (
	"math"
	"testing"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

func ns(v int64) *int64 { return &v }

// rowsOf are a series of so many seconds from the first on.
func rowsOf(first, n int) (rows []results.Second) {
	for i := range n {
		rows = append(rows, results.Second{Second: first + i, Seconds: 1, Count: uint64(100 + i), P50: ns(int64(10 + i)), P99: ns(int64(20 + i)), Max: ns(int64(30 + i))})
	}
	return rows
}

func roundOf(index int, seconds float64, rows []results.Second) results.Round {
	return results.Round{Index: index, WarmupSecs: 2, Figures: results.Figures{DurationSeconds: seconds}, Series: rows}
}

func TestRoundsFollowOneAnother(t *testing.T) {
	t.Parallel()
	r := &results.Result{Rounds: []results.Round{roundOf(0, 4, rowsOf(-2, 7)), roundOf(1, 4, rowsOf(-2, 6))}}
	line := timelineOf(r)
	want := []stretch{{1, 0, 2, 7, 4}, {2, 7, 9, 13, 4}}
	if len(line.rounds) != 2 || line.rounds[0] != want[0] || line.rounds[1] != want[1] || line.length != 13 {
		t.Errorf("%+v of %v s, want %+v of 13", line.rounds, line.length, want)
	}
	for i, c := range []struct {
		at            float64
		warmup, drain bool
	}{{.5, true, false}, {1.5, true, false}, {2.5, false, false}, {3.5, false, false}, {4.5, false, false}, {5.5, false, false}, {6.5, false, true}, {7.5, true, false}} {
		if m := line.moments[i]; m.at != c.at || m.warmup != c.warmup || m.drain != c.drain {
			t.Errorf("moment %d: %+v, want %+v", i, m, c)
		}
	}
}

func TestAMomentHasTheFiguresOfItsRow(t *testing.T) {
	t.Parallel()
	fds := 12
	r := &results.Result{Rounds: []results.Round{roundOf(0, 4, []results.Second{
		{Second: 0, Seconds: 2, Count: 500, Errors: 3, P50: ns(10), P99: ns(20), Max: ns(30), ClientFDs: &fds, StoredBytes: ns(0), ExpiredPresent: ns(7)},
		{Second: 2, Count: 100}, // of an older result, and nothing succeeded
	})}}
	line := timelineOf(r)
	m := line.moments[0]
	if m.perSecond != 250 || m.errors != 3 || m.p50 != 10 || m.p99 != 20 || m.most != 30 || m.client != 12 || !math.IsNaN(m.server) || m.stored != 0 || !math.IsNaN(m.dead) || m.expired != 7 {
		t.Errorf("%+v", m)
	}
	if m := line.moments[1]; m.seconds != 1 || m.perSecond != 100 || !math.IsNaN(m.p50) || !math.IsNaN(m.client) {
		t.Errorf("%+v", m)
	}
}

func TestManyRowsArePutTogetherButNotAcrossTheWarmUp(t *testing.T) {
	t.Parallel()
	r := &results.Result{Rounds: []results.Round{roundOf(0, 597, rowsOf(-3, 600))}}
	line := timelineOf(r)
	if line.together != 3 || len(line.moments) > mostMoments {
		t.Fatalf("%d moments, of %d rows each", len(line.moments), line.together)
	}
	if m := line.moments[0]; !m.warmup || m.seconds != 3 || m.p50 != 11 || m.p99 != 22 || m.most != 32 || m.perSecond != 101 {
		t.Errorf("the warm-up: %+v", m)
	}
	if m := line.moments[1]; m.warmup || m.second != 0 {
		t.Errorf("the beginning: %+v", m)
	}
}

func TestOutagesLastUntilTheRecovery(t *testing.T) {
	t.Parallel()
	round := roundOf(0, 10, rowsOf(-2, 12))
	round.Events = []results.Event{
		{Second: 2, Kind: "outage", Text: "requests fail"}, {Second: 3, Kind: "purge"}, {Second: 4.5, Kind: "recovery"},
		{Second: 8, Kind: "outage", Text: "requests fail again"}, {Second: 99, Kind: "clock"}, {Second: math.NaN(), Kind: "warning"},
	}
	line := timelineOf(&results.Result{Rounds: []results.Round{round}})
	for i, want := range []mark{
		{at: 4, until: 6.5, kind: "outage"}, {at: 5, until: 5, kind: "purge"}, {at: 6.5, until: 6.5, kind: "recovery"},
		{at: 10, until: 12, kind: "outage"}, {at: 12, until: 12, kind: "clock"}, {at: 2, until: 2, kind: "warning"},
	} {
		if m := line.marks[i]; m.at != want.at || m.until != want.until || m.kind != want.kind {
			t.Errorf("%d: %+v, want %+v", i, m, want)
		}
	}
}

func TestTooManyRoundsAreCounted(t *testing.T) {
	t.Parallel()
	r := &results.Result{}
	for i := range mostRounds + 5 {
		r.Rounds = append(r.Rounds, roundOf(i, 1, rowsOf(0, 1)))
	}
	if line := timelineOf(r); line.left != 5 || len(line.rounds) != mostRounds {
		t.Errorf("%d rounds are drawn, %d left out", len(line.rounds), line.left)
	}
}

func TestNoRoundsMakeNoTimeline(t *testing.T) {
	t.Parallel()
	if line := timelineOf(&results.Result{}); len(line.moments) > 0 || line.length != 0 {
		t.Errorf("%+v", line)
	}
}

func TestCostsAddUpToTheMeanOperation(t *testing.T) {
	t.Parallel()
	r := resultstest.Build(resultstest.Spec{})
	costs := costsOf(&r.Summary)
	var names []string
	for _, c := range costs {
		names = append(names, c.name)
		if call := r.Summary.Calls[c.name]; c.mean != call.ServiceTime.Mean || c.ns != c.mean*c.perOperation {
			t.Errorf("%+v", c)
		}
	}
	if len(names) != 4 || names[0] != "get" || names[3] != "destroy" {
		t.Errorf("%v, want get, set, touch, destroy", names)
	}
	all := r.Summary.Operations["all"]
	sent := 0.0
	for _, call := range r.Summary.Calls {
		sent += float64(call.Count) * call.ServiceTime.Mean
	}
	if got, want := total(costs), sent/float64(all.Count); math.Abs(got-want) > 1e-6*want {
		t.Errorf("the calls add up to %v ns an operation, want %v", got, want)
	}
	if costsOf(&results.Figures{}) != nil {
		t.Error("nothing has costs")
	}
}
