package load

import (
	"math"

	"github.com/sessionbench/bench/scenarios"
)

// class is what is drawn for an operation. Which operation it becomes may depend
// on its session: a visitor who was logged out logs in first.
type class uint8

const (
	drawRead class = iota
	drawWrite
	drawLogin
	drawLogout
	drawAnonymous
	drawShort // an expire, or the login whose short session a later expire looks for
	numClasses
)

// kind is the operation that a request of the class is counted as when it was
// never sent, so that its session did not decide.
func (c class) kind() scenarios.Kind {
	return [numClasses]scenarios.Kind{
		scenarios.Read, scenarios.Write, scenarios.Login, scenarios.Logout, scenarios.Anonymous, scenarios.Expire,
	}[c]
}

// draw is one drawn request.
type draw struct {
	class   class
	session uint32
	overlap bool // starts while the request before it, of the same session, is open
}

// dealer draws requests: a pure function of the seed and a number.
type dealer struct {
	seed     uint64
	below    [numClasses]uint32 // cumulated shares, of 2^32
	overlap  uint32             // share, of 2^32
	sessions picker
	owned    []uint32 // the sessions that the picker's indexes stand for; nil: themselves
}

func newDealer(seed uint64, s *scenarios.Scenario, sessions picker, owned []uint32) dealer {
	d := dealer{seed: seed, sessions: sessions, owned: owned}
	d.overlap = uint32(min(s.Overlap/100, 1) * math.MaxUint32)
	sum := 0.0
	shares := classShares(s.Mix)
	for c, share := range shares {
		sum += share
		d.below[c] = uint32(min(sum, 1) * math.MaxUint32)
	}
	for c := int(numClasses) - 1; c >= 0; c-- { // no gap above the last class that occurs
		d.below[c] = math.MaxUint32
		if shares[c] > 0 {
			break
		}
	}
	return d
}

// classShares turns the mix that shall run into the one that is drawn, so that
// the logins that follow from logouts and expiries are part of login's share:
//
//   - each logout makes the visitor's next request a login, whatever was drawn;
//   - of the short draws, half are expires and half the logins before them.
//
// When login's share is too small for both, more logins run than asked for.
func classShares(mix scenarios.Mix) [numClasses]float64 {
	sum := 0.0
	for _, w := range mix {
		sum += w
	}
	share := func(k scenarios.Kind) float64 { return mix[k] / sum }
	read, write, logout := share(scenarios.Read), share(scenarios.Write), share(scenarios.Logout)
	expire, anonymous := share(scenarios.Expire), share(scenarios.Anonymous)
	login := max(0, share(scenarios.Login)-logout-expire)

	var p [numClasses]float64
	p[drawAnonymous] = anonymous
	p[drawShort] = 2 * expire
	total := anonymous + 2*expire
	if total >= 1 { // nothing but expires and anonymous visits
		p[drawAnonymous] /= total
		p[drawShort] /= total
		return p
	}
	own := read + write + login + logout
	if own == 0 {
		p[drawAnonymous], p[drawShort] = anonymous/total, 2*expire/total
		return p
	}
	scale := (1 - total) / own
	p[drawRead], p[drawWrite], p[drawLogin], p[drawLogout] = read*scale, write*scale, login*scale, logout*scale
	return p
}

// at draws request number k.
func (d *dealer) at(k uint64) draw {
	h := hash(d.seed, k)
	r := draw{overlap: uint32(h) < d.overlap}
	for uint32(h>>32) > d.below[r.class] {
		r.class++
	}
	i := d.sessions.pick(mix(h + 0x9e3779b97f4a7c15))
	if r.session = uint32(i); d.owned != nil {
		r.session = d.owned[i]
	}
	return r
}

// maxOverlap is the most requests of one session that are open at once.
const maxOverlap = 8

// group is a request and those that overlap it: all of one session, started
// together. It is what a worker takes.
type group struct {
	n       int
	classes [maxOverlap]class
	session uint32
}

// sequence yields the groups of one dealer in order.
type sequence struct {
	dealer
	k    uint64 // the next number
	next draw   // request k, drawn already when drawn is set
	have bool
}

func (q *sequence) peek() draw {
	if !q.have {
		q.next, q.have = q.at(q.k), true
	}
	return q.next
}

func (q *sequence) take() draw {
	r := q.peek()
	q.k, q.have = q.k+1, false
	return r
}

// nextGroup takes the next request, and those after it that are drawn to overlap
// it: they become requests of its session. Visits and expires are not of a
// visitor's session, so nothing overlaps them and as followers they are reads.
func (q *sequence) nextGroup() group {
	first := q.take()
	g := group{n: 1, session: first.session}
	g.classes[0] = first.class
	if q.overlap == 0 || first.class == drawAnonymous || first.class == drawShort {
		return g
	}
	for g.n < maxOverlap && q.peek().overlap {
		c := q.take().class
		if c == drawAnonymous || c == drawShort {
			c = drawRead
		}
		g.classes[g.n] = c
		g.n++
	}
	return g
}
