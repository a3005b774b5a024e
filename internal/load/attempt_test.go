package load

import (
	"sync"
	"testing"
	"time"
)

// attempt is a run that measures time, with what is wrong with its figures. Where much
// else runs, the machine may stand still for longer than what is measured.
type attempt struct {
	wrong []string
	late  time.Duration // the longest that nothing ran, as seen by a sleeper
}

// undisturbed makes a run again when its figures are wrong, twice at most, and
// returns the last.
func undisturbed(t *testing.T, run func(number int) (wrong []string)) (last attempt) {
	t.Helper()
	const attempts = 3
	for number := range attempts {
		last = besideSleeper(func() []string { return run(number) })
		if len(last.wrong) == 0 {
			break
		}
		t.Logf("attempt %d, in which the machine stood still for %v: %q", number+1, last.late, last.wrong)
	}
	return last
}

// besideSleeper makes a run beside a sleeper, who notices when he is not woken.
func besideSleeper(run func() []string) (made attempt) {
	const nap = 5 * time.Millisecond
	over := make(chan struct{})
	var sleeper sync.WaitGroup
	sleeper.Go(func() {
		for last := time.Now(); ; {
			select {
			case <-over:
				return
			case <-time.After(nap):
			}
			now := time.Now()
			made.late = max(made.late, now.Sub(last)-nap)
			last = now
		}
	})
	wrong := run()
	close(over)
	sleeper.Wait()
	made.wrong = wrong
	return made
}

// judge fails the test for what is wrong, unless the machine is to blame for it: then
// the test can't tell.
func judge(t *testing.T, attempts ...attempt) {
	t.Helper()
	const noticed = 50 * time.Millisecond
	disturbed := time.Duration(0)
	for _, made := range attempts {
		switch {
		case len(made.wrong) > 0 && made.late > noticed:
			disturbed = max(disturbed, made.late)
		case len(made.wrong) > 0:
			t.Errorf("%q", made.wrong)
		}
	}
	if disturbed > 0 {
		t.Skipf("this machine is too busy: it stood still for up to %v", disturbed)
	}
}
