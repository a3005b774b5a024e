// Package load replays session traffic on drivers and measures it: worker pools,
// pacing, the population of sessions, what each get owes, and the recording.
//
// Data flows one way: a plan (what comes when, a pure function of the seed) is
// replayed by workers, each request goes through internal/middleware to a driver,
// what it took and found goes to a recorder, and the recorders become the
// results.Round that Run returns.
package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// Target is a driver to put load on.
type Target struct {
	Name    string // for progress
	Driver  drivers.Driver
	Facts   drivers.Facts
	Timeout time.Duration // of a call, unless Options has one; 0: none
	// Server reads what the store's server uses; nil when it has no process of
	// its own that can be seen, for the reason given.
	Server       func() (Process, error)
	ServerReason string
	InProcess    bool // the store runs in this process
	// Alive says how the server ended, and nil while it runs; nil when that can't
	// be known.
	Alive func() error
	// Files is how many file descriptors this process holds for the target from its
	// opening to its end, besides the connections that its driver counts.
	Files int
	// Disposable stores are taken away after the run, so that the sessions of the
	// last round need no removal.
	Disposable bool
}

// Process is what a program uses now.
type Process struct {
	FileDescriptors int
	Limit           *uint64       // of file descriptors; nil: none, or unknown
	CPU             time.Duration // user and system, since it started
	Memory          uint64        // resident bytes
}

// Options of a run.
type Options struct {
	RunID  string
	Seed   uint64
	Rounds int // how many; of a run in slices, units of about a second
	// First is the number of the first round, where earlier runs of the same targets had
	// some: these count on, with traffic of their own.
	First   int
	Shard   Shard
	Verify  VerifyMode
	Timeout time.Duration // of a call; 0: the target's
	Drain   time.Duration // how long what is open at the end is awaited
	Keep    bool          // leave the sessions in the store
	// Wall is the wall clock, which may jump; nil: the system's.
	Wall func() time.Time
	// Client reads what this process uses, and CPU the processor time alone, which must
	// be cheap; it is needed for slices only.
	Client func() (Process, error)
	CPU    func() time.Duration
	// Observe is called about once a second, and when a round enters another
	// phase; nil is allowed. It must return soon.
	Observe func(Progress)
}

// held is how many of this process's file descriptors are the target's.
func (t *Target) held() int {
	if d, ok := t.Driver.(drivers.Connected); ok {
		return t.Files + d.Connections()
	}
	return t.Files
}

// without are the options in which those of this process's file descriptors do not
// count that are held for other targets.
func (o Options) without(others []*Target) Options {
	if client := o.Client; client != nil && len(others) > 0 {
		o.Client = func() (Process, error) {
			p, err := client()
			for _, t := range others {
				p.FileDescriptors -= t.held()
			}
			p.FileDescriptors = max(0, p.FileDescriptors)
			return p, err
		}
	}
	return o
}

// Progress is how far a run is.
type Progress struct {
	Target        string
	Round, Rounds int    // from 1
	Phase         string // preload, warm-up, the scenario's phases, drain, read-back, clean-up
	Elapsed       time.Duration
	Second        int           // the one that is over, since the measured part began; negative in warm-up
	Left          time.Duration // until the end of all rounds; an estimate
	PerSecond     uint64        // operations finished in the last second
	Share         float64       // of that second that was the target's; 0: all of it
	P50, P99      time.Duration // of that second; 0: none succeeded
	Max           time.Duration
	// Times has the times in nanoseconds of that second's successes; nil: there were
	// none. It is good until Observe returns.
	Times     *hdr.Histogram
	Errors    uint64 // since the replay began
	ClientFDs int
	ServerFDs int // -1: unknown
}

// Outcome is what was measured of one target.
type Outcome struct {
	Rounds []results.Round
	// Err says why the target has fewer rounds than asked for. It wraps ErrNoAnswer
	// when the store did not answer any more.
	Err error
	// Left says why sessions of the run are still in the store, if they are.
	Left error
}

// ErrNoAnswer says that a store which had stopped serving did not answer after the
// replay either.
var ErrNoAnswer = errors.New("the store does not answer any more")

// Digest identifies the traffic that a scenario and a seed make.
func Digest(s *scenarios.Scenario, seed uint64) string {
	defer frugalHeap()()
	return newPlan(s, seed, 0, Shard{}).digest()
}

// Prepare checks what only the load can know and adapts the scenario to it: in
// closed loop each worker needs a session of its own. It returns what it changed,
// in words.
func Prepare(s *scenarios.Scenario, shard Shard) (notes []string, err error) {
	if s.Open() {
		if shard.Count > MaxShards {
			return nil, fmt.Errorf("shard: at most %d shards are possible", MaxShards)
		}
		return nil, nil
	}
	workers := int(newTimeline(s).peak())
	if shard.Count > workers {
		return nil, fmt.Errorf("shard: %d shards need at least as many workers, and there are %d", shard.Count, workers)
	}
	if s.Sessions < workers {
		notes = append(notes, fmt.Sprintf("%d sessions instead of %d: each worker needs one of its own", workers, s.Sessions))
		s.Sessions = workers
	}
	return notes, nil
}

