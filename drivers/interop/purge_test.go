package interop

import (
	"strconv"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// purges has the driver's Prune, and then the middleware's own timer, remove what
// the other side stored: the expired sessions, and no others. A Redis does that
// by itself.
func purges(t *testing.T, st store, s sides) {
	brief := s.login(t, map[string]any{"maxAge": short.Milliseconds()}, kinds[0].data()).id
	lasting := s.login(t, nil, kinds[0].data()).id
	time.Sleep(short + s.facts.Granularity + tick)
	s.countAlike(t)
	if pruner, ok := s.driver.(drivers.Pruner); ok {
		if _, err := pruner.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.removed(t, "the driver", brief, lasting, 0)

	expired := s.set(t, drivertest.Record(s.ids.Next(), short, 3, ""))
	alive := s.set(t, drivertest.Record(s.ids.Next(), time.Hour, 3, ""))
	time.Sleep(short + s.facts.Granularity + tick)
	s.app = startApp(t, st.name, with(s.options, s.purging))
	s.me(t, lasting) // connect-pg-simple's timer starts with the first call
	s.removed(t, "the app", expired.ID, alive.ID, 30*time.Second)
}

// countAlike compares the driver's Count with the middleware's length, where
// there is one: both count what is expired and still stored.
func (s sides) countAlike(t *testing.T) {
	t.Helper()
	got := s.must(t, "GET", "/length", "", nil)
	if string(got.body) == "null" {
		return
	}
	want, err := strconv.ParseInt(string(got.body), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.driver.(drivers.Counter).Count(t.Context())
	if n != want || err != nil {
		t.Errorf("the driver counts %d sessions, %v; the middleware %d", n, err, want)
	}
}

// removed waits at most so long for an expired session's data to be gone.
func (s sides) removed(t *testing.T, by, expired, alive string, within time.Duration) {
	t.Helper()
	for began := time.Now(); s.look(t, expired) != (stored{}); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > within {
			t.Errorf("%s left the expired session: %+v", by, s.look(t, expired))
			break
		}
	}
	if s.look(t, alive) == (stored{}) {
		t.Errorf("%s removed a session that is alive", by)
	}
}
