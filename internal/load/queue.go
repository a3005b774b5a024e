package load

import "sync"

// queue holds what came due until a worker is free and no request of the same
// session is open. Its lock is held for a few instructions a request.
type queue struct {
	mu        sync.Mutex
	filled    sync.Cond
	ready     fifo
	busy      []bool           // by session
	waiting   map[uint32]*fifo // jobs of busy sessions
	held      int              // how many those are
	workers   int
	idle      int
	closed    bool
	abandoned bool
	backlog   int     // the largest
	count     reading // so far, and the fewest open since the last one was taken
}

func newQueue(sessions int) *queue {
	q := &queue{busy: make([]bool, sessions), waiting: map[uint32]*fifo{}}
	q.filled.L = &q.mu
	return q
}

// push adds a job. When all workers are taken and there may be more, it returns
// the number of a new one to start.
func (q *queue) push(j job, mostWorkers int) (worker int, start bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count.least = min(q.count.least, q.open())
	q.count.due += uint64(j.requests())
	if s := j.group.session; j.short == nil && q.busy[s] {
		w := q.waiting[s]
		if w == nil {
			w = &fifo{}
			q.waiting[s] = w
		}
		w.push(j)
		q.held++
	} else {
		j.free = q.ready.len() < q.idle || q.workers < mostWorkers
		q.offer(j)
	}
	q.backlog = max(q.backlog, q.ready.len()+q.held)
	if q.ready.len() > q.idle && q.workers < mostWorkers {
		q.workers++
		q.idle++ // it is about to be
		return q.workers - 1, true
	}
	q.filled.Signal()
	return 0, false
}

func (q *queue) offer(j job) {
	if j.short == nil {
		q.busy[j.group.session] = true
	}
	q.ready.push(j)
}

// pop waits for a job; ok is false when there will be none. A worker that was
// just started counts as idle already.
func (q *queue) pop() (j job, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.ready.len() == 0 {
		if q.abandoned || q.closed && q.held == 0 {
			q.filled.Broadcast()
			return job{}, false
		}
		q.filled.Wait()
	}
	if q.abandoned {
		return job{}, false
	}
	q.idle--
	return q.ready.pop(), true
}

// done frees the job's session for the next one that waits for it.
func (q *queue) done(j job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle++
	q.count.finished += uint64(j.requests())
	if j.short != nil {
		return
	}
	s := j.group.session
	q.busy[s] = false
	if w := q.waiting[s]; w != nil {
		q.held--
		q.offer(w.pop())
		if w.len() == 0 {
			delete(q.waiting, s)
		}
	}
}

// close says that no more jobs will come.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.filled.Broadcast()
}

// abandon gives up what is not taken yet.
func (q *queue) abandon() {
	q.mu.Lock()
	q.abandoned = true
	q.mu.Unlock()
	q.filled.Broadcast()
}

// unsent takes the jobs that no worker took.
func (q *queue) unsent() []job {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.ready.rest()
	for _, w := range q.waiting {
		jobs = append(jobs, w.rest()...)
	}
	return jobs
}

// open is how many requests came due and are not finished.
func (q *queue) open() uint64 { return q.count.due - q.count.finished }

// read takes a reading of the course.
func (q *queue) read() reading {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.count
	now.least = min(now.least, q.open())
	q.count.least = q.open()
	return now
}

// fifo is a first-in first-out list of jobs.
type fifo struct {
	jobs []job
	head int
}

func (f *fifo) len() int    { return len(f.jobs) - f.head }
func (f *fifo) rest() []job { return f.jobs[f.head:] }

func (f *fifo) push(j job) {
	if f.head > 64 && f.head > len(f.jobs)/2 {
		f.jobs = f.jobs[:copy(f.jobs, f.jobs[f.head:])]
		f.head = 0
	}
	f.jobs = append(f.jobs, j)
}

func (f *fifo) pop() job {
	j := f.jobs[f.head]
	f.head++
	return j
}
