package drivertest

import (
	"bytes"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

func absentIsNotFound(t testing.TB, p *place) {
	d := p.open(t)
	miss(t, d, p.ids.Next())
}

func readsBack(t testing.TB, p *place) {
	d := p.open(t)
	records := p.awkward()
	for name, store := range ways(t, d) {
		for _, r := range records {
			if err := store(r); err != nil {
				t.Errorf("%s %q: %v", name, r.ID, err)
			}
		}
		for _, r := range records {
			p.hit(t, d, r)
		}
		for _, r := range records {
			p.hit(t, d, p.touch(t, d, r, time.Hour))
			if err := d.Destroy(t.Context(), r.ID); err != nil {
				t.Errorf("destroy %q: %v", r.ID, err)
			}
		}
		miss(t, d, ids(records)...)
	}
}

func everyCharacterComesBack(t testing.TB, p *place) {
	d := p.open(t)
	for n, text := range everyCharacter() {
		r := Record(p.ids.Next(), time.Hour, n, `"text":"`+text+`"`)
		set(t, d, r)
		p.hit(t, d, r)
	}
}

func buffersAreNotShared(t testing.TB, p *place) {
	d := p.open(t)
	want := Record(p.ids.Next(), time.Hour, 7, "")
	given := drivers.Record{ID: want.ID, Value: bytes.Clone(want.Value), Cookie: want.Cookie}
	if err := d.Set(t.Context(), given); err != nil {
		t.Fatalf("set: %v", err)
	}
	spoil(given.Value)
	p.hit(t, d, want)
	got, err := d.Get(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	spoil(got.Value)
	p.hit(t, d, want)
}

func spoil(value []byte) {
	for i := range value {
		value[i] = '!'
	}
}

func overwriteWins(t testing.TB, p *place) {
	d := p.open(t)
	id, other := p.ids.Next(), Record(p.ids.Next(), time.Hour, 99, "")
	set(t, d, other)
	for n, size := range []int{100, 5000, 50} {
		r := Record(id, time.Hour, n, Padding(size))
		set(t, d, r)
		p.hit(t, d, r)
	}
	p.hit(t, d, other)
}

func storesEverySize(t testing.TB, p *place) {
	d := p.open(t)
	id, c := p.ids.Next(), drivers.NewCookie(time.Now(), time.Hour)
	for _, size := range sizes {
		r := drivers.Record{ID: id, Value: ofSize(c, size), Cookie: c}
		if len(r.Value) != size {
			t.Fatalf("the value of %d bytes has %d", size, len(r.Value))
		}
		set(t, d, r)
		p.hit(t, d, r)
	}
}

func destroyRemoves(t testing.TB, p *place) {
	d := p.open(t)
	r, other := Record(p.ids.Next(), time.Hour, 1, ""), Record(p.ids.Next(), time.Hour, 2, "")
	set(t, d, r)
	set(t, d, other)
	for range 2 {
		if err := d.Destroy(t.Context(), r.ID); err != nil {
			t.Errorf("destroy: %v", err)
		}
		miss(t, d, r.ID)
	}
	p.hit(t, d, other)
	set(t, d, r)
	p.hit(t, d, r)
}
