package memory

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

func TestConformance(t *testing.T) {
	const noServer, noFile = "there is no server", "nothing is opened or written"
	drivertest.Run(t, drivertest.Setup{
		Store: "memory",
		Place: func(testing.TB) (string, map[string]string) { return "", nil },
		Never: map[drivers.Class]string{
			drivers.ClassRefused:          noServer,
			drivers.ClassReset:            noServer,
			drivers.ClassAuth:             noServer,
			drivers.ClassPoolExhausted:    noServer,
			drivers.ClassBusy:             "locks are held for a moment, and waited for",
			drivers.ClassTooManyOpenFiles: noFile,
			drivers.ClassReadOnly:         noFile,
			drivers.ClassOutOfMemory:      "a process without memory ends",
		},
	})
}

// The recorded text was stored by MemoryStore.
func TestStoredTextIsTheOneThatMemoryStoreKeeps(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/memory-value.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSuffix(string(text), "\n")
	cookie, err := drivers.ParseCookie([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(func() time.Time { return cookie.Expires.Add(-time.Hour) })
	given := drivertest.Value(cookie, 0, "")
	if err := d.Set(t.Context(), drivers.Record{ID: "id", Value: given, Cookie: cookie}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get(t.Context(), "id"); err != nil || string(got.Value) != want {
		t.Errorf("%s, %v; recorded is %s", got.Value, err, want)
	}
}

// clock is a driver at a moment of the test's choice.
func clock(t *testing.T) (*driver, *time.Time) {
	now := time.UnixMilli(1_795_423_587_948)
	d := newDriver(func() time.Time { return now })
	t.Cleanup(func() { d.Close() })
	return d, &now
}

func (d *driver) stored() (n int) {
	for i := range d.shards {
		n += len(d.shards[i].sessions)
	}
	return n
}

func record(id string, now time.Time, lifetime time.Duration, n int) drivers.Record {
	c := drivers.NewCookie(now, lifetime)
	return drivers.Record{ID: id, Value: drivertest.Value(c, n, ""), Cookie: c}
}

func TestExpiredSessionStaysUntilItIsRead(t *testing.T) {
	t.Parallel()
	d, now := clock(t)
	ctx := t.Context()
	for _, id := range []string{"read", "touched", "left"} {
		if err := d.Set(ctx, record(id, *now, time.Minute, 1)); err != nil {
			t.Fatal(err)
		}
	}
	*now = now.Add(time.Minute - time.Millisecond)
	if _, err := d.Get(ctx, "read"); err != nil {
		t.Errorf("in its last millisecond: %v", err)
	}
	*now = now.Add(time.Millisecond)
	if r, err := d.Meter(ctx); err != nil || *r.ExpiredPresent != 3 {
		t.Errorf("the meter says %+v, %v", r, err)
	}
	if _, err := d.Get(ctx, "read"); !errors.Is(err, drivers.ErrNotFound) {
		t.Errorf("at its end: %v", err)
	}
	if err := d.Touch(ctx, record("touched", *now, time.Minute, 1)); err != nil {
		t.Error(err)
	}
	if n := d.stored(); n != 1 {
		t.Errorf("%d sessions are stored; want the one that nobody read", n)
	}
	if n, err := d.Count(ctx); n != 0 || err != nil { // reads all
		t.Errorf("count: %d, %v", n, err)
	}
	if n := d.stored(); n != 0 {
		t.Errorf("after count %d sessions are stored", n)
	}
}

func TestTouchKeepsNewerData(t *testing.T) {
	t.Parallel()
	d, now := clock(t)
	read, newer := record("id", *now, time.Minute, 1), record("id", *now, time.Minute, 2)
	*now = now.Add(time.Second)
	read.Cookie = drivers.NewCookie(*now, time.Hour)
	if err := errors.Join(d.Set(t.Context(), newer), d.Touch(t.Context(), read)); err != nil {
		t.Fatal(err)
	}
	want := drivertest.Value(read.Cookie, 2, "")
	*now = now.Add(time.Hour - time.Millisecond)
	if got, err := d.Get(t.Context(), "id"); err != nil || string(got.Value) != string(want) {
		t.Errorf("%s, %v; want %s", got.Value, err, want)
	}
}

// A session that is set again just when a read found it expired is not removed.
func TestSessionThatWasSetAgainIsNotRemovedAsExpired(t *testing.T) {
	t.Parallel()
	d, now := clock(t)
	if err := d.Set(t.Context(), record("id", *now, time.Minute, 1)); err != nil {
		t.Fatal(err)
	}
	found := d.shard("id").sessions["id"]
	if err := d.Set(t.Context(), record("id", *now, time.Hour, 2)); err != nil {
		t.Fatal(err)
	}
	d.shard("id").removeExpired("id", found)
	if _, err := d.Get(t.Context(), "id"); err != nil {
		t.Error(err)
	}
}

// The keys are copies: an id may be cut out of something large.
func TestIDsAreCopied(t *testing.T) {
	t.Parallel()
	d, now := clock(t)
	buffer := []byte("id")
	if err := d.Set(t.Context(), record(unsafe.String(&buffer[0], len(buffer)), *now, time.Hour, 1)); err != nil {
		t.Fatal(err)
	}
	buffer[0] = '!'
	if _, err := d.Get(t.Context(), "id"); err != nil {
		t.Error(err)
	}
}

func TestPruneIsThereWhenAskedFor(t *testing.T) {
	t.Parallel()
	s, err := drivers.Lookup("memory")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		client   drivers.Client
		settings map[string]string
		purge    drivers.Purge
	}{
		{drivers.Express, nil, drivers.Purge{By: "never"}},
		{drivers.Native, nil, drivers.Purge{By: "timer", Every: time.Minute}},
		{drivers.Express, map[string]string{pruneInterval: "5s"}, drivers.Purge{By: "timer", Every: 5 * time.Second}},
		{drivers.Native, map[string]string{pruneInterval: "0s"}, drivers.Purge{By: "never"}},
	} {
		o, err := s.Resolve(c.client, c.settings)
		if err != nil {
			t.Fatal(err)
		}
		cfg := drivers.Config{Client: c.client, Options: o}
		d, err := drivers.Open(t.Context(), "memory", cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, prunes := d.(drivers.Pruner)
		if got := s.Facts(cfg).Purge; got != c.purge || prunes != (c.purge.By == "timer") {
			t.Errorf("%s %v: purge %+v, prunes %t", c.client, c.settings, got, prunes)
		}
		asksForPrune := slices.ContainsFunc(s.Wire(cfg), func(w drivers.WireCall) bool { return w.Call == "prune" })
		if asksForPrune != prunes {
			t.Errorf("%s %v: prunes %t, wire %t", c.client, c.settings, prunes, asksForPrune)
		}
	}
}

func TestMemoryTakesNoAddress(t *testing.T) {
	t.Parallel()
	if _, err := open(t.Context(), drivers.Config{URL: "/x"}); err == nil {
		t.Error("opened an address")
	}
}

// The load generator's own cost is measured on this driver: a call allocates the
// value's copy and nothing else.
func TestCallsAllocateTheValueOnly(t *testing.T) {
	d, now := clock(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := record("id", *now, time.Hour, 1)
	for name, c := range map[string]struct {
		most float64
		call func() error
	}{
		"set":     {1, func() error { return d.Set(ctx, r) }},
		"get":     {1, func() error { _, err := d.Get(ctx, "id"); return err }},
		"touch":   {1, func() error { return d.Touch(ctx, r) }},
		"destroy": {0, func() error { return d.Destroy(ctx, "other") }},
	} {
		if err := d.Set(ctx, r); err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(100, func() {
			if err := c.call(); err != nil {
				t.Fatal(err)
			}
		})
		if n > c.most {
			t.Errorf("%s allocates %v times; want at most %v", name, n, c.most)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	d := newDriver(time.Now)
	r := drivertest.Record("id", time.Hour, 1, drivertest.Padding(600))
	if err := d.Set(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := d.Get(b.Context(), "id"); err != nil {
				b.Fatal(err)
			}
			if err := d.Touch(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
