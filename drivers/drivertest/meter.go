package drivertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// meterCounts compares the server's counters with the calls made. They may take
// a while to show (PostgreSQL's are a second late).
func meterCounts(t testing.TB, p *place) {
	if p.setup.SharedServer {
		panic(doesNotApply("others use the server meanwhile"))
	}
	d := p.open(t)
	meter := ability[drivers.Meter](t, d, "Meter")
	before := read(t, meter)
	made := p.call(t, d)
	deadline := time.Now().Add(p.patience)
	for reads := int64(1); ; reads++ {
		after := read(t, meter)
		wrong := differences(before, after, made, reads)
		if len(wrong) == 0 {
			checkReading(t, after)
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the meter disagrees: %q", wrong)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func read(t testing.TB, m drivers.Meter) drivers.Reading {
	t.Helper()
	reading, err := m.Meter(t.Context())
	if err != nil {
		t.Fatalf("meter: %v", err)
	}
	return reading
}

// call makes a different number of calls of each kind, on sessions that exist.
func (p *place) call(t testing.TB, d drivers.Driver) map[drivers.Call]int64 {
	made := map[drivers.Call]int64{drivers.Set: 50, drivers.Get: 40, drivers.Touch: 30, drivers.Destroy: 20}
	for n, r := range p.some(int(made[drivers.Set])) {
		set(t, d, r)
		if int64(n) < made[drivers.Get] {
			p.hit(t, d, r)
		}
		if int64(n) < made[drivers.Touch] {
			if err := d.Touch(t.Context(), r); err != nil {
				t.Errorf("touch: %v", err)
			}
		}
		if int64(n) < made[drivers.Destroy] {
			if err := d.Destroy(t.Context(), r.ID); err != nil {
				t.Errorf("destroy: %v", err)
			}
		}
	}
	return made
}

// differences compares two readings with the calls made between them. Counters
// that can't tell calls apart also count the readings themselves and a little
// housekeeping of the server.
func differences(before, after drivers.Reading, made map[drivers.Call]int64, reads int64) []string {
	const perReading, housekeeping = 8, 20
	return differencesBut(before, after, made, perReading*reads+housekeeping)
}

// differencesBut is differences where counters that can't tell calls apart may have
// counted so many more.
func differencesBut(before, after drivers.Reading, made map[drivers.Call]int64, besides int64) []string {
	var wrong []string
	var sum int64
	for call, n := range made {
		sum += n
		now, has := after.Calls[call]
		if got := now - before.Calls[call]; has && got != n {
			wrong = append(wrong, fmt.Sprintf("%d %s calls, made were %d", got, call, n))
		}
	}
	if before.AllCalls != nil && after.AllCalls != nil {
		if got := *after.AllCalls - *before.AllCalls; got < sum || got > sum+besides {
			wrong = append(wrong, fmt.Sprintf("%d calls in all, made were %d", got, sum))
		}
	}
	return wrong
}

func checkReading(t testing.TB, r drivers.Reading) {
	if r.Connections != nil && *r.Connections < 0 {
		t.Errorf("the meter says %d connections", *r.Connections)
	}
	checkStorage(t, r.Storage)
	if r.Bytes != nil && *r.Bytes == 0 {
		t.Error("the meter says that sessions take no storage")
	}
}

func checkStorage(t testing.TB, s drivers.Storage) {
	t.Helper()
	for name, figure := range map[string]*int64{"bytes": s.Bytes, "dead rows": s.DeadRows, "expired sessions present": s.ExpiredPresent} {
		if figure != nil && *figure < 0 {
			t.Errorf("the store says %d %s", *figure, name)
		}
	}
}
