package drivertest

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

func counts(t testing.TB, p *place) {
	d := p.open(t)
	counter := ability[drivers.Counter](t, d, "Counter")
	want := func(when string, n int64) {
		t.Helper()
		if got, err := counter.Count(t.Context()); err != nil || got != n {
			t.Errorf("count %s: %d, %v; want %d", when, got, err, n)
		}
	}
	want("of an empty place", 0)
	records := p.some(5)
	for _, r := range records {
		set(t, d, r)
	}
	want("after 5 sets", 5)
	set(t, d, records[0])
	want("after an overwrite", 5)
	if err := d.Destroy(t.Context(), records[0].ID); err != nil {
		t.Errorf("destroy: %v", err)
	}
	want("after a destroy", 4)
}

// some makes n lasting sessions of different sizes.
func (p *place) some(n int) []drivers.Record {
	records := make([]drivers.Record, n)
	for i := range records {
		records[i] = Record(p.ids.Next(), time.Hour, i, Padding(i*7%900))
	}
	return records
}

func ids(records []drivers.Record) []string {
	list := make([]string, len(records))
	for i, r := range records {
		list[i] = r.ID
	}
	return list
}

func loads(t testing.TB, p *place) {
	d := p.open(t)
	loader := ability[drivers.Loader](t, d, "Loader")
	if err := loader.Load(t.Context(), slices.Values([]drivers.Record(nil))); err != nil {
		t.Errorf("load of nothing: %v", err)
	}
	other := Record(p.ids.Next(), time.Hour, 1, "")
	set(t, d, other)
	records := append(append(p.some(300), Record(p.ids.Next(), 0, 0, "")), p.awkward()...)
	set(t, d, Record(records[0].ID, time.Hour, 99, "")) // is overwritten
	if err := loader.Load(t.Context(), reused(records)); err != nil {
		t.Fatalf("load: %v", err)
	}
	for _, r := range append(records, other) {
		p.hit(t, d, r)
	}
}

// reused yields the records in one buffer, which is overwritten as soon as Load
// has returned: loaded values must not be kept.
func reused(records []drivers.Record) iter.Seq[drivers.Record] {
	return func(yield func(drivers.Record) bool) {
		for _, r := range records {
			r.Value = slices.Clone(r.Value)
			if !yield(r) {
				return
			}
		}
	}
}

func removes(t testing.TB, p *place) {
	d := p.open(t)
	remover := ability[drivers.Remover](t, d, "Remover")
	records := p.some(40)
	for _, r := range records {
		set(t, d, r)
	}
	gone, kept := records[:20], records[20:]
	list := append(ids(gone), p.ids.Next(), p.ids.Next())
	if err := remover.Remove(t.Context(), slices.Values(list)); err != nil {
		t.Fatalf("remove: %v", err)
	}
	miss(t, d, list...)
	for _, r := range kept {
		p.hit(t, d, r)
	}
	if err := remover.Remove(t.Context(), slices.Values([]string(nil))); err != nil {
		t.Errorf("remove of nothing: %v", err)
	}
}

// AnyID takes every id for ours, in Cleaner.Clean.
func AnyID(string) bool { return true }

// cleans has neighbours that a pattern would confuse with the prefix: "_" is any
// character to SQL's LIKE, which may not care for case either.
func cleans(t testing.TB, p *place) {
	d := p.open(t)
	cleaner := ability[drivers.Cleaner](t, d, "Cleaner")
	prefix := p.ids.Prefix + "run_1-aZ"
	rest := strings.Repeat("x", 32-len(prefix))
	var ours, others []drivers.Record
	for _, end := range []string{"0", "1", "_", "-"} {
		ours = append(ours, Record(prefix+rest[1:]+end, time.Hour, 0, ""))
	}
	for _, near := range []string{"runx1-aZ", "run_1-az", "run_1_aZ", "run_2-aZ", "RUN_1-aZ"} {
		others = append(others, Record(p.ids.Prefix+near+rest, time.Hour, 0, ""))
	}
	live := Record(prefix+"live"+rest[4:], time.Hour, 0, "")
	others = append(others, live)
	for _, r := range append(slices.Clone(ours), others...) {
		set(t, d, r)
	}
	dead := func(id string) bool { return id != live.ID }
	for _, want := range []int64{int64(len(ours)), 0} {
		if removed, err := cleaner.Clean(t.Context(), prefix, dead); err != nil || removed != want {
			t.Errorf("clean: removed %d, %v; want %d", removed, err, want)
		}
	}
	miss(t, d, ids(ours)...)
	for _, r := range others {
		p.hit(t, d, r)
	}
}
