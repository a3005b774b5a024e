package load

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// flow is the course of a queue by arithmetic: requests come due as the stretches
// have it, each of a session of its own; the store takes so many a second of them
// and answers each after its latency, in seconds.
func flow(line timeline, capacity func(second float64) float64, latency float64) *course {
	const step = 1e-3
	q := newQueue(100_000)
	c := newCourse(line, func(second float64) int64 { return int64(second * 1e9) })
	taken := map[int][]job{} // by the step in which they are answered
	came, room := 0, 0.0
	for i := 0; ; i++ {
		now := line.begin() + float64(i)*step
		if now >= line.end() {
			c.reach(math.MaxInt64, int64(line.end()*1e9), q)
			return c
		}
		for _, j := range taken[i] {
			q.done(j)
		}
		for due, ok := line.due(float64(came)); ok && due < now+step; due, ok = line.due(float64(came)) {
			c.reach(int64(due*1e9), int64(due*1e9), q)
			q.push(job{group: group{n: 1, session: uint32(came)}}, 0)
			came++
		}
		for room = min(room+capacity(now)*step, float64(q.ready.len())); room >= 1; room-- {
			j, _ := q.pop()
			at := i + 1 + int(latency/step)
			taken[at] = append(taken[at], j)
		}
	}
}

// linedUp makes a timeline of phases, whose ends are given as their lengths, after
// a warm-up at the rate of the first.
func linedUp(warmup float64, phases ...stretch) timeline {
	line := timeline{open: true}
	if warmup > 0 {
		line.stretches = append(line.stretches, stretch{start: -warmup, from: phases[0].from, to: phases[0].from, warmup: true})
	}
	at := 0.0
	for _, p := range phases {
		p.start, p.end = at, at+p.end
		at = p.end
		line.stretches = append(line.stretches, p)
	}
	return line
}

