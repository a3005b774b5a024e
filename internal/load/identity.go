package load

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/scenarios"
)

// IDPrefix begins every session id that bench makes, so that what a killed run
// left in somebody's store can be told from other people's sessions. A random id
// begins so once in 2^48 times.
const IDPrefix = "bench---"

// RunIDPrefix begins the session ids of one run.
func RunIDPrefix(runID string) string {
	return IDPrefix + base64.RawURLEncoding.EncodeToString(u64(hash(fold(runID)))[:6])[:runTagLength]
}

// An id is the prefix, the run's tag, a hash, and the hash's check, by which an id
// of ours is told from one that only begins like it.
const (
	idLength     = 32 // as uid-safe(24) makes them
	runTagLength = 6
	prefixLength = len(IDPrefix) + runTagLength
	hashLength   = 11 // of 64 bits
)

func check(h uint64) uint64 { return mix(h + 0x9e3779b97f4a7c15) }

// RunOf gives what the ids of an id's run begin with, as RunIDPrefix does. It is
// not ok when bench did not make the id.
func RunOf(id string) (prefix string, ok bool) {
	if len(id) != idLength || !strings.HasPrefix(id, IDPrefix) {
		return "", false
	}
	h := uint64(0)
	for i := range hashLength {
		h |= uint64(strings.IndexByte(alphabet, id[prefixLength+i])) << (6 * i)
	}
	var whole [idLength - prefixLength]byte
	spell(whole[:], h)
	return id[:prefixLength], string(whole[:]) == id[prefixLength:]
}

// spell writes a hash and its check.
func spell(b []byte, h uint64) {
	for i, rest := 0, h; i < len(b); i++ {
		if i == hashLength {
			rest = check(h)
		}
		b[i] = alphabet[rest&63]
		rest >>= 6
	}
}

func u64(v uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return b
}

func fold(s string) uint64 {
	h := uint64(len(s))
	for _, c := range []byte(s) {
		h = hash(h, uint64(c))
	}
	return h
}

// identity makes the ids and values of a run's sessions: pure functions of the
// session and its generation, so that none need be kept, and a clean-up knows
// every id that was ever given out.
type identity struct {
	prefix string
	seed   uint64 // of the run and the round, so that rounds share no ids
	pad    []byte
	median float64
	sigma  float64
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// maxPadding bounds the text that values are padded from; longer ones repeat it.
const maxPadding = 1 << 20

func newIdentity(runID string, round int, p scenarios.Payload) *identity {
	id := &identity{
		prefix: RunIDPrefix(runID),
		seed:   hash(fold(runID), uint64(round)),
		median: float64(p.Median),
	}
	longest := p.Median
	if p.P99 > p.Median {
		const z99 = 2.3263478740408408 // the standard normal's 99th percentile
		id.sigma = math.Log(float64(p.P99)/float64(p.Median)) / z99
		longest = p.P99 * 8
	}
	id.pad = make([]byte, min(2*int(longest)+4096, maxPadding))
	for i := 0; i < len(id.pad); i += 8 {
		h := hash(1, uint64(i))
		for j := i; j < min(i+8, len(id.pad)); j++ {
			id.pad[j] = alphabet[h&63]
			h >>= 6
		}
	}
	return id
}

// ids cuts strings from blocks, so that making an id costs no allocation of its
// own. A block is never written again, so a driver may keep an id.
type ids struct{ block []byte }

const idsAtOnce = 64

// id is that of a session's generation; generation 0 is an id that is never stored.
func (g *ids) id(id *identity, session uint64, generation uint32) string {
	if len(g.block) < idLength {
		g.block = make([]byte, idsAtOnce*idLength)
	}
	b := g.block[:idLength:idLength]
	g.block = g.block[idLength:]
	copy(b, id.prefix)
	spell(b[prefixLength:], hash(id.seed, session, uint64(generation)))
	return unsafe.String(&b[0], idLength)
}

// size is a session's, in bytes of JSON text: log-normal, the same for its life,
// and at most eight times the 99th percentile.
func (id *identity) size(session uint64) int {
	if id.sigma == 0 {
		return int(id.median)
	}
	z := min(normal(hash(2, session)), 4)
	return int(id.median * math.Exp(id.sigma*z))
}

// value appends the JSON text of a session as a shop's would be. "user" and
// "csrf" tie it to its id, "n" is its version.
func (id *identity) value(dst []byte, sid string, session uint64, version uint32, c drivers.Cookie) []byte {
	start := len(dst)
	dst = append(dst, `{"cookie":`...)
	dst = c.AppendJSON(dst)
	dst = append(dst, `,"user":{"id":`...)
	dst = strconv.AppendUint(dst, session, 10)
	dst = append(dst, `,"name":"`...)
	dst = append(dst, name...)
	dst = append(dst, csrfKey...)
	dst = append(dst, sid[prefixLength:]...)
	dst = append(dst, `","n":`...)
	dst = strconv.AppendUint(dst, uint64(version), 10)
	dst = append(dst, `,"cart":"`...)
	missing := id.size(session) - (len(dst) - start) - len(`"}`)
	for offset := int(session % 4096); missing > 0; offset = 0 {
		n := min(missing, len(id.pad)-offset)
		dst = append(dst, id.pad[offset:offset+n]...)
		missing -= n
	}
	return append(dst, `"}`...)
}

const (
	name    = "visitor"
	csrfKey = `"},"csrf":"`
)

// csrf finds what follows csrfKey in a value. As it is made, the name stands before
// it, and no "v" stands before that: looking for one byte is quicker than for many.
func csrf(value []byte) (rest []byte, ok bool) {
	if at := bytes.IndexByte(value, name[0]); at >= 0 {
		if rest, ok = bytes.CutPrefix(value[at:], []byte(name+csrfKey)); ok {
			return rest, true
		}
	}
	_, rest, ok = bytes.Cut(value, []byte(csrfKey[2:]))
	return rest, ok
}

// version reads a value's version, and refuses one that is not of this id.
func version(value []byte, sid string) (uint32, error) {
	rest, ok := csrf(value)
	if !ok {
		return 0, fmt.Errorf("session %s holds no csrf token of ours", sid)
	}
	token, key := sid[prefixLength:], `","n":`
	if len(rest) < len(token)+len(key) || string(rest[:len(token)]) != token {
		return 0, fmt.Errorf("session %s holds the value of another", sid)
	}
	v := uint64(0)
	for _, c := range rest[len(token)+len(key):] {
		if c < '0' || c > '9' {
			return uint32(v), nil
		}
		v = v*10 + uint64(c-'0')
	}
	return 0, fmt.Errorf("session %s ends in its version", sid)
}
