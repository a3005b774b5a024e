package drivertest

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

const callers = 1000

// aThousandCallers all begin at once. With a server they come to it through a
// proxy, which counts the connections that they make.
func aThousandCallers(t testing.TB, p *place) {
	var accepted, open func() int
	if hasServer(p.cfg.URL) {
		proxy, through := Through(t, p.cfg.URL)
		p, accepted, open = p.elsewhere(t, through, nil), proxy.Accepted, proxy.Open
	}
	before := descriptors(t)
	d := p.open(t)
	counts := countsConnections(t, d, open)
	watch := watchDescriptors(t)
	p.crowd(t, d)
	peak := watch()
	if most := before + p.mayUse(); peak > most {
		t.Errorf("%d file descriptors at most, %d before open; want no more than %d", peak, before, most)
	}
	if n := p.facts.Connections; accepted != nil && n > 0 && accepted() > n {
		t.Errorf("%d connections; Facts.Connections says %d", accepted(), n)
	}
	counts()
	p.leaveNothing(t, d)
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	p.givesBack(t, before)
}

// countsConnections returns a check that as many connections were opened since as the
// driver counts more, if it counts them and open tells how many there are.
func countsConnections(t testing.TB, d drivers.Driver, open func() int) (check func()) {
	counter, counts := d.(drivers.Connected)
	if !counts || open == nil {
		return func() {}
	}
	apart := open() - counter.Connections() // such as those that watch the server
	return func() {
		var now, counted int
		for range 100 { // one that is being opened or closed is known to one of the two a moment later
			if now, counted = open(), counter.Connections(); now-counted == apart {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("the driver counts %d connections of %d, and %d apart before", counted, now, apart)
	}
}

// mayUse is how many descriptors so many callers may use: a connection has one,
// with two of the proxy's, or those of a database, its journal and its folder;
// a store without connections opens a file for each call.
func (p *place) mayUse() int {
	const perConnection, spare = 4, 20
	if p.facts.Connections == 0 {
		return callers + spare
	}
	return perConnection*p.facts.Connections + spare
}

func (p *place) crowd(t testing.TB, d drivers.Driver) {
	var shared [4]string
	for i := range shared {
		shared[i] = p.ids.Next()
	}
	// One cookie for all, so that a touch leaves a value as it was set.
	c := drivers.NewCookie(time.Now(), time.Hour)
	written := newWritten(c, 64)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for n := range callers {
		all.Go(func() {
			<-begin
			switch n % 4 {
			case 0:
				p.ownSession(t, d, n)
			case 1:
				r := drivers.Record{ID: shared[n/4%len(shared)], Value: bytes.Clone(written.values[n%64]), Cookie: c}
				p.sharedSession(t, d, r, written, n%32 == 1)
			case 2:
				p.setAndHit(t, d, n)
			default:
				miss(t, d, p.ids.Next())
			}
		})
	}
	close(begin)
	all.Wait()
}

// written are values that somebody may have stored.
type written struct {
	values [][]byte
	known  map[string]bool
}

func newWritten(c drivers.Cookie, n int) written {
	w := written{known: map[string]bool{}}
	for i := range n {
		value := Value(c, i, Padding(i*97))
		w.values, w.known[string(value)] = append(w.values, value), true
	}
	return w
}

// setAndHit stores a session and reads it: a caller always sees its own last
// write.
func (p *place) setAndHit(t testing.TB, d drivers.Driver, n int) drivers.Record {
	ctx, cancel := context.WithTimeout(t.Context(), p.hang)
	defer cancel()
	r := Record(p.ids.Next(), time.Hour, n, "")
	if err := makeCall(ctx, d, drivers.Set, r); err != nil {
		t.Errorf("set: %v", err)
		return r
	}
	p.hit(t, d, r)
	return r
}

// ownSession is one that one caller alone uses, from its beginning to its end.
func (p *place) ownSession(t testing.TB, d drivers.Driver, n int) {
	ctx, cancel := context.WithTimeout(t.Context(), p.hang)
	defer cancel()
	r := p.setAndHit(t, d, n)
	r.Value = Value(r.Cookie, n+1, Padding(n))
	for _, call := range []drivers.Call{drivers.Set, drivers.Touch, drivers.Destroy} {
		if err := makeCall(ctx, d, call, r); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		if call == drivers.Set {
			p.hit(t, d, r)
		}
	}
	miss(t, d, r.ID)
}

// sharedSession is one that all callers use: any of the values that somebody
// wrote may come back, but whole.
func (p *place) sharedSession(t testing.TB, d drivers.Driver, r drivers.Record, written written, destroy bool) {
	ctx, cancel := context.WithTimeout(t.Context(), p.hang)
	defer cancel()
	if err := d.Set(ctx, r); err != nil {
		t.Errorf("set: %v", err)
	}
	got, err := d.Get(ctx, r.ID)
	if unexpected(err, drivers.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if err == nil && !written.known[string(p.strip(got.Value))] {
		t.Errorf("get gave what nobody wrote: %s", cut(got.Value))
	}
	if err := d.Touch(ctx, r); unexpected(err, drivers.ErrNotFound) {
		t.Errorf("touch: %v", err)
	}
	if destroy {
		if err := d.Destroy(ctx, r.ID); err != nil {
			t.Errorf("destroy: %v", err)
		}
	}
}

// descriptors counts those that are open; 0 where that can't be told.
func descriptors(t testing.TB) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return len(open)
}

// watchDescriptors counts again and again, until it is told to stop and gives the
// peak.
func watchDescriptors(t testing.TB) (stop func() (peak int)) {
	end, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			select {
			case <-end:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				most = max(most, descriptors(t))
			}
		}
	}()
	return func() int {
		close(end)
		return <-peak
	}
}

// givesBack waits a little until no more descriptors are open than before:
// connections may end in the background.
func (p *place) givesBack(t testing.TB, before int) {
	deadline := time.Now().Add(p.patience)
	for {
		after := descriptors(t)
		if after <= before {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d descriptors before open, %d after close", before, after)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
