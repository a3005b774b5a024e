package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// callersPerCore makes 50 callers on a machine with two cores.
const callersPerCore = 25

func benchmarkGet(b *testing.B, get func(ctx context.Context, id string) error) {
	b.ReportAllocs()
	b.SetParallelism(callersPerCore)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := get(b.Context(), "id"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchmarkDriver(b *testing.B, client drivers.Client) {
	d := connect(b, config(b, address(b), client, "prefix", "bench:"))
	if err := d.Set(b.Context(), drivertest.Record("id", time.Hour, 0, drivertest.Padding(450))); err != nil {
		b.Fatal(err)
	}
	benchmarkGet(b, func(ctx context.Context, id string) error {
		_, err := d.Get(ctx, id)
		return err
	})
}

func BenchmarkGetExpress(b *testing.B) { benchmarkDriver(b, drivers.Express) }
func BenchmarkGetNative(b *testing.B)  { benchmarkDriver(b, drivers.Native) }

// BenchmarkGetAutoPipeline is what link is compared with: go-redis's own, with
// its defaults.
func BenchmarkGetAutoPipeline(b *testing.B) {
	c := goredis.NewClient(&goredis.Options{Addr: hostPort(b)})
	b.Cleanup(func() { c.Close() })
	r := drivertest.Record("id", time.Hour, 0, drivertest.Padding(450))
	if err := c.Set(b.Context(), "bench:id", r.Value, time.Hour).Err(); err != nil {
		b.Fatal(err)
	}
	ap, err := c.AutoPipeline()
	if err != nil {
		b.Fatal(err)
	}
	benchmarkGet(b, func(ctx context.Context, id string) error { return ap.Get(ctx, "bench:"+id).Err() })
}

// BenchmarkReadAutoPipeline is what a closed loop of bench is compared with
// (internal/load/peers.sh): the two commands of a read, by as many callers.
func BenchmarkReadAutoPipeline(b *testing.B) {
	const sessions, lifetime = 10_000, time.Hour
	c := goredis.NewClient(&goredis.Options{Addr: hostPort(b)})
	b.Cleanup(func() { c.Close() })
	key := func(i int) string { return fmt.Sprintf("bench:%032d", i%sessions) }
	for i := range sessions {
		if err := c.Set(b.Context(), key(i), drivertest.Padding(256), lifetime).Err(); err != nil {
			b.Fatal(err)
		}
	}
	ap, err := c.AutoPipeline()
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	benchmarkGet(b, func(ctx context.Context, _ string) error {
		key := key(int(next.Add(1)))
		if err := ap.Get(ctx, key).Err(); err != nil {
			return err
		}
		return ap.Expire(ctx, key, lifetime).Err()
	})
}
