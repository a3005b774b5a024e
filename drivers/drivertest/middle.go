package drivertest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// contextEndsInTheMiddle ends the context of each call while it waits: for the
// answer of a server, which a proxy holds back, or in the store's Stall. Then the
// answer comes, and must not be taken for that of a later call.
func contextEndsInTheMiddle(t testing.TB, p *place) {
	p, stall := p.stalled(t)
	d := p.open(t)
	kept := p.some(16)
	for _, r := range kept {
		set(t, d, r)
	}
	p.hitAll(t, d, kept)
	for _, c := range stall.calls(t, p, d) {
		for _, class := range []drivers.Class{drivers.ClassCanceled, drivers.ClassTimeout} {
			c.prepare()
			stall.Start(t)
			err := stall.end(t, p, class, c.call)
			stall.Stop(t)
			if !ended(err) || drivers.Classify(err) != class {
				t.Errorf("%s: %v, classed %s; want %s", c.name, err, drivers.Classify(err), class)
			}
			p.hitAll(t, d, kept)
		}
	}
	p.worksAgain(t, d)
}

// stall is a Trouble in which calls wait.
type stall struct {
	*Trouble
	began func() bool // tells whether a call has got to where it waits
}

// stalled is the place with what makes its calls wait.
func (p *place) stalled(t testing.TB) (*place, stall) {
	if !hasServer(p.cfg.URL) {
		if p.setup.Stall == nil {
			panic(doesNotApply("calls never wait"))
		}
		trouble := p.setup.Stall(t, p.cfg.Client)
		return p.elsewhere(t, trouble.URL, trouble.Settings), stall{trouble, func() bool { return true }}
	}
	proxy, through := Through(t, p.cfg.URL)
	var sent int64
	hushed := &Trouble{
		Start: func(testing.TB) {
			sent = proxy.Received()
			proxy.Hush()
		},
		Stop: func(testing.TB) { proxy.Speak() },
	}
	return p.elsewhere(t, through, nil), stall{hushed, func() bool { return proxy.Received() > sent }}
}

// end makes a call whose context ends when the call waits. A deadline may come
// before that, on a machine that stalls: then a later one is tried.
func (s stall) end(t testing.TB, p *place, class drivers.Class, call func(context.Context) error) error {
	t.Helper()
	for timeout := 20 * time.Millisecond; ; timeout *= 2 {
		ctx, cancel := context.WithCancel(t.Context())
		if class == drivers.ClassTimeout {
			ctx, cancel = context.WithTimeout(t.Context(), timeout)
		}
		watched := &watched{Context: ctx, looked: make(chan struct{})}
		returned := make(chan error, 1)
		go func() { returned <- call(watched) }()
		waits := func() bool { return watched.isLooked() && s.began() }
		if class == drivers.ClassCanceled {
			for deadline := time.Now().Add(p.hang); !waits() && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}
		select {
		case err := <-returned:
			cancel()
			if waits() || timeout > p.hang {
				return err
			}
		case <-time.After(timeout + p.hang):
			cancel()
			s.Stop(t)
			t.Fatalf("a call goes on for %v after its context ended", p.hang)
		}
	}
}

// watched is a context that tells whether somebody waits for its end.
type watched struct {
	context.Context
	once   sync.Once
	looked chan struct{}
}

func (w *watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.looked) })
	return w.Context.Done()
}

func (w *watched) isLooked() bool {
	select {
	case <-w.looked:
		return true
	default:
		return false
	}
}

// stallable is a call that may wait.
type stallable struct {
	name    string
	prepare func()
	call    func(context.Context) error
}

// calls are those that wait in the Trouble: those that it names, or all.
func (s stall) calls(t testing.TB, p *place, d drivers.Driver) []stallable {
	var list []stallable
	for call := range drivers.Call(drivers.NumCalls) {
		if s.Calls != nil && !slices.Contains(s.Calls, call) {
			continue
		}
		r := Record(p.ids.Next(), time.Hour, 1, "")
		list = append(list, stallable{call.String(), func() { set(t, d, r) }, func(ctx context.Context) error {
			return makeCall(ctx, d, call, r)
		}})
	}
	if s.Calls != nil {
		return list
	}
	for name, call := range p.abilities(d) {
		if (name == "inspect" || name == "stored") && !hasServer(p.cfg.URL) {
			continue // they ask nobody
		}
		list = append(list, stallable{name, func() {}, call})
	}
	return list
}

// abilities are what else a driver can do, on sessions of no other caller.
func (p *place) abilities(d drivers.Driver) map[string]func(context.Context) error {
	some := p.some(3)
	calls := map[string]func(context.Context) error{}
	if a, ok := d.(drivers.Pruner); ok {
		calls["prune"] = func(ctx context.Context) error { _, err := a.Prune(ctx); return err }
	}
	if a, ok := d.(drivers.Counter); ok {
		calls["count"] = func(ctx context.Context) error { _, err := a.Count(ctx); return err }
	}
	if a, ok := d.(drivers.Loader); ok {
		calls["load"] = func(ctx context.Context) error { return a.Load(ctx, reused(some)) }
	}
	if a, ok := d.(drivers.Remover); ok {
		calls["remove"] = func(ctx context.Context) error { return a.Remove(ctx, slices.Values(ids(some))) }
	}
	if a, ok := d.(drivers.Cleaner); ok {
		calls["clean"] = func(ctx context.Context) error { _, err := a.Clean(ctx, some[0].ID, AnyID); return err }
	}
	if a, ok := d.(drivers.Inspector); ok {
		calls["inspect"] = func(ctx context.Context) error { _, err := a.Inspect(ctx); return err }
	}
	if a, ok := d.(drivers.Meter); ok {
		calls["meter"] = func(ctx context.Context) error { _, err := a.Meter(ctx); return err }
	}
	if a, ok := d.(drivers.Stored); ok {
		calls["stored"] = func(ctx context.Context) error { _, err := a.Stored(ctx); return err }
	}
	return calls
}

// hitAll reads sessions all at once.
func (p *place) hitAll(t testing.TB, d drivers.Driver, records []drivers.Record) {
	t.Helper()
	var all sync.WaitGroup
	for _, r := range records {
		all.Go(func() { p.hit(t, d, r) })
	}
	all.Wait()
}
