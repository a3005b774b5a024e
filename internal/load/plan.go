package load

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/sessionbench/bench/scenarios"
)

// plan is the traffic of one round: a pure function of the scenario, the seed and
// the round, so that every target and every shard replays the same.
//
// In closed loop each worker has a lane of its own: sessions that it alone asks
// for, and a sequence of requests. In open loop there is one sequence with a due
// time each, and the lanes only hold the short-lived sessions. A shard runs the
// requests of its own lanes and sessions.
type plan struct {
	scenario *scenarios.Scenario
	timeline timeline
	workers  int // closed loop: lanes; open loop: the most in flight
	dealers  []dealer
	lanes    int
	seed     uint64
	shard    Shard
	owner    []uint16 // the shard of each session; nil: all are ours
}

// Shard is one of Count parts of the traffic, counted from 1. The zero value is
// all of it.
type Shard struct{ Index, Count int }

// MaxShards is the most parts that traffic can be split into.
const MaxShards = 64

// openLanes is how many queues of short-lived sessions an open loop has, whatever
// the shards.
const openLanes = MaxShards

func newPlan(s *scenarios.Scenario, seed uint64, round int, shard Shard) *plan {
	p := &plan{scenario: s, timeline: newTimeline(s), shard: shard, seed: hash(seed, uint64(round))}
	var shares []float64
	if s.Popularity.Zipf > 0 {
		shares = weights(s.Sessions, s.Popularity.Zipf)
	}
	if p.timeline.open {
		p.workers, p.lanes = s.Load.MaxInFlight, openLanes
		if shard.Count > 1 {
			p.own(deal(s.Sessions, shard.Count, shares))
		}
		p.dealers = []dealer{newDealer(p.seed, s, newPicker(s.Sessions, shares), nil)}
		return p
	}
	p.workers = int(math.Ceil(p.timeline.peak()))
	p.lanes = p.workers
	hands := deal(s.Sessions, p.lanes, shares)
	for i, hand := range hands {
		var own []float64
		if shares != nil {
			own = make([]float64, len(hand))
			for k, session := range hand {
				own[k] = shares[session]
			}
		}
		p.dealers = append(p.dealers, newDealer(hash(p.seed, uint64(i)), s, newPicker(len(hand), own), hand))
	}
	if shard.Count > 1 {
		p.own(hands)
	}
	return p
}

// own notes whose each hand's sessions are.
func (p *plan) own(hands [][]uint32) {
	p.owner = make([]uint16, p.scenario.Sessions)
	for i, hand := range hands {
		for _, session := range hand {
			p.owner[session] = uint16(i % p.shard.Count)
		}
	}
}

// mine tells whether a session is of this shard, runs whether a lane is.
func (p *plan) mine(session uint32) bool {
	return p.owner == nil || int(p.owner[session]) == p.shard.Index-1
}

func (p *plan) runs(lane int) bool {
	return p.shard.Count <= 1 || lane%p.shard.Count == p.shard.Index-1
}

// portion is the share of an open loop's requests that is this shard's, about.
func (p *plan) portion() float64 { return 1 / float64(max(1, p.shard.Count)) }

// population makes the round's sessions on a target. None is stored yet.
func (p *plan) population(c *clock, t *Target, runID string, round int) *population {
	people := &population{
		identity: newIdentity(runID, round, p.scenario.Payload),
		clock:    c,
		facts:    t.Facts,
		ttl:      time.Duration(p.scenario.TTL),
		short:    time.Duration(p.scenario.ExpireAfter),
		sessions: make([]session, p.scenario.Sessions),
		mine:     p.mine,
	}
	for i := range p.lanes {
		people.lanes = append(people.lanes, &shortLived{
			first: uint64(p.scenario.Sessions + i), step: uint64(p.lanes), runs: p.runs(i),
		})
	}
	return people
}

// shortPerLane is how many short-lived sessions a lane has preloaded: in all, the
// same share of the population as expires have of the mix.
func (p *plan) shortPerLane() int {
	share := classShares(p.scenario.Mix)[drawShort] / 2
	if share == 0 {
		return 0
	}
	return 1 + int(share*float64(p.scenario.Sessions)/float64(p.lanes))
}

// schedule walks an open loop's requests in the order of their due times.
type schedule struct {
	plan    *plan
	q       sequence
	arrived float64 // expected arrivals until the next request
	first   drawn   // that was drawn and not given yet
	have    bool
}

// drawn is a group and when it is due, in seconds of the plan's timeline.
type drawn struct {
	group  group
	second float64
	lane   int // of a short-lived session
}

func (p *plan) schedule() *schedule {
	return &schedule{plan: p, q: sequence{dealer: p.dealers[0]}}
}

// before gives the shard's next group if it is due before a second; ok is false when
// there is none.
func (s *schedule) before(second float64) (d drawn, ok bool) {
	for !s.have {
		d.lane = int(s.q.k % openLanes)
		if d.second, d.group, ok = s.nextGroup(); !ok {
			return drawn{}, false
		}
		if short := d.group.classes[0] == drawShort; short && !s.plan.runs(d.lane) || !short && !s.plan.mine(d.group.session) {
			continue
		}
		s.first, s.have = d, true
	}
	if s.first.second >= second {
		return drawn{}, false
	}
	s.have = false
	return s.first, true
}

// nextGroup gives the next group and its due time. Requests that overlap another
// come due with it; the time that was theirs passes.
func (s *schedule) nextGroup() (second float64, g group, ok bool) {
	first := s.q.k
	if s.plan.scenario.Load.Arrival == scenarios.Poisson {
		s.arrived += exponential(hash(s.q.seed, 4, first))
	}
	second, ok = s.plan.timeline.due(s.arrived)
	g = s.q.nextGroup()
	for k := first; k < s.q.k; k++ {
		switch {
		case s.plan.scenario.Load.Arrival != scenarios.Poisson:
			s.arrived++
		case k > first:
			s.arrived += exponential(hash(s.q.seed, 4, k))
		}
	}
	return second, g, ok
}

// digested is how many groups of requests the digest covers.
const digested = 1 << 13

// digest identifies the traffic, that of all shards: equal digests mean the same
// requests on the same sessions in the same order, at the same times in open loop.
func (p *plan) digest() string {
	h := sha256.New()
	fmt.Fprintln(h, p.scenario.Sessions, p.lanes, p.scenario.Mix, p.scenario.Payload, p.scenario.ExpireAfter)
	line := make([]byte, 0, 64)
	write := func(second float64, g group) {
		line = binary.LittleEndian.AppendUint64(line[:0], uint64(int64(second*1e9)))
		line = binary.LittleEndian.AppendUint32(line, g.session)
		for _, c := range g.classes[:g.n] {
			line = append(line, byte(c))
		}
		h.Write(append(line, 0xff))
	}
	if p.timeline.open {
		s := p.schedule()
		for range digested {
			second, g, ok := s.nextGroup()
			if !ok {
				break
			}
			write(second, g)
		}
		return "sha256:" + hex.EncodeToString(h.Sum(nil))
	}
	for _, d := range p.dealers[:min(len(p.dealers), digested)] {
		q := sequence{dealer: d}
		for range max(1, digested/len(p.dealers)) {
			write(0, q.nextGroup())
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
