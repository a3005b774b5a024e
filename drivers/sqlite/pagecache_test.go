package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	modernc "modernc.org/sqlite"
)

// Two files that are three times as large as a page cache are read in turn: what is read
// of the one pushes nothing of the other out.
func TestEachConnectionHasAPageCacheOfItsOwn(t *testing.T) {
	const sessions, slice = 10_000, 500
	var stores [2]*driver
	for i := range stores {
		stores[i] = opened(t, config(t, filepath.Join(t.TempDir(), "sessions.db"), drivers.Express, map[string]string{"synchronous": "off"}))
		var all []drivers.Record
		for n := range sessions {
			all = append(all, drivertest.Record(fmt.Sprintf("id%05d", n), time.Hour, 0, drivertest.Padding(500)))
		}
		if err := stores[i].Load(t.Context(), slices.Values(all)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range sessions {
		if _, err := stores[n/slice%2].Get(t.Context(), fmt.Sprintf("id%05d", n*7919%sessions)); err != nil {
			t.Fatal(err)
		}
	}
	used := [2]int{cached(t, stores[0]), cached(t, stores[1])}
	if used[0] < used[1]*9/10 || used[1] < used[0]*9/10 {
		t.Errorf("the two page caches hold %d B", used)
	}
}

// cached is how much a store's connection has in its page cache, in bytes.
func cached(t *testing.T, d *driver) (bytes int) {
	t.Helper()
	h, err := d.handles.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.handles.giveBack(h)
	err = h.conn.Raw(func(conn any) (err error) {
		bytes, _, err = conn.(modernc.DBStatus).Status(modernc.DBStatusCacheUsed, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