// Run replays the scenario on the targets: every round on each, in an order that
// is reversed every other time, so that a drift of the machine hits all alike. It
// returns an outcome a target, also when ctx ends: then what was measured so far
// is there, and interrupted is true.
func Run(ctx context.Context, s *scenarios.Scenario, targets []*Target, o Options) (outcomes []Outcome, interrupted bool) {
	outcomes = make([]Outcome, len(targets))
	for round := o.First; round < o.First+o.Rounds; round++ {
		restore := frugalHeap()
		p := newPlan(s, o.Seed, round, o.Shard)
		restore()
		for i := range targets {
			if round%2 == 1 {
				i = len(targets) - 1 - i
			}
			if ctx.Err() != nil {
				return outcomes, true
			}
			if outcomes[i].Err != nil || outcomes[i].Left != nil {
				continue
			}
			others := slices.Delete(slices.Clone(targets), i, i+1)
			measured, left, err := runRound(ctx, p, targets[i], round, o.without(others))
			if measured != nil {
				if len(targets) > 1 {
					measured.Pair = &round
				}
				outcomes[i].Rounds = append(outcomes[i].Rounds, *measured)
			}
			outcomes[i].Left = left
			if err != nil && ctx.Err() == nil {
				outcomes[i].Err = err
			}
		}
	}
	return outcomes, ctx.Err() != nil
}

// runRound is one round on one target: preload, replay, read back, clean up. The
// round is nil when nothing was measured; left says why sessions remain.
func runRound(ctx context.Context, p *plan, t *Target, round int, o Options) (measured *results.Round, left, err error) {
	restore := frugalHeap()
	r := newReplay(ctx, p, t, round, o)
	restore()
	defer r.cancelCalls()
	defer r.steadyHeap()()
	show := func(phase string) { r.observe(Progress{Phase: phase, ServerFDs: -1}) }
	last := round == o.First+o.Rounds-1
	if !o.Keep && !(last && t.Disposable) {
		defer func() {
			if r.gone() != nil {
				return
			}
			show("clean-up")
			left = r.cleanUp(ctx, err)
		}()
	}
	show("preload")
	m := newMeasurement(r)
	if _, err := r.people.preload(ctx, t.Driver, p.shortPerLane()); err != nil {
		return nil, nil, err
	}
	m.readBefore(ctx)
	show(r.timeline.stretches[0].name)
	r.start()
	m.begin()
	r.run()
	m.end()
	verified, err := m.afterwards(ctx, func() { show("read-back") })
	measured, roundErr := m.round(round, verified)
	return measured, nil, errors.Join(err, roundErr)
}

// afterwards reads what the store counted and, unless the user ended the run, what
// it holds. A store that has gone or fallen silent is not asked.
func (m *measurement) afterwards(ctx context.Context, readingBack func()) (verified results.Verify, err error) {
	verified.Mode = string(VerifyOff)
	stopped := m.stopped()
	if err = m.serves(ctx, stopped); err != nil {
		for _, figure := range []string{"verify", "server_calls", "storage"} {
			m.unavailable[figure] = err.Error()
		}
		return verified, err
	}
	m.readAfter(context.WithoutCancel(ctx))
	if !m.interrupted.Load() {
		readingBack()
		if verified, err = m.readBack(ctx); err != nil {
			m.unavailable["verify"] = err.Error()
		}
	}
	return verified, errors.Join(stopped, err)
}

// serves is nil when the store still does after a replay, in whose end it may have
// stopped.
func (r *replay) serves(ctx context.Context, stopped error) error {
	if r.silent != nil {
		return r.silent
	}
	if err := r.gone(); err != nil || stopped == nil {
		return err
	}
	if answer := r.answers(ctx); answer != nil {
		return fmt.Errorf("%w; %w", stopped, answer)
	}
	return nil
}

// probePatience is how long a store that may have gone has to answer one call. An
// Express client that lost its connection tries again each two seconds.
const probePatience = 3 * time.Second

// answers is nil when the store answers a call.
func (r *replay) answers(ctx context.Context) error {
	if r.silent != nil {
		return r.silent
	}
	ctx, cancel := drivers.WithPatience(context.WithoutCancel(ctx), probePatience)
	defer cancel()
	var g ids
	_, err := r.driver.Get(ctx, g.id(r.people.identity, 0, 0)) // nobody's
	if err != nil && !errors.Is(err, drivers.ErrNotFound) {
		r.silent = fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return r.silent
}

// gone says how the store's server ended, if it did.
func (r *replay) gone() error {
	if r.target.Alive == nil {
		return nil
	}
	if err := r.target.Alive(); err != nil {
		return fmt.Errorf("the server went away during the run: %w", err)
	}
	return nil
}

// cleanUp removes the sessions of the round, also when the user ended it. After
// something failed, the store is asked first whether it is there.
func (r *replay) cleanUp(ctx context.Context, failed error) error {
	if failed != nil {
		if err := r.answers(ctx); err != nil {
			return err
		}
	}
	return r.people.remove(context.WithoutCancel(ctx), r.driver)
}

// readBack is what the read-back found; its races are added to the replay's.
func (r *replay) readBack(ctx context.Context) (results.Verify, error) {
	checked, found, err := r.people.verify(ctx, r.driver, r.options.Verify, r.options.Drain)
	for race := lostUpdate; int(race) < numViolations; race++ {
		r.unreported[race] += found[race]
	}
	return results.Verify{Mode: string(r.options.Verify), Checked: checked, Violations: promises(&found)}, err
}

func purgedText(removed int64) string {
	if removed < 0 {
		return "the store's purge ran"
	}
	return fmt.Sprintf("the store's purge removed %d expired sessions", removed)
}
