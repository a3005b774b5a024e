package redis

import (
	"context"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// callersPerCore makes some 64 callers on a small machine.
const callersPerCore = 32

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
