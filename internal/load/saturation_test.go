package load

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/results"
)

// quiet is bench's part in ten seconds in which it was no limit.
func quiet() part {
	p := part{
		length: 10 * time.Second, processors: 4, gomaxprocs: 4, used: new(float64), idle: new(float64), open: true,
		kept:  int64(150 * time.Microsecond),
		times: &results.Distribution{Mean: 250e3, P99: int64(time.Millisecond), P999: int64(4 * time.Millisecond)},
	}
	*p.used, *p.idle = .4, 3.1
	pause(&p, 20, 80*time.Microsecond)
	return p
}

func pause(p *part, times int, length time.Duration) {
	for range times {
		p.pauses.record(int64(length))
	}
}

func TestWhenBenchItselfIsTheLimit(t *testing.T) {
	t.Parallel()
	use := func(used, idle float64) func(*part) {
		return func(p *part) { *p.used, *p.idle = used, idle }
	}
	for name, c := range map[string]struct {
		change func(*part)
		reason string // a piece of it; empty: bench is no limit
	}{
		"a quiet run": {func(p *part) {}, ""},

		"nearly all processors":           {use(3.6, .4), "bench itself used 3.6 of the 4 processors"},
		"many, and some are left":         {use(3.5, .4), ""},
		"most of them, and none is left":  {use(2.1, .1), "no processor was left, and bench itself used 2.1 of the 4"},
		"fewer than others, none left":    {use(1.9, .1), ""},
		"GOMAXPROCS keeps it to one":      {func(p *part) { p.gomaxprocs, *p.used = 1, .97 }, "bench itself used 1.0 of the 1 processors"},
		"taskset keeps it to one":         {func(p *part) { p.processors, *p.used, *p.idle = 1, .6, .01 }, "no processor was left, and bench itself used 0.6 of the 1"},
		"the store runs in this process":  {func(p *part) { *p.used, p.inProcess = 4, true }, ""},
		"the use of processors is secret": {func(p *part) { p.used = nil }, ""},
		"their idleness is secret":        {func(p *part) { *p.used, p.idle = 2.1, nil }, ""},

		"a quota that stops it":             {func(p *part) { p.stops = stops{12, 200 * time.Millisecond} }, "the CPU quota of its control group stopped bench in 12 periods"},
		"a quota that is met now and then":  {func(p *part) { p.stops = stops{1, 90 * time.Millisecond} }, ""},
		"a quota, the store in the process": {func(p *part) { p.stops, p.inProcess = stops{12, 200 * time.Millisecond}, true }, "quota"},

		"behind its schedule":     {func(p *part) { p.kept = int64(2100 * time.Microsecond) }, "requests were 2.1 ms late (p99)"},
		"nearly on schedule":      {func(p *part) { p.kept = int64(1900 * time.Microsecond) }, ""},
		"late with what it holds": {func(p *part) { p.kept, p.inProcess = int64(time.Second), true }, "late"},

		"pauses of a tenth of the p99, too few to make it":  {func(p *part) { pause(p, 250, 110*time.Microsecond) }, ""},
		"pauses of a tenth of the p99, enough to make it":   {func(p *part) { pause(p, 300, 110*time.Microsecond) }, "the garbage collector's 320 pauses of up to 110µs show in the p99"},
		"pauses too short to matter":                        {func(p *part) { pause(p, 3000, 90*time.Microsecond) }, ""},
		"one long pause":                                    {func(p *part) { pause(p, 1, 101*time.Millisecond) }, "show in the p99"},
		"a pause that only the p99.9 shows":                 {func(p *part) { pause(p, 1, 11*time.Millisecond) }, "show in the p99.9"},
		"pauses that not even the p99.9 shows":              {func(p *part) { pause(p, 3, 2100*time.Microsecond) }, ""},
		"a pause in a closed loop, which only who is in it": {func(p *part) { pause(p, 1, 101*time.Millisecond); p.open = false }, ""},
		"pauses in a closed loop that many are in": {func(p *part) {
			p.open, p.times.Mean, p.times.P99 = false, 5e6, int64(20*time.Millisecond)
			pause(p, 21, 3*time.Millisecond)
		}, "show in the p99"},
		"pauses, and no request succeeded": {func(p *part) { pause(p, 1, time.Second); p.times = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := quiet()
			c.change(&p)
			if got := p.saturated(); (got == "") != (c.reason == "") || !strings.Contains(got, c.reason) {
				t.Errorf("%q, want %q", got, c.reason)
			}
		})
	}
}

func TestAllReasonsAreGiven(t *testing.T) {
	t.Parallel()
	p := quiet()
	*p.used, p.stops, p.kept = 4, stops{100, 5 * time.Second}, int64(time.Second)
	pause(&p, 100, 10*time.Millisecond)
	if got := p.saturated(); strings.Count(got, "; ") != 3 {
		t.Errorf("%q", got)
	}
}

// A worker that is free when a job is handed over is to begin it at once; a job
// that finds none, or its session's last one still open, waits for the store.
func TestWhatAJobWaitsForIsKnown(t *testing.T) {
	t.Parallel()
	q := newQueue(3)
	push := func(session uint32, mostWorkers int) {
		q.push(job{group: group{session: session, n: 1}, due: 100, handed: 130}, mostWorkers)
	}
	push(0, 1) // for a new worker
	push(0, 1) // of the same session
	push(1, 1) // no worker is free, nor will there be another
	push(2, 2) // now there is another
	for i, want := range []struct {
		session uint32
		kept    int64
	}{{0, 900}, {1, 30}, {2, 900}, {0, 30}} {
		j, _ := q.pop()
		if j.group.session != want.session || j.kept(1000) != want.kept {
			t.Errorf("job %d: of session %d, bench kept it for %d; want %+v", i, j.group.session, j.kept(1000), want)
		}
		q.done(j)
	}
	push(0, 2)
	if j, _ := q.pop(); j.kept(1000) != 900 {
		t.Error("two workers are idle, and the job is not free to go")
	}
}

func TestEachCollectionIsNoted(t *testing.T) {
	t.Parallel()
	var h harness
	h.start()
	const collections = 3
	for range collections {
		runtime.GC()
	}
	h.look()
	runtime.GC()
	h.stop()
	if p := h.part(); p.pauses.count() <= collections || p.pauses.min <= 0 || p.length <= 0 {
		t.Errorf("%d pauses from %d ns on in %s", p.pauses.count(), p.pauses.min, p.length)
	}
}
