package drivertest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

func absentIsNotFound(t testing.TB, p *place) {
	d := p.open(t)
	miss(t, d, p.ids.Next())
}

// awkward are JSON members that a store could change on its way: JSON.stringify
// leaves all of them as they are here.
var awkward = []string{
	``,
	`"quotes":"\"'` + "`" + `","backslash":"C:\\new\\table"`,
	`"unicode":"Grüße, 世界 🙂","escaped":"\u0000\ud83d"`,
	"\"separators\":\"\u2028\u2029\u00a0\ufeff\"",
	`"html":"<script>&amp;</script>","sql":"'; DROP TABLE session; --","format":"%s %d $1 ?"`,
	`"redis":"\r\n$3\r\nfoo\r\n","tab":"\t"`,
	`"number":1e21,"zero":-0,"deep":[[[{"cookie":{"expires":null}}]]],"spaced":"  "`,
	`"__proto__":{"a":1},"$set":{"a":1},"a.b":2,"":3`,
}

func readsBack(t testing.TB, p *place) {
	d := p.open(t)
	var records []drivers.Record
	for n, extra := range awkward {
		records = append(records, Record(p.ids.Next(), time.Hour, n, extra))
	}
	dashes := p.ids.Prefix + strings.Repeat("-_", 12)
	records = append(records, Record(dashes, time.Hour, 0, ""), Record(p.ids.Prefix+strings.Repeat("_", 24), time.Hour, 1, ""))
	for _, r := range records {
		set(t, d, r)
	}
	for _, r := range records {
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

func storesLargeValues(t testing.TB, p *place) {
	d := p.open(t)
	r := Record(p.ids.Next(), time.Hour, 0, Padding(1<<20))
	set(t, d, r)
	p.hit(t, d, r)
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
