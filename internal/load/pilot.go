package load

import (
	"cmp"
	"context"
	"math"
	"time"
)

// The length of a slice: as many times the median, so that most of it is not spent on
// waiting for the answers to the last ones, and within bounds. The warm-up's slices
// find the median.
const (
	sliceMedians = 2
	leastSlice   = 20 * time.Millisecond
	mostSlice    = time.Second
	pilotSlice   = 50 * time.Millisecond
)

// A unit lasts a second, and longer where that is too short for so many requests of
// each target.
const (
	unitLength   = time.Second
	mostUnit     = 5 * time.Second
	leastPerUnit = 100
)

// warmUp replays what is not counted, and finds from it how long a slice has to be.
func (x *sliced) warmUp(ctx context.Context) error {
	var pilots []*measurement
	if x.stays[0].plan.timeline.open {
		pilots = x.warmUpAlone(ctx)
	} else {
		pilots = x.warmUpInTurns(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, m := range pilots {
		m.addFound()
	}
	if err := x.serve(ctx, pilots); err != nil {
		return err
	}
	if x.how.Length == 0 {
		x.how.Length = sliceLength(pilots)
	}
	if x.how.Groups == 0 {
		x.how.Groups = x.groups(pilots)
	}
	return nil
}

// warmUpInTurns has slices, as what is measured later.
func (x *sliced) warmUpInTurns(ctx context.Context) []*measurement {
	s := slicing{targets: len(x.stays), length: int64(cmp.Or(x.how.Length, pilotSlice)), seed: x.options.Seed}
	s.groups = max(1, int(int64(x.warmup)/(2*s.length)))
	u := newUnit(ctx, x.stays, s, uncounted)
	u.run(x.cpu)
	return u.parts
}

// warmUpAlone has one target after the other, so that it shows whether a store takes
// what comes due: in slices it would catch up in the others'.
func (x *sliced) warmUpAlone(ctx context.Context) (pilots []*measurement) {
	for i, st := range x.stays {
		t := unitTimeline(st.plan.timeline, 0)
		t.stretches = t.stretches[:1]
		t.stretches[0].end = max(x.warmup, pilotSlice).Seconds()
		m := newMeasurement(st.replayUntil(ctx, t))
		m.start()
		m.begin()
		m.run()
		m.end()
		m.cancelCalls()
		t.stretches[0].warmup = false // to be judged
		for _, o := range m.course.overloads(t) {
			x.overloaded[i] = o.String() + ", when it was alone"
		}
		pilots = append(pilots, m)
	}
	return pilots
}

// sliceLength is for the slowest of the targets.
func sliceLength(pilots []*measurement) time.Duration {
	return min(max(sliceMedians*slowestMedian(pilots), leastSlice), mostSlice)
}

func slowestMedian(pilots []*measurement) time.Duration {
	slowest := int64(0)
	for _, m := range pilots {
		if all := m.merged(uncounted).successes(); all.count() > 0 {
			slowest = max(slowest, all.h.ValueAtPercentile(50))
		}
	}
	return time.Duration(slowest)
}

// groups is how many of them make a unit: an even number. In a closed loop what is open
// at the end of a slice takes about a median.
func (x *sliced) groups(pilots []*measurement) int {
	slot := x.how.Length
	if !x.stays[0].plan.timeline.open {
		slot += slowestMedian(pilots)
	}
	two := 4 * time.Duration(len(x.stays)) * slot
	n := int(math.Round(unitLength.Seconds() / two.Seconds()))
	for _, m := range pilots {
		if perSecond := float64(m.requests(uncounted)) / max(x.warmup, pilotSlice).Seconds(); perSecond > 0 {
			enough := leastPerUnit / perSecond / (4 * x.how.Length.Seconds())
			n = max(n, min(int(enough)+1, int(mostUnit/two)))
		}
	}
	return 2 * max(1, n)
}
