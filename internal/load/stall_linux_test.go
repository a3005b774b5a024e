package load

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers/drivertest"
	_ "github.com/sessionbench/bench/drivers/postgres"
	_ "github.com/sessionbench/bench/drivers/redis"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/scenarios"
)

// stoppable is a store that can be made to stand still. Several runs use it at the
// same time, each through a driver of its own.
type stoppable struct {
	open         func(t *testing.T, run int) *Target
	stop, resume func()
	// atOnce is whether what waited is served at once when the store goes on, if the
	// machine lets it. Where that takes a while, who waited waits so much longer.
	atOnce bool
}

var stoppables = []struct {
	name string
	open func(t *testing.T) stoppable
}{
	{"in process", func(t *testing.T) stoppable {
		store := &gate{Driver: memoryTarget(t).Driver}
		open := func(*testing.T, int) *Target { return &Target{Driver: store, InProcess: true} }
		return stoppable{open, store.shut, store.open, true}
	}},
	{"redis", func(t *testing.T) stoppable {
		b := testserver.OwnRedis(t)
		return processes(t, b, true, func(t *testing.T, run int) *Target {
			return openTarget(t, "redis", b.URL, map[string]string{"prefix": fmt.Sprintf("run%d:", run)})
		})
	}},
	{"postgres", func(t *testing.T) stoppable {
		b := testserver.OwnPostgres(t, "fsync=off")
		return processes(t, b, false, func(t *testing.T, run int) *Target {
			return openTarget(t, "postgres", b.URL, map[string]string{"table": fmt.Sprintf("run%d", run)})
		})
	}},
}

// processes is a server that stands still when all its processes are stopped.
func processes(t *testing.T, b *containers.Backend, atOnce bool, open func(*testing.T, int) *Target) stoppable {
	send := func(sig syscall.Signal) {
		for _, pid := range b.PIDs() {
			if err := syscall.Kill(pid, sig); err != nil {
				t.Errorf("%v to process %d: %v", sig, pid, err)
			}
		}
	}
	return stoppable{open, func() { send(syscall.SIGSTOP) }, func() { send(syscall.SIGCONT) }, atOnce}
}

// arrivals are 1,000 a second on average, in each way that there is.
var arrivals = []struct {
	name   string
	change func(*scenarios.Scenario)
}{
	{"constant", gets(scenarios.Uniform, manyInFlight, phase("steady", 1000, 1000, 10))},
	{"constant, few in flight", gets(scenarios.Uniform, fewInFlight, phase("steady", 1000, 1000, 10))},
	{"poisson, few in flight", gets(scenarios.Poisson, fewInFlight, phase("steady", 1000, 1000, 10))},
	{"phases, few in flight", gets(scenarios.Uniform, fewInFlight, phase("climb", 500, 1500, 6), phase("calm", 1000, 1000, 4))},
}

// fewInFlight are much fewer than come due in a stall, and less than one per cent of
// all.
const fewInFlight = 64

// begin starts a run of each arrival, and returns when all have been served for a
// second. over waits for their end, and what change returns is called at that of each.
func (s stoppable) begin(t *testing.T, id string, change func(*witnessed) (ended func())) (runs []*witnessed, over func()) {
	var serving, ended sync.WaitGroup
	for i, a := range arrivals {
		w := newWitnessed(t, s.open(t, i), a.change)
		w.options.RunID = id
		atEnd := change(w)
		serving.Add(1)
		served := sync.OnceFunc(serving.Done)
		observe := w.options.Observe
		w.options.Observe = func(p Progress) {
			observe(p)
			if p.Elapsed > 0 {
				served()
			}
		}
		ended.Go(func() {
			defer served()
			defer atEnd()
			w.run(t)
		})
		runs = append(runs, w)
	}
	serving.Wait()
	return runs, ended.Wait
}

// While a server stands still, everybody who comes waits until it goes on, and the
// response times say so, whatever the arrivals are like and however few requests may
// be open at once: what can't be sent stays due. When it does not go on, all who came
// are in the figures nevertheless.
func TestAStallShows(t *testing.T) {
	t.Parallel()
	for _, store := range stoppables { // one after the other, as they would slow each other down
		t.Run(store.name, func(t *testing.T) {
			s := store.open(t)
			t.Run("for a second", s.standsStillForASecond)
			t.Run("until the end", s.standsStillUntilTheEnd)
		})
	}
}

func (s stoppable) standsStillForASecond(t *testing.T) {
	drivertest.Quiet(t)
	judge(t, undisturbed(t, func(attempt int) (wrong []string) {
		runs, over := s.begin(t, fmt.Sprint("attempt", attempt), func(*witnessed) func() { return func() {} })
		s.stop()
		from := time.Now()
		time.Sleep(time.Second) // the stall
		until := time.Now()
		s.resume()
		over()
		if t.Failed() {
			return nil // a run came to nothing
		}
		for i, w := range runs {
			for _, text := range append(w.checkSeen(), w.checkStall(from, until, s.atOnce)...) {
				wrong = append(wrong, arrivals[i].name+": "+text)
			}
		}
		return wrong
	}))
}

// checkSeen holds the figures of a run to what was seen from outside: all that came
// due was answered, and when.
func (w *witnessed) checkSeen() (wrong []string) {
	_, waits := w.waits()
	all, load, n := w.round.Operations["all"], w.round.Load, uint64(len(waits))
	if load.Due != n || load.Sent != n || load.Completed != n || all.Count != n || len(all.Errors) > 0 {
		wrong = append(wrong, fmt.Sprintf("of %d requests: %+v, errors %v", n, load, all.Errors))
	}
	const between = 100 * time.Millisecond // the witness and the harness
	for share, got := range map[float64]*int64{0.95: all.WithFailures.P95, 0.99: all.WithFailures.P99} {
		if seen := quantile(waits, share); got == nil || (time.Duration(*got)-seen).Abs() > between {
			wrong = append(wrong, fmt.Sprintf("%g of the requests had their answer after %v, with failures %+v", share, seen, all.WithFailures))
		}
	}
	return wrong
}

