package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sessionbench/bench/results"
)

// Descriptors are small whole numbers that a driver's pool decides, not samples of
// noise: there is nothing to test. More than before is worse from a tolerance on.

// fewDescriptors come and go by themselves: a connection that is made anew while the
// old one closes, a file that is open at the moment of a reading.
const fewDescriptors = 2

// descriptorSide is one side of the connection.
type descriptorSide struct {
	name   string
	of     func(f *results.Figures) *results.Descriptors
	series func(s results.Second) *int
}

var descriptorSides = []descriptorSide{
	{"client", func(f *results.Figures) *results.Descriptors { return f.FileDescriptors.Client }, func(s results.Second) *int { return s.ClientFDs }},
	{"server", func(f *results.Figures) *results.Descriptors { return f.FileDescriptors.Server }, func(s results.Second) *int { return s.ServerFDs }},
}

// peak is the middle of the rounds' peaks: that one of many saw a spike is chance.
func (s descriptorSide) peak(rounds []*results.Round) (peak float64, ok bool) {
	var peaks []float64
	for _, r := range rounds {
		if d := s.of(&r.Figures); d != nil {
			peaks = append(peaks, float64(d.Peak))
		}
	}
	if len(peaks) == 0 {
		return 0, false
	}
	slices.Sort(peaks)
	return (peaks[(len(peaks)-1)/2] + peaks[len(peaks)/2]) / 2, true
}

// more compares the descriptors of the two, for each worker where there are any: the
// tolerance is a share, and a few of them, whichever is more.
func (s descriptorSide) more(a, b []*results.Round, share float64) GateCheck {
	c := GateCheck{Check: s.name + " file descriptors", Unit: Number, Verdict: Same}
	before, okA := s.peak(a)
	now, okB := s.peak(b)
	if !okA || !okB {
		c.Verdict, c.Unmeasured = CantTell, cmp.Or(unreadable(a, s.name), unreadable(b, s.name), "no reading")
		c.Text = "not measured"
		return c
	}
	c.Baseline, c.Candidate = &before, &now
	c.Text = fmt.Sprintf("%s at the peak, and %s before", count(now), count(before))
	if l := b[0].Load; l.Mode == "closed" && l.Workers > 0 {
		c.Text += fmt.Sprintf("; %s a worker, and %s", digits(now/float64(l.Workers)), digits(before/float64(l.Workers)))
	}
	switch {
	case now-before > max(fewDescriptors, share*before):
		c.Verdict = Worse
	case before-now > max(fewDescriptors, share*before):
		c.Verdict = Improved
	}
	return c
}

// unreadable is why a side's descriptors could not be read, as a round has it.
func unreadable(rounds []*results.Round, side string) string {
	for _, r := range rounds {
		if reason := r.Unavailable["file_descriptors."+side]; reason != "" {
			return reason
		}
	}
	return ""
}

// fewestReadings are needed to tell a leak from a pool that fills up.
const fewestReadings = 12

// leak tells by how many the descriptors grew from the first quarter of the readings
// to the last, when they leak. The middle of each quarter lies above that of the one
// before; the last step is at least half of the first, where a pool that fills up takes
// ever smaller ones; and the last quarter never comes down to within a few of what the
// first one reached: what leaks is not given back.
func leak(readings []int) (grown int, leaks bool) {
	n := len(readings)
	if n < fewestReadings {
		return 0, false
	}
	var middle, least, most [4]int
	for i := range 4 {
		quarter := slices.Sorted(slices.Values(readings[i*n/4 : (i+1)*n/4]))
		middle[i], least[i], most[i] = quarter[len(quarter)/2], quarter[0], quarter[len(quarter)-1]
	}
	for i := range 3 {
		if middle[i+1] <= middle[i] {
			return 0, false
		}
	}
	lasting := 2*(middle[3]-middle[2]) >= middle[1]-middle[0]
	return middle[3] - middle[0], lasting && least[3]-most[0] > fewDescriptors
}

// leakIn looks for a leak over all rounds, over those between two looks, after which a
// live gate may take new servers, and within the rounds, of which each may have had a
// server of its own: there, most have to show it.
func (s descriptorSide) leakIn(rounds []*results.Round, looks []int) (grown int, leaks bool) {
	from := 0
	for _, to := range append(slices.Clone(looks), len(rounds)) {
		if to > len(rounds) {
			break
		}
		if grown, leaks = leak(s.readings(rounds[from:to])); leaks {
			return grown, true
		}
		from = to
	}
	if grown, leaks = leak(s.readings(rounds)); leaks {
		return grown, true
	}
	told, leaking := 0, 0
	for i := range rounds {
		readings := s.readings(rounds[i : i+1])
		if len(readings) < fewestReadings {
			continue
		}
		told++
		if more, leaks := leak(readings); leaks {
			leaking++
			grown = max(grown, more)
		}
	}
	return grown, 2*leaking > told
}

// readings are the descriptors over time, in all rounds one after the other: those of
// each second, or where there are none each round's mean.
func (s descriptorSide) readings(rounds []*results.Round) (all []int) {
	for _, r := range rounds {
		if len(r.Phases) > 0 {
			return nil // phases change how much is open
		}
		before := len(all)
		for _, second := range r.Series {
			if n := s.series(second); n != nil && second.Second >= 0 {
				all = append(all, *n)
			}
		}
		if d := s.of(&r.Figures); len(all) == before && d != nil {
			all = append(all, int(d.Mean+.5))
		}
	}
	return all
}

// descriptorChecks compare both sides, and look for leaks.
func descriptorChecks(a, b []*results.Round, share float64, looks []int) (checks []GateCheck) {
	for _, s := range descriptorSides {
		checks = append(checks, s.more(a, b, share))
	}
	return append(checks, leakChecks(a, b, looks)...)
}

// leakChecks look for a leak in the candidate, which is a regression whether or not the
// baseline has it too.
func leakChecks(a, b []*results.Round, looks []int) (checks []GateCheck) {
	for _, s := range descriptorSides {
		grown, leaks := s.leakIn(b, looks)
		if !leaks {
			continue
		}
		more := float64(grown)
		c := GateCheck{
			Check: s.name + " descriptor leak", Unit: Number, Candidate: &more, Verdict: Worse,
			Text: fmt.Sprintf("%s more in the end than at first, and rising all along", plural(uint64(grown), "descriptor")),
		}
		if before, had := s.leakIn(a, looks); had {
			grownBefore := float64(before)
			c.Baseline = &grownBefore
			c.Text += "; the baseline leaks too"
		}
		checks = append(checks, c)
	}
	return checks
}
