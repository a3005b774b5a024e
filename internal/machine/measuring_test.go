package machine

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

func TestAClockIsMeasuredByItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shows func(reading int64) int64
		want  Clock
	}{
		"exact":               {func(n int64) int64 { return 40 * n }, Clock{ReadNs: 40, StepNs: 40}},
		"in steps":            {func(n int64) int64 { return 40 * n / 1000 * 1000 }, Clock{ReadNs: 40, StepNs: 1000}},
		"interrupted by some": {func(n int64) int64 { return 40*n + n/5000*1e6 }, Clock{ReadNs: 40, StepNs: 40}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readings := int64(0)
			got, err := measureClock(func() int64 { readings++; return c.shows(readings) })
			if err != nil || got != c.want {
				t.Errorf("%+v, error %v, want %+v", got, err, c.want)
			}
		})
	}
	if got, err := measureClock(func() int64 { return 7 }); err == nil {
		t.Errorf("a clock that stands still is found to be %+v", got)
	}
}

// passing is a file system whose /proc/stat shows other times at each look.
type passing struct {
	fstest.MapFS
	stat []string
}

func (p *passing) ReadFile(name string) ([]byte, error) {
	if name == "proc/stat" {
		text := p.stat[0]
		p.stat = p.stat[1:]
		return []byte(text), nil
	}
	return fs.ReadFile(p.MapFS, name)
}

func TestOtherProgramsAreWhatPassesWhileBenchRests(t *testing.T) {
	t.Parallel()
	const before = "cpu  1000 0 500 8000 200 10 20 30 700 0\ncpu0 1 2 3 4 5 6 7 8 9 0\ncpu1 1 2 3 4 5 6 7 8 9 0\nintr 5\n"
	for name, c := range map[string]struct {
		after string
		want  OtherPrograms
		err   string
	}{
		// 100 ticks: 20 user, 10 system, 50 idle, 10 for a disk, 4 and 2 of interrupts, 4 stolen.
		"busy": {
			after: strings.Replace(before, "1000 0 500 8000 200 10 20 30 700", "1020 0 510 8050 210 14 22 34 715", 1),
			want:  OtherPrograms{BusyPercent: 36, StolenPercent: 4, LoadAverage: 1.5, Processors: 2},
		},
		"none":                      {after: strings.Replace(before, "8000", "8100", 1), want: OtherPrograms{LoadAverage: 1.5, Processors: 2}},
		"no time":                   {after: before, err: "/proc/stat: the times stand still"},
		"a kernel without stealing": {after: "cpu  1000 0 500 8000 200 10 20\n", err: "/proc/stat: 7 times, not 8"},
		"nonsense":                  {after: "cpu  1000 0 x 8000 200 10 20 30\n", err: `/proc/stat: "x" is no number`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &Machine{Root: &passing{tree(map[string]string{"proc/loadavg": "1.50 1.20 0.90 2/148 12890\n"}), []string{before, c.after}}}
			got, err := m.otherPrograms(t.Context())
			switch {
			case c.err != "" && (err == nil || err.Error() != c.err):
				t.Errorf("%+v, error %v, want %s", got, err, c.err)
			case c.err == "" && (err != nil || got != c.want):
				t.Errorf("%+v, error %v, want %+v", got, err, c.want)
			}
		})
	}
}

// using is a process that uses ten milliseconds more of a processor at each look.
func using() func() (load.Process, error) {
	p := load.Process{FileDescriptors: 5, Memory: 1 << 20}
	return func() (load.Process, error) {
		p.CPU += 10 * time.Millisecond
		return p, nil
	}
}

// longer looks with a replay of twice the length each time until it sees what it
// wants: beside other tests, a short one may measure nothing.
func longer(look func(replay time.Duration) (seen bool)) {
	for replay := 200 * time.Millisecond; replay < 10*time.Second && !look(replay); replay *= 2 {
	}
}

func TestTheCeilingIsOfReadsThatAllFindTheirSession(t *testing.T) {
	t.Parallel()
	for name, process := range map[string]func() (load.Process, error){
		"with the processor's time": using(),
		"without":                   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := bare()
			m.Process = process
			var c Ceiling
			longer(func(replay time.Duration) bool {
				m.Replay = replay
				fact, err := m.ceiling(t.Context())
				if err == nil {
					c = fact.(Ceiling)
				}
				return err == nil && (c.CPUPerCallNs != nil) == (process != nil)
			})
			if c.OperationsPerSecond <= 0 || math.Abs(c.CallsPerSecond/c.OperationsPerSecond-2) > 1e-9 {
				t.Errorf("%+v: a read is a get and a touch", c)
			}
			if (c.CPUPerCallNs != nil) != (process != nil) || c.CPUPerCallNs != nil && *c.CPUPerCallNs <= 0 {
				t.Errorf("%+v", c)
			}
			if told := strings.Contains(c.Figure(), "CPU"); told != (process != nil) {
				t.Errorf("%q", c.Figure())
			}
		})
	}
}

func TestLatenessIsThatOfRequestsThatNothingKeeps(t *testing.T) {
	t.Parallel()
	m := bare()
	var l Lateness
	longer(func(replay time.Duration) bool {
		m.Replay = replay
		fact, err := m.wakeUp(t.Context())
		if err == nil {
			l = fact.(Lateness)
		}
		return err == nil
	})
	if l.RatePerSecond != calmRate || l.P50Ns <= 0 || l.P99Ns < l.P50Ns || l.MaxNs < l.P99Ns {
		t.Errorf("%+v", l)
	}
}

// A machine that is too busy for one request has no ceiling, rather than 0.
func TestAReplayInWhichNothingWasSentGivesNoFigure(t *testing.T) {
	t.Parallel()
	m := bare()
	m.Replay = time.Millisecond
	f, err := m.replay(t.Context(), &empty{}, func(s *scenarios.Scenario) { s.SetRate(1. / 3600) })
	if f != nil || !errors.Is(err, errNothing) {
		t.Errorf("%+v, error %v", f, err)
	}
}

// broken is an empty store whose gets go wrong.
type broken struct {
	empty
	get func(drivers.Record) (drivers.Record, error)
}

func (b *broken) Get(ctx context.Context, id string) (drivers.Record, error) {
	r, err := b.empty.Get(ctx, id)
	if err != nil {
		return r, err
	}
	return b.get(r)
}

func TestAReplayThatFailsGivesNoFigure(t *testing.T) {
	t.Parallel()
	for name, get := range map[string]func(drivers.Record) (drivers.Record, error){
		"lost":  func(drivers.Record) (drivers.Record, error) { return drivers.Record{}, drivers.ErrNotFound },
		"error": func(drivers.Record) (drivers.Record, error) { return drivers.Record{}, errors.New("no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := bare()
			var f *results.Figures
			var err error
			longer(func(replay time.Duration) bool {
				m.Replay = replay
				f, err = m.replay(t.Context(), &broken{get: get}, nil)
				return !errors.Is(err, errNothing)
			})
			if f != nil || err == nil || !strings.Contains(err.Error(), "the empty store failed") {
				t.Errorf("%+v, error %v", f, err)
			}
		})
	}
}
