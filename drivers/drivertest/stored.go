package drivertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// storedBesideCalls compares what is read with what was done to the sessions, and the
// server's counters with the calls made, among which the readings must not be. It also
// sees to the connection that they may need.
func storedBesideCalls(t testing.TB, p *place) {
	var open func() int
	if hasServer(p.cfg.URL) {
		proxy, through := Through(t, p.cfg.URL)
		p, open = p.elsewhere(t, through, nil), proxy.Open
	}
	d := p.open(t)
	stored := ability[drivers.Stored](t, d, "Stored")
	counted := countsConnections(t, d, open)
	empty := readStored(t, stored)
	counted()
	const readings = 60
	calls := p.callsCount(t, d)
	for range readings {
		readStored(t, stored)
	}
	calls(readings / 2)
	p.storedGrows(t, d, stored, empty)
	if empty.ExpiredPresent != nil {
		p.expiredPresent(t, d, stored)
	}
	counted()
}

func readStored(t testing.TB, s drivers.Stored) drivers.Storage {
	t.Helper()
	storage, err := s.Stored(t.Context())
	if err != nil {
		t.Fatalf("stored: %v", err)
	}
	checkStorage(t, storage)
	return storage
}

// callsCount returns a check that the meter counted the calls which it makes, and no
// more besides than so many.
func (p *place) callsCount(t testing.TB, d drivers.Driver) (check func(besides int64)) {
	meter, ok := d.(drivers.Meter)
	if !ok || p.setup.SharedServer {
		return func(int64) {}
	}
	before := read(t, meter)
	return func(besides int64) {
		made := p.call(t, d)
		p.eventually(t, func() string {
			return fmt.Sprintf("%q", differencesBut(before, read(t, meter), made, besides))
		}, "[]")
	}
}

// storedGrows makes sessions and wants the storage to grow. By how much depends on how
// a store compresses them.
func (p *place) storedGrows(t testing.TB, d drivers.Driver, stored drivers.Stored, empty drivers.Storage) {
	if empty.Bytes == nil {
		return
	}
	const sessions, each = 300, 1500
	for n := range sessions {
		set(t, d, Record(p.ids.Next(), time.Hour, n, Padding(each)))
	}
	p.eventually(t, func() string {
		if grown := *readStored(t, stored).Bytes - *empty.Bytes; grown <= 0 {
			return fmt.Sprintf("%d bytes more with %d sessions of %d bytes", grown, sessions, each)
		}
		return ""
	}, "")
}

// expiredPresent lets sessions expire, and wants them to be told of, and no others.
func (p *place) expiredPresent(t testing.TB, d drivers.Driver, stored drivers.Stored) {
	const over = 7
	before := *readStored(t, stored).ExpiredPresent
	for n := range over {
		set(t, d, Record(p.ids.Next(), short, n, ""))
		set(t, d, Record(p.ids.Next(), time.Hour, n, ""))
	}
	p.eventually(t, func() string {
		return fmt.Sprintf("%d more are over", *readStored(t, stored).ExpiredPresent-before)
	}, fmt.Sprintf("%d more are over", over))
}

// eventually waits for figures that come late.
func (p *place) eventually(t testing.TB, found func() string, want string) {
	t.Helper()
	for deadline := time.Now().Add(p.patience + short); ; time.Sleep(20 * time.Millisecond) {
		got := found()
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s; want %q", got, want)
			return
		}
	}
}
