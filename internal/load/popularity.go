package load

import (
	"container/heap"
	"math"
)

// busiest is the largest share of the traffic that one session gets. A person
// does not make a tenth of a shop's requests: uncapped, the head of a Zipf
// distribution would turn the run into a test of one row, and as requests of one
// session wait for each other, into one caller.
const busiest = 1.0 / 64

// weights gives each of n sessions its share of the traffic: session i in
// proportion to 1/(i+1)^zipf, capped at busiest. They sum to 1.
func weights(n int, zipf float64) []float64 {
	w := make([]float64, n)
	sum := 0.0
	for i := range w {
		w[i] = math.Pow(float64(i+1), -zipf)
		sum += w[i]
	}
	limit := max(busiest, 1/float64(n))
	// What the cap takes from the head goes to the rest, which may lift further
	// ones over it: the head grows until the rest fits.
	head, rest := 0, sum
	for head < n && w[head]*(1-float64(head)*limit)/rest > limit {
		rest -= w[head]
		head++
	}
	scale := (1 - float64(head)*limit) / rest
	for i := range w {
		if i < head {
			w[i] = limit
		} else {
			w[i] *= scale
		}
	}
	return w
}

// picker draws indexes in proportion to their weights in constant time (Walker's
// alias method). The zero weights slice means: all alike.
type picker struct {
	n     uint64
	cut   []uint32 // of 2^32: below it the index itself, else its alias
	alias []uint32
}

// newPicker uses the weights up: a population may be large, and so is each copy.
func newPicker(n int, weights []float64) picker {
	p := picker{n: uint64(n)}
	if weights == nil {
		return p
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	p.cut, p.alias = make([]uint32, n), make([]uint32, n)
	scaled := weights
	// Two stacks in one array: the small ones from its begin, the large from its end.
	stacks := make([]uint32, n)
	small, large := 0, n // the small are stacks[:small], the large stacks[large:]
	for i, w := range weights {
		if scaled[i] = w / sum * float64(n); scaled[i] < 1 {
			stacks[small] = uint32(i)
			small++
		} else {
			large--
			stacks[large] = uint32(i)
		}
	}
	for small > 0 && large < n {
		small--
		s, l := stacks[small], stacks[large]
		p.cut[s], p.alias[s] = uint32(scaled[s]*(1<<32-1)), l
		if scaled[l] -= 1 - scaled[s]; scaled[l] < 1 {
			large++
			stacks[small] = l
			small++
		}
	}
	for _, rest := range [][]uint32{stacks[:small], stacks[large:]} {
		for _, i := range rest {
			p.cut[i], p.alias[i] = math.MaxUint32, i
		}
	}
	return p
}

// pick maps 64 random bits to an index: the high half chooses the column, the
// low half the index or its alias.
func (p picker) pick(h uint64) int {
	i := (h >> 32) * p.n >> 32
	if p.cut != nil && uint32(h) > p.cut[i] {
		return int(p.alias[i])
	}
	return int(i)
}

// deal gives every session to one of n hands so that the hands' expected shares
// of the traffic are as even as may be: the heaviest session first, each to the
// lightest hand. Sessions that are all alike (nil weights) are dealt in turn.
func deal(sessions, n int, weights []float64) [][]uint32 {
	hands := make([][]uint32, n)
	for i := range hands {
		hands[i] = make([]uint32, 0, sessions/n+1)
	}
	if weights == nil {
		for s := range sessions {
			hands[s%n] = append(hands[s%n], uint32(s))
		}
		return hands
	}
	lightest := make(loads, n)
	for i := range lightest {
		lightest[i].hand = i
	}
	for s := range sessions { // weights fall with the index
		h := lightest[0].hand
		hands[h] = append(hands[h], uint32(s))
		lightest[0].weight += weights[s]
		heap.Fix(&lightest, 0)
	}
	return hands
}

// loads is a heap of hands, the lightest first; of equals the first.
type loads []struct {
	hand   int
	weight float64
}

func (l loads) Len() int { return len(l) }
func (l loads) Less(i, j int) bool {
	return l[i].weight < l[j].weight || l[i].weight == l[j].weight && l[i].hand < l[j].hand
}
func (l loads) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *loads) Push(any)     {} // the number of hands is fixed: only Fix is used
func (l *loads) Pop() any     { return nil }
