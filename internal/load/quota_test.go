package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The groups above have quotas too.
func TestStopsOfAllGroupsCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var q quota
	for name, text := range map[string]string{
		"version 1":    "nr_periods 30\nnr_throttled 12\nthrottled_time 345000000\n",
		"version 2":    "usage_usec 99\nnr_periods 9\nnr_throttled 3\nthrottled_usec 55000\nnr_bursts 0\n",
		"without one":  "usage_usec 99\nuser_usec 9\n",
		"of no number": "nr_throttled many\n\nthrottled_usec -1\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		q = append(q, path)
	}
	if got, ok := append(q, filepath.Join(dir, "gone")).read(); !ok || got != (stops{15, 400 * time.Millisecond}) {
		t.Errorf("%+v, known %v", got, ok)
	}
	if got, ok := append(q, dir).read(); ok {
		t.Errorf("one can't be read, and all have %+v", got)
	}
	if got := (stops{15, 400 * time.Millisecond}).since(stops{5, 100 * time.Millisecond}); got != (stops{10, 300 * time.Millisecond}) {
		t.Errorf("since: %+v", got)
	}
}
