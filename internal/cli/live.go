package cli

import (
	"fmt"
	"net/http"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/internal/load"
	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// live is what is known of a target while it runs.
type live struct {
	last load.Progress
	// Over all rounds, warm-up included, as counters are:
	succeeded uint64
	failed    uint64 // in the rounds before the last one
	sum       float64
	within    map[float64]uint64 // successes by how many seconds they took at most

	rounds []*liveRound
}

// liveRound is a round as far as it has come.
type liveRound struct {
	results.Round
	times        *hdr.Histogram // of the successes of its measured part
	least, most  int64
	errors       uint64 // of its measured part
	errorsBefore uint64 // in its warm-up
}

// add takes a second's progress, or that of a moment without figures.
func (t *live) add(p load.Progress) {
	if p.Errors < t.last.Errors { // another round has begun
		t.failed += t.last.Errors
	}
	t.last = p
	t.last.Times = nil // is load's again when this returns
	t.succeeded += p.PerSecond
	t.count(p.Times)
	if p.Elapsed <= 0 {
		return
	}
	if n := len(t.rounds); n == 0 || t.rounds[n-1].Index != p.Round-1 {
		t.rounds = append(t.rounds, &liveRound{times: results.NewHistogram(), Round: results.Round{
			Index: p.Round - 1, StartedAt: time.Now().Add(-p.Elapsed).UTC(), WarmupSecs: max(0, p.Elapsed.Seconds()-float64(p.Second+1)),
		}})
	}
	t.rounds[len(t.rounds)-1].add(p)
}

// count adds times to the histogram that Prometheus gets.
func (t *live) count(times *hdr.Histogram) {
	if times == nil {
		return
	}
	for _, bar := range times.Distribution() {
		if bar.Count == 0 {
			continue
		}
		seconds := float64(bar.To) / 1e9
		t.sum += seconds * float64(bar.Count)
		for _, bound := range bounds {
			if seconds <= bound {
				t.within[bound] += uint64(bar.Count)
			}
		}
	}
}

func (r *liveRound) add(p load.Progress) {
	row := results.Second{Second: p.Second, Seconds: 1, Count: p.PerSecond}
	if p.PerSecond > 0 {
		p50, p99, most := int64(p.P50), int64(p.P99), int64(p.Max)
		row.P50, row.P99, row.Max = &p50, &p99, &most
	}
	client := p.ClientFDs
	row.ClientFDs = &client
	if p.ServerFDs >= 0 {
		server := p.ServerFDs
		row.ServerFDs = &server
	}
	before := r.errorsBefore + r.errors
	row.Errors = p.Errors - min(p.Errors, before)
	r.Series = append(r.Series, row)
	if p.Second < 0 {
		r.errorsBefore += row.Errors
		return
	}
	r.errors += row.Errors
	r.DurationSeconds = float64(p.Second + 1)
	peakOf(&r.FileDescriptors.Client, client)
	if row.ServerFDs != nil {
		peakOf(&r.FileDescriptors.Server, *row.ServerFDs)
	}
	if p.Times != nil {
		if r.times.TotalCount() == 0 {
			r.least = p.Times.Min()
		}
		r.least, r.most = min(r.least, p.Times.Min()), max(r.most, int64(p.Max))
		r.times.Merge(p.Times)
	}
}

func peakOf(d **results.Descriptors, now int) {
	if *d == nil {
		*d = &results.Descriptors{Idle: now, Mean: float64(now)}
	}
	(*d).Peak = max((*d).Peak, now)
}

// round is what a result would have of it now. What is only known at its end, such as
// single operations and the read-back, is not there.
func (r *liveRound) round(open bool, workers int) (results.Round, error) {
	now := r.Round
	times, err := results.NewDistribution(r.times, r.least, r.most)
	if err != nil {
		return results.Round{}, err
	}
	done := uint64(r.times.TotalCount())
	all := &results.Operation{Count: done + r.errors, Errors: map[string]uint64{}, ServiceTime: times,
		WithFailures: results.NewWithFailures(r.times, r.least, r.most, r.errors)}
	if r.errors > 0 {
		all.Errors["failed"] = r.errors
	}
	now.Load = results.Load{Mode: "closed", Workers: workers, Due: all.Count, Sent: all.Count, Completed: done}
	if open {
		now.Load.Mode, all.ResponseTime, all.ServiceTime = "open", times, nil
	}
	if r.DurationSeconds > 0 {
		all.ThroughputPerSecond = float64(done) / r.DurationSeconds
	}
	now.Operations = map[string]*results.Operation{"all": all}
	return now, nil
}

// refresh is how often a browser fetches the page of a run that goes on, in seconds.
// Each time costs the machine that is measured a tenth of a second.
const refresh = 10

// start tells what is measured.
func (m *metrics) start(about measured, targets []*provided) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := about.settings.scenario
	m.open, m.workers = s.Open(), s.Load.Workers
	m.result = func(name string, rounds []results.Round) (*results.Result, error) {
		for _, p := range targets {
			if p.target.String() == name {
				return about.result(p, rounds)
			}
		}
		return nil, fmt.Errorf("%s is none of the targets", name)
	}
}

// page draws the run as far as it has come, as its report will be.
func (m *metrics) page(w http.ResponseWriter, _ *http.Request) {
	all, err := m.soFar()
	var c *report.Comparison
	if err == nil && len(all) > 0 {
		c, err = report.Compare(all, nil)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case c == nil:
		fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\">\n<meta http-equiv=\"refresh\" content=\"%d\">\n<title>bench</title>\n<p>Nothing is measured yet.\n", refresh)
	default:
		_ = report.Write(w, "html", c, report.Style{Refresh: refresh}) // the only error is that the reader has left
	}
}

// soFar are the targets' results, of those that have some.
func (m *metrics) soFar() (all []*results.Result, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range m.order {
		var rounds []results.Round
		for _, r := range m.targets[name].rounds {
			round, err := r.round(m.open, m.workers)
			if err != nil {
				return nil, err
			}
			rounds = append(rounds, round)
		}
		if len(rounds) == 0 || m.result == nil {
			continue
		}
		r, err := m.result(name, rounds)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
