package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestFolderWithSessionsNeedsUseExisting(t *testing.T) {
	t.Parallel()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		dir := t.TempDir()
		theirs := filepath.Join(dir, "theirs.json")
		over := `{"cookie":{"originalMaxAge":1,"expires":"2001-01-01T00:00:00.000Z"},"__lastAccess":1}`
		if err := errors.Join(os.WriteFile(theirs, []byte(over), 0o600), os.Chtimes(theirs, time.Unix(1, 0), time.Unix(1, 0))); err != nil {
			t.Fatal(err)
		}
		cfg := config(t, dir, client, nil)
		if _, err := drivers.Open(t.Context(), "file", cfg); !errors.Is(err, drivers.ErrExists) {
			t.Errorf("%s: %v; want ErrExists", client, err)
		}
		cfg.UseExisting = true
		d := opened(t, cfg)
		if err := d.Set(t.Context(), drivertest.Record("ours", time.Hour, 1, "")); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Prune(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: prune of somebody else's sessions: %d, %v", client, n, err)
		}
		if n, err := d.Clean(t.Context(), "ours", drivertest.AnyID); n != 1 || err != nil {
			t.Errorf("%s: clean: %d, %v", client, n, err)
		}
		if err := errors.Join(d.Drop(t.Context()), d.Close()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(theirs); err != nil {
			t.Errorf("%s: %v", client, err)
		}
	}
}

func TestDropRemovesTheFoldersThatOpenMadeWhenTheyAreEmpty(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d := opened(t, config(t, filepath.Join(root, "a", "b", "c"), drivers.Express, nil))
	if err := d.Set(t.Context(), drivertest.Record("id", time.Hour, 1, "")); err != nil {
		t.Fatal(err)
	}
	if err := d.Drop(t.Context()); err != nil {
		t.Errorf("drop of a folder in use: %v", err)
	}
	if _, err := d.Get(t.Context(), "id"); err != nil {
		t.Errorf("after drop of a folder in use: %v", err)
	}
	if err := errors.Join(d.Destroy(t.Context(), "id"), d.Drop(t.Context())); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(root); len(left) != 0 || err != nil {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestDropLeavesAFolderThatWasThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := opened(t, config(t, dir, drivers.Native, nil)).Drop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

// What a crash between write and rename leaves is nobody's session, and clean
// removes ours only.
func TestCleanRemovesOurLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := opened(t, config(t, dir, drivers.Express, nil))
	kept := []string{"run2_x.json.1", "run1_x.txt", "run1_x.json.bak", "notes.json.2", "run1_y.txt.3"}
	for _, name := range append(kept, "run1_x.json.123", "run1_x.json") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.Clean(t.Context(), "run1_", drivertest.AnyID); n != 1 || err != nil {
		t.Errorf("removed %d sessions, %v", n, err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(kept)
	if !slices.Equal(left, kept) || err != nil {
		t.Errorf("left %q, %v; want %q", left, err, kept)
	}
}

func TestOptionsDecideWhereFilesGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := opened(t, config(t, filepath.Join(dir, "ignored"), drivers.Express, map[string]string{"path": filepath.Join(dir, "used"), "file_extension": ".sess"}))
	if err := d.Set(t.Context(), drivertest.Record("id", time.Hour, 1, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "used", "id.sess")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ignored")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]drivers.Config{
		"no folder":                config(t, "", drivers.Express, nil),
		"a file":                   config(t, file, drivers.Express, nil),
		"a folder in a file":       config(t, filepath.Join(file, "x"), drivers.Express, nil),
		"an extension with no dot": config(t, dir, drivers.Express, map[string]string{"file_extension": "json"}),
		"an extension that leads":  config(t, dir, drivers.Express, map[string]string{"file_extension": "./x"}),
		"no extension":             config(t, dir, drivers.Express, map[string]string{"file_extension": ""}),
	} {
		if d, err := drivers.Open(t.Context(), "file", cfg); err == nil {
			d.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func TestInspectKnowsWhetherWritesAreSynced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		filesystem string
		fsync      bool
		want       drivers.Durability
	}{
		{"ext4", true, drivers.DurabilityCommit},
		{"ext4", false, drivers.DurabilitySeconds},
		{"tmpfs", true, drivers.DurabilityNone},
	} {
		f := &folder{fsync: c.fsync}
		if got := f.durability(c.filesystem); got != c.want {
			t.Errorf("%s, fsync %t: %s; want %s", c.filesystem, c.fsync, got, c.want)
		}
	}
}

func TestMeterSeesExpiredSessions(t *testing.T) {
	t.Parallel()
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		d := opened(t, config(t, t.TempDir(), client, nil))
		for n, lifetime := range []time.Duration{time.Hour, time.Hour, -time.Hour} {
			if err := d.Set(t.Context(), drivertest.Record(string(rune('a'+n)), lifetime, n, "")); err != nil {
				t.Fatal(err)
			}
		}
		r, err := d.Meter(t.Context())
		if err != nil || *r.ExpiredPresent != 1 || *r.Bytes <= 0 {
			t.Errorf("%s: %+v, %v", client, r, err)
		}
	}
}
