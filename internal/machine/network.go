package machine

import (
	"context"
	"fmt"
	"strings"
)

// EphemeralPorts are those that outgoing connections take, one each for a server's
// address.
type EphemeralPorts struct {
	First   int  `json:"first"`
	Last    int  `json:"last"`
	Reuse   int  `json:"tcp_tw_reuse"` // of those that rest: 0 none, 1 all, 2 those to this machine
	Resting *int `json:"time_wait"`    // now, after a connection was closed; null: unknown
}

func (m *Machine) ephemeralPorts(context.Context) (Fact, error) {
	ends, err := m.numbers("proc/sys/net/ipv4/ip_local_port_range", 2)
	if err != nil {
		return nil, err
	}
	reuse, err := m.number("proc/sys/net/ipv4/tcp_tw_reuse")
	if err != nil {
		return nil, err
	}
	return EphemeralPorts{First: ends[0], Last: ends[1], Reuse: reuse, Resting: m.timeWait()}, nil
}

// timeWait reads how many connections are in TIME_WAIT: "tw N" in the line that
// begins with "TCP:".
func (m *Machine) timeWait() *int {
	text, err := m.read("proc/net/sockstat")
	if err != nil {
		return nil
	}
	_, text, _ = strings.Cut(text, "TCP:")
	_, text, found := strings.Cut(text, " tw ")
	var n int
	if _, err := fmt.Sscan(text, &n); !found || err != nil {
		return nil
	}
	return &n
}

func (p EphemeralPorts) count() int { return p.Last - p.First + 1 }

// A port rests so long after its connection was closed, in seconds (Linux's
// TCP_TIMEWAIT_LEN; with tcp_tw_reuse, a second by the timestamps of RFC 6191).
const rest, shortRest = 60, 1

// perSecond is how many connections a second can be opened to one server without
// an end.
func (p EphemeralPorts) perSecond(local bool) float64 {
	if p.Reuse == 1 || p.Reuse == 2 && local {
		return float64(p.count()) / shortRest
	}
	return float64(p.count()) / rest
}

// Figure implements Fact.
func (p EphemeralPorts) Figure() string {
	here, elsewhere := count(p.perSecond(true)), count(p.perSecond(false))
	if here == elsewhere {
		return fmt.Sprintf("%d, for %s new connections/s", p.count(), here)
	}
	return fmt.Sprintf("%d, for %s new connections/s, here %s", p.count(), elsewhere, here)
}

// Fewer ports than these are used up by a few seconds of reconnecting, or at once
// by a run with a connection for each of many workers.
const fewPorts, enoughPorts = 1024, 16384

// Troubles implements Fact.
func (p EphemeralPorts) Troubles() []Trouble {
	troubles := graded(float64(p.count()), fewPorts, enoughPorts, fmt.Sprintf(
		`there are %d ephemeral ports, and each rests for %d s after its connection: beyond %s new connections/s to one server they run out ("cannot assign requested address"); sysctl -w net.ipv4.ip_local_port_range="15000 65000"`, p.count(), rest, count(p.perSecond(false))))
	if p.Resting != nil && *p.Resting > p.count()/2 {
		troubles = append(troubles, Trouble{Look, fmt.Sprintf("%d connections are in TIME_WAIT, and there are %d ephemeral ports; wait a minute", *p.Resting, p.count())})
	}
	return troubles
}

// AcceptQueue is the most connections to a server here that wait to be accepted,
// whatever the server asks for.
type AcceptQueue struct {
	Longest int `json:"longest"`
}

func (m *Machine) acceptQueue(context.Context) (Fact, error) {
	n, err := m.number("proc/sys/net/core/somaxconn")
	if err != nil {
		return nil, err
	}
	return AcceptQueue{n}, nil
}

// Figure implements Fact.
func (q AcceptQueue) Figure() string { return fmt.Sprint(q.Longest) }

// enoughAccepts is what Redis asks for (tcp-backlog 511).
const enoughAccepts = 511

// Troubles implements Fact.
func (q AcceptQueue) Troubles() []Trouble {
	if q.Longest >= enoughAccepts {
		return nil
	}
	return []Trouble{{Look, fmt.Sprintf("a server here has at most %d connections wait to be accepted, and what comes beyond tries again after a second; sysctl -w net.core.somaxconn=4096", q.Longest)}}
}
