package redis

// queue is first in, first out.
type queue struct {
	items []*call
	head  int
}

func (q *queue) push(c *call) {
	if q.head > 0 && len(q.items) == cap(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, c)
}

// pop returns nil when the queue is empty.
func (q *queue) pop() *call {
	if q.head == len(q.items) {
		return nil
	}
	c := q.items[q.head]
	q.items[q.head] = nil
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return c
}

func (q *queue) takeAll() []*call {
	all := q.items[q.head:]
	*q = queue{}
	return all
}
