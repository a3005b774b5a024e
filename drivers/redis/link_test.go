package redis

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/internal/faultproxy"
)

// express opens the express client behind a proxy.
func express(t *testing.T) (*driver, *faultproxy.Proxy) {
	t.Helper()
	p, url := through(t)
	return connect(t, config(t, url, drivers.Express, "prefix", place())), p
}

func sent(d *driver) int {
	l := d.client.(*link)
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sent.items) - l.sent.head
}

func pending(d *driver) int {
	l := d.client.(*link)
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending)
}

func connected(d *driver) bool {
	l := d.client.(*link)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

// until waits for a condition that comes true by itself.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// inBackground makes a call and gives its error later.
func inBackground(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	return done
}

func TestAHundredCallersShareOneConnection(t *testing.T) {
	t.Parallel()
	d, p := express(t)
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			r := drivertest.Record("id", time.Hour, n, "")
			for range 20 {
				if err := d.Set(t.Context(), r); err != nil {
					t.Error(err)
				}
				if _, err := d.Get(t.Context(), r.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for what, err := range map[string]error{
		"inspect": second(d.Inspect(t.Context())), "meter": second(d.Meter(t.Context())), "count": second(d.Count(t.Context())),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := p.Accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCallsWaitWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	d, p := express(t)
	p.Away()
	until(t, "the loss shows", func() bool { return !connected(d) })
	r := drivertest.Record("id", time.Hour, 1, "")
	set := inBackground(func() error { return d.Set(t.Context(), r) })
	until(t, "the call is queued", func() bool { return pending(d) == 1 })

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := d.Get(ctx, r.ID)
	if drivers.Classify(err) != drivers.ClassTimeout || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("get at its deadline: %v, classed %s", err, drivers.Classify(err))
	}
	if n := pending(d); n != 1 {
		t.Errorf("%d calls pending after one was given up, want 1", n)
	}

	p.Back()
	if err := <-set; err != nil {
		t.Errorf("the call that waited: %v", err)
	}
	if got, err := d.Get(t.Context(), r.ID); err != nil || string(got.Value) != string(r.Value) {
		t.Errorf("get after the outage: %s, %v", got.Value, err)
	}
}

func TestWhatWasSentWhenTheConnectionBrokeFails(t *testing.T) {
	t.Parallel()
	d, p := express(t)
	p.Hush()
	get := inBackground(func() error { return second(d.Get(t.Context(), "id")) })
	until(t, "the call is sent", func() bool { return sent(d) == 1 })
	p.Away()
	if err := <-get; drivers.Classify(err) != drivers.ClassReset {
		t.Errorf("%v, classed %s; want %s", err, drivers.Classify(err), drivers.ClassReset)
	}
	p.Back()
	if _, err := d.Get(t.Context(), "id"); err != drivers.ErrNotFound {
		t.Errorf("get after the outage: %v, want %v", err, drivers.ErrNotFound)
	}
}

func TestAnAbandonedCallsAnswerGoesToNobodyElse(t *testing.T) {
	t.Parallel()
	d, _ := express(t)
	records := make([]drivers.Record, 8)
	for n := range records {
		records[n] = drivertest.Record(strings.Repeat("x", n+1), time.Hour, n, "")
		if err := d.Set(t.Context(), records[n]); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for n, r := range records {
		all.Go(func() {
			for i := range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%(n+2))*20*time.Microsecond)
				got, err := d.Get(ctx, r.ID)
				cancel()
				if err == nil && string(got.Value) != string(r.Value) {
					t.Errorf("session %s has the value %s", r.ID, got.Value)
				}
				if err != nil && drivers.Classify(err) != drivers.ClassTimeout {
					t.Errorf("get: %v", err)
				}
			}
		})
	}
	all.Wait()
}

func TestCloseEndsCallsThatWait(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"unanswered", "unsent"} {
		d, p := express(t)
		if state == "unsent" {
			p.Away()
			until(t, "the loss shows", func() bool { return !connected(d) })
		}
		p.Hush()
		get := inBackground(func() error { return second(d.Get(t.Context(), "id")) })
		until(t, "the call is on its way", func() bool { return sent(d)+pending(d) == 1 })
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := <-get; !errors.Is(err, drivers.ErrClosed) {
			t.Errorf("%s: %v; want an error that wraps ErrClosed", state, err)
		}
	}
}

