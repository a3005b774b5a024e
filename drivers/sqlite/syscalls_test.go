package sqlite

import (
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// The numbers of system calls are those that were recorded of connect-sqlite3:
// sqlite: 20 sets -> pwrite64 x280, fsync x80; sqlite-wal: 20 sets -> pwrite64
// x80, fsync x20.
func TestSetsWriteAndSyncAsOftenAsConnectSQLite3(t *testing.T) {
	modes := []string{"delete", "wal"}
	calls, _ := drivertest.SystemCalls(t, func(path string) {
		for _, mode := range modes {
			d := opened(t, config(t, path+"-"+mode, drivers.Express, map[string]string{"journal_mode": mode}))
			drivertest.Mark(mode)
			for n := range 20 {
				if err := d.Set(t.Context(), drivertest.Record("id", time.Hour, n, "")); err != nil {
					t.Fatal(err)
				}
			}
			drivertest.Mark("")
		}
	})
	want := map[string]map[string]int{"delete": {"pwrite64(": 280, "fsync(": 80}, "wal": {"pwrite64(": 80, "fsync(": 20}}
	for _, mode := range modes {
		for name, n := range want[mode] {
			got := 0
			for _, line := range calls[mode] {
				if strings.HasPrefix(line, name) {
					got++
				}
			}
			if got != n {
				t.Errorf("%s: 20 sets made %d %s…); recorded are %d", mode, got, name, n)
			}
		}
	}
}
