package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// calls reads the meter's count of calls.
func calls(t *testing.T, d driver) int64 {
	t.Helper()
	r, err := d.Meter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.AllCalls == nil {
		t.Skip("this server can't be made to publish its counters")
	}
	return *r.AllCalls
}

func TestTheMeterCountsCallsExactly(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d := connect(t, config(t, ownDatabase(t), client, "pool_size", "8"))
		ids := drivertest.NewIDs()
		before := calls(t, d)
		for round := range 5 {
			var all sync.WaitGroup
			const callers, each = 16, 10 // of 4 calls
			for range callers {
				all.Go(func() {
					for n := range each {
						r := drivertest.Record(ids.Next(), time.Hour, n, "")
						if err := d.Set(t.Context(), r); err != nil {
							t.Error(err)
						}
						if _, err := d.Get(t.Context(), r.ID); err != nil {
							t.Error(err)
						}
						if err := d.Touch(t.Context(), r); err != nil {
							t.Error(err)
						}
						if err := d.Destroy(t.Context(), r.ID); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			besides(t, d, ids)
			after := calls(t, d)
			if want := int64(callers * each * 4); after-before != want {
				t.Errorf("round %d: the meter counted %d calls, made were %d", round, after-before, want)
			}
			before = after
		}
	})
}

// besides does all that is no session call.
func besides(t *testing.T, d driver, ids *drivertest.IDs) {
	t.Helper()
	r := drivertest.Record(ids.Next(), time.Hour, 1, "")
	if err := d.Load(t.Context(), func(yield func(drivers.Record) bool) { yield(r) }); err != nil {
		t.Error(err)
	}
	if err := d.Remove(t.Context(), func(yield func(string) bool) { yield(r.ID) }); err != nil {
		t.Error(err)
	}
	for name, do := range map[string]func() (int64, error){
		"count": func() (int64, error) { return d.Count(t.Context()) },
		"prune": func() (int64, error) { return d.Prune(t.Context()) },
		"clean": func() (int64, error) { return d.Clean(t.Context(), ids.Prefix, drivertest.AnyID) },
	} {
		if n, err := do(); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if _, err := d.Inspect(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheMeterTellsWhatIsStored(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d := connect(t, config(t, ownDatabase(t), client))
		read := func() drivers.Reading {
			t.Helper()
			r, err := d.Meter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		empty := read()
		if *empty.Connections != 1 || *empty.DeadRows != 0 || *empty.ExpiredPresent != 0 || *empty.Bytes == 0 {
			t.Errorf("at the start: %d connections, %d dead rows, %d expired, %d bytes", *empty.Connections, *empty.DeadRows, *empty.ExpiredPresent, *empty.Bytes)
		}
		ids := drivertest.NewIDs()
		for n := range 20 {
			lifetime := time.Hour
			if n < 7 {
				lifetime = -time.Hour
			}
			r := drivertest.Record(ids.Next(), lifetime, n, drivertest.Padding(900))
			for range 2 {
				if err := d.Set(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		full := read()
		if *full.ExpiredPresent != 7 || *full.DeadRows == 0 || *full.Bytes <= *empty.Bytes {
			t.Errorf("%d expired, want 7; %d dead rows after overwrites; %d bytes, were %d", *full.ExpiredPresent, *full.DeadRows, *full.Bytes, *empty.Bytes)
		}
	})
}

func TestDurabilityFollowsTheSettings(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		inspect := func(url string, use bool) drivers.Inspection {
			t.Helper()
			cfg := config(t, url, client)
			cfg.UseExisting = use
			in, err := connect(t, cfg).Inspect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		url := ownDatabase(t)
		in := inspect(url, false)
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_connections"} {
			if in.Settings[name] == "" {
				t.Errorf("no setting %s", name)
			}
		}
		if in.Durability != drivers.DurabilityCommit || in.TLS || in.Version != value[string](t, url, "SHOW server_version") {
			t.Errorf("inspect gave %+v", in)
		}
		if in := inspect(ownDatabase(t, "synchronous_commit", "off"), false); in.Durability != drivers.DurabilitySeconds {
			t.Errorf("synchronous_commit=off: %s", in.Durability)
		}
		run(t, url, `ALTER TABLE session SET UNLOGGED; COMMENT ON TABLE session IS NULL`)
		if in := inspect(url, true); in.Durability != drivers.DurabilityNone || in.Settings["table"] != "unlogged" {
			t.Errorf("an unlogged table: %+v", in)
		}
	})
}
