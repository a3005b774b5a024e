package load

import (
	"context"
	"sync"

	"github.com/sessionbench/bench/results"
)

// unitRun is what several targets did in turns of thin slices, about a second of it: a
// replay and a measurement each.
type unitRun struct {
	turns []*turn
	parts []*measurement
}

// newUnit prepares one that goes on with the traffic of the stays. What is sent in the
// slices is of the stretch.
func newUnit(ctx context.Context, stays []*stay, s slicing, stretch int) *unitRun {
	u := &unitRun{}
	for i, st := range stays {
		t := newTurn(s, i, stretch, st.plan.timeline.open)
		r := st.replayUntil(ctx, unitTimeline(st.plan.timeline, s.own()))
		r.turn = t
		for lane := range st.plan.lanes {
			if !t.open && st.plan.runs(lane) {
				t.ready.Add(1)
			}
		}
		u.turns, u.parts = append(u.turns, t), append(u.parts, newMeasurement(r))
	}
	return u
}

// run replays the unit, until all that was sent is answered or given up.
func (u *unitRun) run(cpu cpuClock) {
	c := u.parts[0].clock
	begin := c.now() + prelude
	var traffic sync.WaitGroup
	for i, m := range u.parts {
		u.turns[i].begin, m.zero = begin, begin
		m.begin()
		traffic.Go(m.run)
	}
	takeTurns(u.turns, c, cpu, u.parts[0].stop)
	traffic.Wait()
	for _, m := range u.parts {
		m.end()
		m.cancelCalls()
	}
}

// rounds are what the targets did, as a round each; a nil one had nothing to count.
func (u *unitRun) rounds(number int) ([]*results.Round, error) {
	var all []*results.Round
	for _, m := range u.parts {
		round, err := m.round(number, results.Verify{Mode: string(VerifyOff)})
		if err != nil {
			return nil, err
		}
		if round != nil && round.Operations["all"].Count == 0 {
			round = nil
		}
		if round != nil {
			round.Pair = &number
		}
		all = append(all, round)
	}
	return all, nil
}

// shareOut leaves of what was used in a unit what counts: the processor time of this
// process in the target's own slices, and on both sides the share of the requests that
// count.
func (m *measurement) shareOut(f *results.Figures) {
	if m.turn == nil {
		return
	}
	counts := m.requests(counted)
	all := counts + m.requests(uncounted)
	if all == 0 {
		return
	}
	share := float64(counts) / float64(all)
	if c := f.Resources.Client; c != nil {
		if c.CPUSeconds = m.turn.cpu.Seconds() * share; m.turn.cpu <= 0 {
			f.Resources.Client = nil
		}
	}
	if s := f.Resources.Server; s != nil {
		s.CPUSeconds *= share
	}
}

// requests is how many ended that were sent in a stretch.
func (m *measurement) requests(stretch int) (n uint64) {
	for _, r := range m.recorders {
		if st := r.stages[stretch]; st != nil {
			for k := range st.operations {
				n += st.operations[k].count()
			}
		}
	}
	return n
}

// successes are the times of all that succeeded.
func (st *stage) successes() (all timing) {
	for k := range st.operations {
		all.merge(&st.operations[k].service)
	}
	return all
}
