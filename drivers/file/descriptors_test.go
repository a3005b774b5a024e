package file

import (
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// Without a free descriptor a read of the express client waits until there is one
// (graceful-fs), while its other calls fail, as the conformance suite shows.
func TestReadsWaitForADescriptor(t *testing.T) {
	t.Parallel()
	drivertest.Apart(t, func() { readsWait(t) })
}

func readsWait(t *testing.T) {
	e := opened(t, config(t, t.TempDir(), drivers.Express, nil))
	r := drivertest.Record("id", time.Hour, 1, "")
	if err := e.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	release := drivertest.UseAllDescriptors(t)
	ctx, cancel := contextFor(t, 20*time.Millisecond)
	defer cancel()
	if _, err := e.Get(ctx, "id"); drivers.Classify(err) != drivers.ClassTimeout {
		t.Errorf("express: a get that may wait 20 ms: %v, classed %s", err, drivers.Classify(err))
	}
	got := make(chan error)
	go func() {
		_, err := e.Get(t.Context(), "id")
		got <- err
	}()
	release()
	if err := <-got; err != nil {
		t.Errorf("express: get: %v", err)
	}
}