// caughtUp is how long after the server went on those were served that had come
// meanwhile.
func (w *witnessed) caughtUp(from, until time.Time) (took time.Duration) {
	due, waits := w.waits()
	for i, at := range due {
		if at.After(from) && at.Before(until) {
			took = max(took, waits[i]-until.Sub(at))
		}
	}
	return took
}

// checkStall holds the figures of a run to what follows alone from when the requests
// came due and how long the server stood still: those that came meanwhile waited
// until it went on, and longer at most by what it took to serve them.
func (w *witnessed) checkStall(from, until time.Time, atOnce bool) (wrong []string) {
	due, _ := w.waits()
	var stood []time.Duration
	for _, at := range due {
		wait := time.Duration(0)
		if at.After(from) {
			wait = max(0, until.Sub(at))
		}
		stood = append(stood, wait)
	}
	longer := time.Duration(0)
	if !atOnce {
		longer = w.caughtUp(from, until)
	}
	if w.round.Load.Overloaded {
		wrong = append(wrong, "overloaded: "+w.round.Load.OverloadedReason)
	}
	response := w.round.Operations["all"].ResponseTime
	if response == nil {
		return append(wrong, "nothing succeeded")
	}
	for _, p := range []struct {
		share          float64
		got, tolerance time.Duration
	}{{0.95, time.Duration(response.P95), 40 * time.Millisecond}, {0.99, time.Duration(response.P99), 30 * time.Millisecond}} {
		if want := quantile(stood, p.share); p.got < want-p.tolerance || p.got > want+longer+p.tolerance {
			wrong = append(wrong, fmt.Sprintf("%g of the response times are at most %v, by the stall alone %v, and at most %v longer", p.share, p.got, want, longer))
		}
	}
	return append(wrong, w.checkServiceTime(until.Sub(from), atOnce)...)
}

// checkServiceTime: requests that wait are not sent, so that only those show the
// stall in their service time that were open when it came, or were sent into it until
// no more may be open. Of few in flight the service time stays what it was; of many,
// all that came due are sent into the stall.
func (w *witnessed) checkServiceTime(stall time.Duration, atOnce bool) (wrong []string) {
	service := w.round.Operations["all"].ServiceTime
	h, err := service.Decode()
	if err != nil {
		return []string{err.Error()}
	}
	var slow int64
	for _, bar := range h.Distribution() {
		if bar.From > int64(stall/2) {
			slow += bar.Count
		}
	}
	few, p99 := w.scenario.Load.MaxInFlight == fewInFlight, time.Duration(service.P99)
	if few && (slow > fewInFlight || atOnce && p99 > stall/10) || !few && p99 < stall/2 {
		wrong = append(wrong, fmt.Sprintf("%d service times are more than half the stall, their p99 is %v", slow, p99))
	}
	return wrong
}

// quantile is the value that a share of the values is at most.
func quantile(values []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}

// standsStillUntilTheEnd: the server goes on only when the runs have given up, so that
// what they ask it then is answered.
func (s stoppable) standsStillUntilTheEnd(t *testing.T) {
	const duration, drain = 2 * time.Second, 500 * time.Millisecond
	var gaveUp sync.WaitGroup
	runs, over := s.begin(t, "end", func(w *witnessed) (ended func()) {
		w.scenario.SetDuration(scenarios.Duration(duration))
		w.options.Drain = drain
		gaveUp.Add(1)
		done := sync.OnceFunc(gaveUp.Done)
		observe := w.options.Observe
		w.options.Observe = func(p Progress) {
			observe(p)
			if p.Elapsed >= duration+drain {
				done()
			}
		}
		return done // at the latest: on a busy machine one may end before the server stands still
	})
	if t.Failed() {
		over()
		return // one of them came to nothing
	}
	s.stop()
	from := time.Now()
	gaveUp.Wait()
	s.resume()
	over()
	for i, w := range runs {
		t.Run(arrivals[i].name, func(t *testing.T) { w.checkEnd(t, from) })
	}
}

// checkEnd wants all that came due since then among the failures, and no percentile
// that they reach.
func (w *witnessed) checkEnd(t *testing.T, from time.Time) {
	due, waits := w.waits()
	n, failed := uint64(len(due)), uint64(0)
	for i, at := range due {
		if waits[i] == unanswered {
			failed++
		} else if at.After(from) {
			t.Errorf("%v after the server stood still a request came due, and was answered %v later", at.Sub(from), waits[i])
		}
	}
	all, load := w.round.Operations["all"], w.round.Load
	if load.Due != n || all.Count != n || load.Completed != n-failed || sum(all.Errors) != failed || all.WithFailures.Failures != failed {
		t.Errorf("of %d requests %d have no answer: %+v, errors %v, with failures %+v", n, failed, load, all.Errors, all.WithFailures)
	}
	if unsent := w.round.Harness.NotSent; load.Sent != n-unsent || load.Sent-load.Completed > uint64(load.Workers) {
		t.Errorf("%d were not sent: %+v", unsent, load)
	}
	if failed < n/8 {
		t.Skipf("this machine is too busy: %d of %d requests were answered before the server stood still", n-failed, n)
	}
	f := all.WithFailures
	if f.P90 != nil || f.P95 != nil || f.P99 != nil || f.P999 != nil || f.Reason == "" {
		t.Errorf("with failures %+v", f)
	}
}
