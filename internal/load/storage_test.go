package load

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// storing is a driver that is asked what it stores, and answers as the test has it.
type storing struct {
	drivers.Driver
	answer func(ctx context.Context, reading int) (drivers.Storage, error)

	mu             sync.Mutex
	readings       int
	inFlight, most int
}

func (s *storing) Stored(ctx context.Context) (drivers.Storage, error) {
	s.mu.Lock()
	s.readings++
	n := s.readings
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	return s.answer(ctx, n)
}

// Meter has more to tell than Stored.
func (s *storing) Meter(context.Context) (drivers.Reading, error) {
	bytes, dead, expired := int64(1), int64(2), int64(3)
	return drivers.Reading{Storage: drivers.Storage{Bytes: &bytes, DeadRows: &dead, ExpiredPresent: &expired}}, nil
}

// storedOver runs for some seconds on a store that answers so.
func storedOver(t *testing.T, seconds int, answer func(context.Context, int) (drivers.Storage, error)) (results.Round, *storing) {
	target := memoryTarget(t)
	s := &storing{Driver: target.Driver, answer: answer}
	target.Driver = s
	brief := web(t, func(s *scenarios.Scenario) {
		s.Load = scenarios.Load{Rate: 500, MaxInFlight: 64}
		s.Warmup, s.Duration = scenarios.Duration(time.Second), scenarios.Duration(time.Duration(seconds)*time.Second)
	})
	return one(t, brief, target, options()), s
}

func TestRowsHaveTheLatestReadingOfTheirTime(t *testing.T) {
	t.Parallel()
	round, s := storedOver(t, 4, func(_ context.Context, n int) (drivers.Storage, error) {
		bytes, expired := int64(1000*n), int64(n)
		return drivers.Storage{Bytes: &bytes, ExpiredPresent: &expired}, nil
	})
	seen := int64(1) // what was read before the round is in no row
	for _, row := range round.Series {
		switch {
		case row.StoredBytes == nil:
			if row.DeadRows != nil || row.ExpiredPresent != nil {
				t.Errorf("a row of half a reading: %+v", row)
			}
		case row.Second < 0, row.DeadRows != nil, row.ExpiredPresent == nil, *row.StoredBytes != 1000**row.ExpiredPresent, *row.ExpiredPresent <= seen:
			t.Errorf("%+v, after reading %d", row, seen)
		default:
			seen = *row.ExpiredPresent
		}
	}
	if seen == 1 {
		t.Errorf("no row has any of %d readings", s.readings)
	}
	if why := round.Unavailable["storage_series.dead_rows"]; why == "" || round.Unavailable["storage_series"] != "" || round.Unavailable["storage_series.expired_present"] != "" {
		t.Errorf("unavailable: %v", round.Unavailable)
	}
}

// A reading that does not end is not repeated, keeps no row waiting, and ends with the
// replay.
func TestASlowReadingKeepsNothingWaiting(t *testing.T) {
	t.Parallel()
	round, s := storedOver(t, 3, func(ctx context.Context, n int) (drivers.Storage, error) {
		if n == 1 {
			return drivers.Storage{}, nil
		}
		<-ctx.Done()
		return drivers.Storage{}, ctx.Err()
	})
	if s.readings != 2 || s.most != 1 || s.inFlight != 0 {
		t.Errorf("%d readings, %d at once, %d still going on", s.readings, s.most, s.inFlight)
	}
	rows := 0
	for _, row := range round.Series {
		if row.Count > 0 {
			rows++
		}
		if row.StoredBytes != nil {
			t.Errorf("%+v", row)
		}
	}
	if rows < 3 {
		t.Errorf("%d rows of four seconds", rows)
	}
	if why := round.Unavailable["storage_series"]; !strings.HasPrefix(why, "1 of 1 readings failed: ") {
		t.Errorf("unavailable: %q", why)
	}
}

func TestAReadingThatFailsIsNoZero(t *testing.T) {
	t.Parallel()
	round, _ := storedOver(t, 1, func(context.Context, int) (drivers.Storage, error) {
		return drivers.Storage{}, errors.New("no permission")
	})
	for _, row := range round.Series {
		if row.StoredBytes != nil || row.DeadRows != nil || row.ExpiredPresent != nil {
			t.Errorf("%+v", row)
		}
	}
	if why := round.Unavailable["storage_series"]; !strings.HasSuffix(why, "failed: no permission") {
		t.Errorf("unavailable: %q", why)
	}
}

func TestAStoreThatIsNotAskedHasAReason(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	target.Driver = struct{ drivers.Driver }{target.Driver}
	if round := one(t, web(t, nil), target, options()); round.Unavailable["storage_series"] == "" {
		t.Errorf("unavailable: %v", round.Unavailable)
	}
}

// A row has what was read in its time, also when the next one's reading is there.
func TestAReadingIsInTheRowOfItsTime(t *testing.T) {
	t.Parallel()
	now := 0.0
	s := storage{second: func() float64 { return now }, store: &storing{answer: func(_ context.Context, n int) (drivers.Storage, error) {
		bytes := int64(n)
		return drivers.Storage{Bytes: &bytes}, nil
	}}}
	for _, now = range []float64{.1, .9, 1, 3.5} {
		s.read(t.Context())
	}
	for end, want := range []int64{0, 2, 3, 0, 4, 0} {
		got := s.before(float64(end)).Bytes
		if (got == nil) != (want == 0) || got != nil && *got != want {
			t.Errorf("before second %d: %v, want reading %d", end, got, want)
		}
	}
}

// The dearer a reading, the longer until the next: two per cent are its share.
func TestADearReadingIsRestedFor(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0: time.Second, time.Millisecond: time.Second, 20 * time.Millisecond: time.Second,
		40 * time.Millisecond: 2 * time.Second, 2 * time.Second: 100 * time.Second,
	} {
		if got := storageResting(took); got != want {
			t.Errorf("after %s: %s, want %s", took, got, want)
		}
	}
}
