package drivertest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

func closed(t testing.TB, p *place) {
	d := p.open(t)
	r := Record(p.ids.Next(), time.Hour, 1, "")
	set(t, d, r)
	if err := d.Destroy(t.Context(), r.ID); err != nil {
		t.Fatalf("destroy: %v", err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	answers := map[string]error{}
	for call, err := range eachCall(t.Context(), d, r) {
		answers[drivers.Call(call).String()] = err
	}
	for name, call := range p.abilities(d) {
		answers[name] = call(t.Context())
	}
	for call, err := range answers {
		if !errors.Is(err, drivers.ErrClosed) {
			t.Errorf("%s after close: %v; want an error that wraps ErrClosed", call, err)
		}
	}
}

func closeEndsCalls(t testing.TB, p *place) {
	d := p.open(t)
	var started, all sync.WaitGroup
	for n := range 16 {
		started.Add(1)
		all.Go(func() {
			r := Record(p.ids.Next(), time.Hour, n, "")
			for round := 0; ; round++ {
				errs := eachCall(t.Context(), d, r)
				if round == 0 {
					started.Done()
				}
				if errors.Is(errs[drivers.Destroy], drivers.ErrClosed) {
					return
				}
			}
		})
	}
	started.Wait()
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	all.Wait()
	if p.cfg.URL == "" {
		return
	}
	p.reopen(t) // so that what the interrupted calls left is cleaned up
}

func closesDescriptors(t testing.TB, p *place) {
	before := descriptors(t)
	if before == 0 {
		t.Skip("descriptors can't be counted here")
	}
	d := p.open(t)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() { p.ownSession(t, d, n) })
	}
	all.Wait()
	if s, ok := d.(drivers.Stored); ok {
		readStored(t, s)
	}
	p.leaveNothing(t, d)
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	p.givesBack(t, before)
}

func outliveDriver(t testing.TB, p *place) {
	if p.cfg.URL == "" {
		panic(doesNotApply("sessions live in the driver"))
	}
	first := p.open(t)
	r := Record(p.ids.Next(), time.Hour, 1, "")
	set(t, first, r)
	if err := first.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	second := p.reopen(t)
	p.hit(t, second, r)
	if err := second.Destroy(t.Context(), r.ID); err != nil {
		t.Errorf("destroy: %v", err)
	}
}

func drops(t testing.TB, p *place) {
	d := p.open(t)
	dropper := ability[drivers.Dropper](t, d, "Dropper")
	kept := Record(p.ids.Next(), time.Hour, 1, "")
	set(t, d, kept)
	found := p.reopen(t)
	if err := found.(drivers.Dropper).Drop(t.Context()); err != nil {
		t.Errorf("drop of a place that was there: %v", err)
	}
	p.hit(t, d, kept)
	if err := found.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := d.Destroy(t.Context(), kept.ID); err != nil {
		t.Errorf("destroy: %v", err)
	}
	if err := dropper.Drop(t.Context()); err != nil {
		t.Fatalf("drop: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	again := p.open(t) // fails with ErrExists when something was left
	set(t, again, kept)
	p.hit(t, again, kept)
}
