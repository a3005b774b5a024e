package postgres_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// connections is how many the benchmarks use, each by one caller.
const connections = 10

func benchmarkGet(b *testing.B, client drivers.Client) {
	d, r := stored(b, ownDatabase(b), client)
	b.ReportAllocs()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := d.Get(b.Context(), r.ID); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// stored is a driver with one session, all of whose connections are open.
func stored(b *testing.B, url string, client drivers.Client) (driver, drivers.Record) {
	b.Helper()
	d := connect(b, config(b, url, client, "pool_size", strconv.Itoa(connections)))
	r := drivertest.Record("id", time.Hour, 0, drivertest.Padding(450))
	if err := d.Set(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	return d, r
}

func BenchmarkGetExpress(b *testing.B) { benchmarkGet(b, drivers.Express) }
func BenchmarkGetNative(b *testing.B)  { benchmarkGet(b, drivers.Native) }

var transactionsPerSecond = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)

// BenchmarkGetPgbench is what the native client is compared with: the server's own
// tool, which does the same SELECT.
func BenchmarkGetPgbench(b *testing.B) {
	url := ownDatabase(b)
	_, r := stored(b, url, drivers.Native)
	path, err := exec.LookPath("pgbench")
	if all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench"); err != nil && len(all) > 0 {
		path, err = all[0], nil
	}
	if err != nil {
		b.Skip(err)
	}
	script := filepath.Join(b.TempDir(), "select.sql")
	const sql = `SELECT sess FROM "session" WHERE sid = :sid AND expire >= to_timestamp(:now);` + "\n"
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), path, "-n", "-M", "prepared", "-c", strconv.Itoa(connections), "-j", "2",
		"-t", strconv.Itoa(b.N/connections+1), "-D", "sid="+r.ID, "-D", fmt.Sprintf("now=%d", time.Now().Unix()), "-f", script, url)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	b.ResetTimer()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%v\n%s", err, said.String())
	}
	m := transactionsPerSecond.FindStringSubmatch(said.String())
	if m == nil {
		b.Fatalf("pgbench said\n%s", said.String())
	}
	tps, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Second)/tps, "ns/op")
}