func TestUnsentCallsFailAtTheLimit(t *testing.T) {
	t.Parallel()
	l := &link{down: errors.New("connection refused"), wake: make(chan struct{}, 1)}
	first := inBackground(func() error { return second(l.do(t.Context(), command{name: cmdGet})) })
	waiting := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.pending)
	}
	until(t, "the first call is pending", func() bool { return waiting() == 1 })
	l.failUnsent(1)
	later := inBackground(func() error { return second(l.do(t.Context(), command{name: cmdGet})) })
	until(t, "the second call is pending", func() bool { return waiting() == 2 })
	l.failUnsent(1)
	if err := <-first; drivers.Classify(err) != drivers.ClassTimeout || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%v, classed %s; want %s with the reason", err, drivers.Classify(err), drivers.ClassTimeout)
	}
	if n := waiting(); n != 1 {
		t.Errorf("%d calls pending, want the later one", n)
	}
	l.failUnsent(1)
	if err := <-later; drivers.Classify(err) != drivers.ClassTimeout {
		t.Errorf("%v, classed %s; want %s", err, drivers.Classify(err), drivers.ClassTimeout)
	}
}

func TestReconnectDelaysAreNodeRediss(t *testing.T) {
	t.Parallel()
	for i, want := range []time.Duration{100, 200, 400, 800, 1600, 2000, 2000, 2000} {
		want *= time.Millisecond
		for range 20 {
			if got := reconnectDelay(i + 1); got < want || got >= want+200*time.Millisecond {
				t.Errorf("after %d failed: %v, want %v and up to 200ms more", i+1, got, want)
			}
		}
	}
	if got := reconnectDelay(1000); got < 2*time.Second {
		t.Errorf("after 1000 failed: %v", got)
	}
}

func TestExpressCallsAllocateTheirAnswerOnly(t *testing.T) {
	d := connect(t, config(t, address(t), drivers.Express, "prefix", place()))
	r := drivertest.Record("id", time.Hour, 0, drivertest.Padding(500))
	for _, c := range []struct {
		call string
		most float64
		make func() error
	}{
		{"set", 0, func() error { return d.Set(t.Context(), r) }},
		{"get", 1, func() error { return second(d.Get(t.Context(), r.ID)) }},
		{"touch", 0, func() error { return d.Touch(t.Context(), r) }},
		{"destroy", 0, func() error { return d.Destroy(t.Context(), r.ID) }},
	} {
		got := testing.AllocsPerRun(200, func() {
			if err := c.make(); err != nil && err != drivers.ErrNotFound {
				t.Error(err)
			}
		})
		if got > c.most && !raceEnabled {
			t.Errorf("%s: %v allocations, want at most %v", c.call, got, c.most)
		}
	}
}

func TestQueueIsFirstInFirstOut(t *testing.T) {
	t.Parallel()
	var q queue
	var want []*call
	for round := range 200 {
		for range round % 7 {
			c := &call{}
			q.push(c)
			want = append(want, c)
		}
		for range round % 5 {
			c := q.pop()
			if len(want) == 0 {
				if c != nil {
					t.Fatal("an empty queue gave a call")
				}
				continue
			}
			if c != want[0] {
				t.Fatalf("round %d: not the first one", round)
			}
			want = want[1:]
		}
	}
	if rest := q.takeAll(); len(rest) != len(want) || len(rest) == 0 || rest[0] != want[0] {
		t.Errorf("%d left, want %d", len(rest), len(want))
	}
	if q.pop() != nil {
		t.Error("takeAll left a call")
	}
}