func TestAnOverloadIsToldFromWhatIsNone(t *testing.T) {
	t.Parallel()
	constant := func(rate float64) timeline { return linedUp(0, stretch{name: "steady", end: 10, from: rate, to: rate}) }
	takes := func(rate float64) func(float64) float64 { return func(float64) float64 { return rate } }
	but := func(rate, from, to float64) func(float64) float64 {
		return func(second float64) float64 {
			if second >= from && second < to {
				return 0
			}
			return rate
		}
	}
	spike := func(calm, seconds float64) timeline {
		return linedUp(0,
			stretch{name: "before", end: 2, from: 500, to: 500},
			stretch{name: "spike", end: 2, from: 1500, to: 1500},
			stretch{name: "after", end: seconds, from: calm, to: calm})
	}
	for name, c := range map[string]struct {
		line     timeline
		capacity func(second float64) float64
		latency  float64
		want     string
	}{
		"half of what it can take":      {constant(500), takes(1000), 0, ""},
		"nearly all that it can take":   {constant(950), takes(1000), 0, ""},
		"a little more":                 {constant(1050), takes(1000), 0, "steady: 1000 of 1050"},
		"half as much again":            {constant(1500), takes(1000), 0, "steady: 1000 of 1500"},
		"with a warm-up":                {linedUp(3, stretch{name: "steady", end: 10, from: 1500, to: 1500}), takes(1000), 0, "steady: 1000 of 1500"},
		"a slow store":                  {constant(1000), takes(1e6), 0.25, ""},
		"a slow store, more and more":   {linedUp(0, stretch{end: 4, from: 100, to: 2000}), takes(1e6), 0.25, ""},
		"a slow store, suddenly more":   {linedUp(0, stretch{end: 4, from: 100, to: 100}, stretch{end: 4, from: 2000, to: 2000}), takes(1e6), 0.25, ""},
		"a stall":                       {constant(1000), but(5000, 4, 5), 0, ""},
		"a stall at the very end":       {constant(1000), but(5000, 9.7, 10), 0, ""},
		"it stops half way":             {constant(1000), but(5000, 5, 10), 0, "steady: 500 of 1000"},
		"it never begins":               {constant(1000), takes(0), 0, "steady: 0 of 1000"},
		"a climb to more than it takes": {linedUp(0, stretch{name: "climb", end: 10, from: 100, to: 1900}), takes(1000), 0, "climb: 775 of 1000"},
		"a spike that it recovers from": {spike(500, 4), takes(1000), 0, "spike: 1000 of 1500, caught up"},
		"a spike at the end":            {linedUp(0, stretch{end: 2, from: 500, to: 500}, stretch{name: "spike", end: 2, from: 1500, to: 1500}), takes(1000), 0, "spike: 1000 of 1500"},
		"a spike too near to the end":   {spike(500, 1), takes(1000), 0, "spike: 1000 of 1500"},
		"a spike on a slow store":       {spike(500, 6), takes(1000), 0.1, "spike: 975 of 1500, caught up"},
		"two spikes in a row": {linedUp(0,
			stretch{name: "first", end: 2, from: 1500, to: 1500}, stretch{name: "second", end: 2, from: 2000, to: 2000}, stretch{end: 10, from: 100, to: 100},
		), takes(1000), 0, "first: 1000 of 1500, caught up; second: 1000 of 2000, caught up"},
		"too few to say":   {constant(2), takes(1), 0, ""},
		"too short to say": {linedUp(0, stretch{end: 0.9, from: 1500, to: 1500}), takes(1000), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			for _, o := range flow(c.line, c.capacity, c.latency).overloads(c.line) {
				text := fmt.Sprintf("%s: %.0f of %.0f", o.name, o.took, o.offered)
				if o.caughtUp {
					text += ", caught up"
				}
				told = append(told, text)
			}
			if got := strings.Join(told, "; "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// turns is a store that serves one get after the other, a number of them a second
// however late this machine wakes it: each get has a turn of its own.
type turns struct {
	drivers.Driver
	each time.Duration
	mu   sync.Mutex
	next time.Time
}

func (s *turns) Get(ctx context.Context, id string) (drivers.Record, error) {
	s.mu.Lock()
	if now := time.Now(); s.next.Before(now) {
		s.next = now
	}
	s.next = s.next.Add(s.each)
	turn := time.NewTimer(time.Until(s.next))
	s.mu.Unlock()
	defer turn.Stop()
	select {
	case <-turn.C:
		return s.Driver.Get(ctx, id)
	case <-ctx.Done():
		return drivers.Record{}, ctx.Err()
	}
}

// Overload explains itself, however few or many requests may be open at once: they
// wait in the queue or in the store.
func TestOverloadExplainsItself(t *testing.T) {
	t.Parallel()
	const capacity, half, more, double = 500, 250, 750, 1000
	var all sync.WaitGroup // at once, as they mostly wait
	var mu sync.Mutex
	var attempts []attempt
	for name, c := range map[string]struct {
		phases []scenarios.Phase
		said   string // up to the numbers
	}{
		"half of what it takes":   {[]scenarios.Phase{phase("steady", half, half, 2)}, ""},
		"half as much again":      {[]scenarios.Phase{phase("steady", more, more, 2)}, "overloaded: the store took "},
		"the double at the end":   {[]scenarios.Phase{phase("calm", half, half, 1), phase("spike", double, double, 1)}, "overloaded: in phase spike the store took "},
		"the double in the midst": {[]scenarios.Phase{phase("calm", half, half, 1), phase("spike", double, double, 1), phase("after", 50, 50, 3)}, "event: in phase spike the store took "},
	} {
		for _, inFlight := range []int{fewInFlight, manyInFlight} {
			all.Go(func() {
				made := undisturbed(t, func(int) (wrong []string) {
					target := memoryTarget(t)
					target.Driver = &turns{Driver: target.Driver, each: time.Second / capacity}
					w := newWitnessed(t, target, gets(scenarios.Poisson, inFlight, c.phases...))
					// So many that hardly a request waits for another of its session.
					w.scenario.Sessions, w.scenario.Popularity = 20_000, scenarios.Popularity{}
					w.run(t)
					if text := w.checkOverload(c.said, capacity); text != "" {
						wrong = append(wrong, fmt.Sprintf("%s, %d in flight: %s", name, inFlight, text))
					}
					return wrong
				})
				mu.Lock()
				defer mu.Unlock()
				attempts = append(attempts, made)
			})
		}
	}
	all.Wait()
	judge(t, attempts...)
}

// checkOverload wants it said, with what was offered in the phase that is above the
// capacity, and what the store was seen to answer then.
func (w *witnessed) checkOverload(want string, capacity scenarios.Rate) (wrong string) {
	said := ""
	for _, e := range w.round.Events {
		if e.Kind == "overload" {
			said += "event: " + e.Text
		}
	}
	if w.round.Load.Overloaded {
		said += "overloaded: " + w.round.Load.OverloadedReason
	}
	if want == "" && said == "" {
		return ""
	}
	if want == "" || !strings.HasPrefix(said, want) {
		return fmt.Sprintf("it says %q, want %q", said, want)
	}
	var took, offered float64
	if _, err := fmt.Sscanf(said[len(want):], "%f of %f operations/s offered", &took, &offered); err != nil {
		return fmt.Sprintf("%q: %v", said, err)
	}
	at := 0.0
	for _, p := range w.scenario.Timeline() {
		from := at
		at += seconds(p.Duration)
		if p.Rate.From <= capacity {
			continue
		}
		answered := float64(w.answers(from, at)) / (at - from)
		if offered != float64(p.Rate.From) || math.Abs(took-answered) > 0.1*answered {
			return fmt.Sprintf("%q: %v were offered, and %.0f/s answered", said, p.Rate, answered)
		}
	}
	return ""
}

// answers is how many there were between two seconds of the schedule.
func (w *witnessed) answers(from, to float64) (n int) {
	for _, all := range w.answered {
		for _, at := range all {
			if second := at.Sub(w.began).Seconds(); second >= from && second < to {
				n++
			}
		}
	}
	return n
}
