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
			all.Go(func() {
				for range each {
					if _, err := d.Stored(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
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

// The server counts a transaction for each process that helps with a query, so none
// must: where a table is large, it likes to take two.
func TestWhatIsStoredIsCountedByOneProcess(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		eager := ownDatabase(t, "parallel_setup_cost", "0", "parallel_tuple_cost", "0", "min_parallel_table_scan_size", "0", "min_parallel_index_scan_size", "0")
		d := connect(t, config(t, eager, client))
		ids := drivertest.NewIDs()
		if err := d.Load(t.Context(), func(yield func(drivers.Record) bool) {
			for n := range 3000 {
				if !yield(drivertest.Record(ids.Next(), -time.Hour, n, drivertest.Padding(500))) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		before := calls(t, d)
		for range 10 {
			if _, err := d.Stored(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := calls(t, d) - before; n != 0 {
			t.Errorf("the server counted %d transactions, and no call was made", n)
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
		beside, err := d.Stored(t.Context())
		if err != nil || *beside.ExpiredPresent != 7 || *beside.DeadRows == 0 || *beside.Bytes <= *empty.Bytes {
			t.Errorf("read beside the calls: %+v, %v", beside, err)
		}
	})
}

// While all connections of the pool are in use, what is stored is read as ever, and
// the calls that wait for one go on waiting for that alone.
func TestWhatIsStoredIsReadWhileThePoolIsInUse(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		url := ownDatabase(t)
		d := connect(t, config(t, url, client, "pool_size", "1"))
		r := drivertest.Record(drivertest.NewIDs().Next(), time.Hour, 1, "")
		if err := d.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		other, err := plain(t, url).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Exec(t.Context(), "SELECT FROM session FOR UPDATE"); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- d.Set(t.Context(), r) }()
		for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
			if err := other.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(SELECT pid FROM pg_stat_activity WHERE datname = current_database())").Scan(&waiting); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := d.Stored(t.Context()); err != nil || *s.Bytes == 0 {
			t.Errorf("%+v, %v", s, err)
		}
		if n := d.(drivers.Connected).Connections(); n != 2 {
			t.Errorf("%d connections are counted, want the pool's and the one apart", n)
		}
		if err := other.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
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
