package load

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

func TestAnOutageIsToldOfWhenItIsOne(t *testing.T) {
	t.Parallel()
	// Each letter is a tenth of a second, in which some of a hundred requests fail:
	// none (.), half (h), nine of ten (x), or in which none ends (_).
	for _, c := range []struct{ name, course, want string }{
		{"none", "....................", ""},
		{"the store is slow", "..____________......", ""},
		{"half fail", "hhhhhhhhhhhhhhhhhhhh", ""},
		{"it is soon over", "....xxx.............", ""},
		{"it goes and comes back", "....xxxxxxxx........", "began 0.4, ended 1.2"},
		{"it goes for good", "....xxxxxxxxxxxxxxxx", "began 0.4"},
		{"it falls silent, and at the end all is given up", "...._______________x", "began 0.4"},
		{"those under way fail, and the others wait", "...h________........", "began 0.4, ended 1.2"},
		{"it goes twice", "xxxxxx....xxxxxx....", "began 0.0, ended 0.6, began 1.0, ended 1.6"},
		{"it serves after the schedule's end", ".................h.x__________x", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			line := timeline{stretches: []stretch{{end: 1.75, from: 64, to: 64}}}
			o := newOutage(line)
			var sum tally
			var told []string
			for i, what := range c.course {
				failed := map[rune]uint64{'h': 50, 'x': 90}[what]
				if what != '_' {
					sum.failed, sum.succeeded = sum.failed+failed, sum.succeeded+100-failed
				}
				since := o.since
				switch began, ended := o.look(float64(i+1)/10, sum); {
				case began:
					told = append(told, fmt.Sprintf("began %.1f", since))
				case ended:
					told = append(told, fmt.Sprintf("ended %.1f", float64(i)/10))
				}
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("%s: %q, want %q", c.course, got, c.want)
			}
		})
	}
}

// refuser is a store that refuses every call at once, from a moment on.
type refuser struct {
	drivers.Driver
	refuses atomic.Bool
}

func (r *refuser) Get(ctx context.Context, id string) (drivers.Record, error) {
	if r.refuses.Load() {
		return drivers.Record{}, fmt.Errorf("dial: %w", syscall.ECONNREFUSED)
	}
	return r.Driver.Get(ctx, id)
}

// A server that refuses at once is not asked as fast as that goes: each worker
// waits for as long as its requests took, at least a millisecond.
func TestAWorkerThatIsRefusedWaits(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	store := &refuser{Driver: target.Driver}
	store.refuses.Store(true)
	target.Driver = store
	s := web(t, func(s *scenarios.Scenario) { s.Mix = scenarios.Mix{100}; s.Load.Workers = 4 })
	began := time.Now()
	outcomes, _ := Run(t.Context(), s, []*Target{target}, options())
	took := time.Since(began)
	refused := outcomes[0].Rounds[0].Operations["all"].Errors["refused"]
	if most := 4 * uint64(took/time.Millisecond+1); refused == 0 || refused > most {
		t.Errorf("%d were refused in %v, at most %d by 4 workers that wait", refused, took, most)
	}
}

// A store that has gone is not read back; that sessions are left there is said.
func TestAStoreThatDoesNotAnswerAnyMoreIsLeft(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	store := &refuser{Driver: target.Driver}
	target.Driver = store
	o := options()
	o.Rounds = 2
	o.Observe = func(p Progress) {
		if p.Phase == "steady" {
			store.refuses.Store(true)
		}
	}
	s := web(t, func(s *scenarios.Scenario) { s.Warmup = 0 })
	outcomes, _ := Run(t.Context(), s, []*Target{target}, o)
	for what, err := range map[string]error{"the error": outcomes[0].Err, "what is left": outcomes[0].Left} {
		if err == nil || !strings.Contains(err.Error(), ErrNoAnswer.Error()+": dial: connection refused") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(outcomes[0].Rounds) != 1 {
		t.Fatalf("%d rounds", len(outcomes[0].Rounds))
	}
	r := outcomes[0].Rounds[0]
	if r.Verify.Mode != string(VerifyOff) || !strings.Contains(r.Unavailable["verify"], ErrNoAnswer.Error()) {
		t.Errorf("read back %+v, %q", r.Verify, r.Unavailable["verify"])
	}
	if !slices.ContainsFunc(r.Events, func(e results.Event) bool { return e.Kind == "outage" && strings.HasSuffix(e.Text, "refused") }) {
		t.Errorf("events %+v", r.Events)
	}
}

// mute is a store whose bulk work comes to nothing after some sessions.
type mute struct {
	drivers.Driver
	takes int
}

func (m *mute) Load(ctx context.Context, records iter.Seq[drivers.Record]) error {
	for range records {
		if m.takes--; m.takes < 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		time.Sleep(stallPatience / 2) // slow, and getting on
	}
	return nil
}

// Bulk work may be slow, but not stand still.
func TestBulkWorkThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		takes int
		gives bool
	}{{10, false}, {5, true}} {
		synctest.Test(t, func(t *testing.T) {
			store := &mute{takes: c.takes}
			began := time.Now()
			err := unstalled(t.Context(), slices.Values(make([]drivers.Record, 10)), store.Load)
			if took := time.Since(began); took > 10*stallPatience || (err != nil) != c.gives {
				t.Errorf("%d taken: %v after %v", c.takes, err, took)
			}
			if err != nil && (drivers.Classify(err) != drivers.ClassTimeout || !strings.Contains(err.Error(), "took no session for 30s")) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A session that is not answered for ends the read-back.
func TestAReadBackThatIsNotAnsweredEnds(t *testing.T) {
	t.Parallel()
	target := memoryTarget(t)
	store := &gate{Driver: target.Driver}
	target.Driver = store
	o := options()
	o.Drain = 100 * time.Millisecond
	o.Observe = func(p Progress) {
		switch p.Phase {
		case "read-back":
			store.shut()
		case "clean-up":
			store.open()
		}
	}
	outcomes, _ := Run(t.Context(), web(t, nil), []*Target{target}, o)
	if err := outcomes[0].Err; err == nil || drivers.Classify(err) != drivers.ClassTimeout || !strings.HasPrefix(err.Error(), "read back: ") {
		t.Errorf("%v", err)
	}
}
