package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/sessionbench/bench/drivers"
	"github.com/shirou/gopsutil/v4/disk"
)

var (
	_ drivers.Driver    = (*driver)(nil)
	_ drivers.Pruner    = (*driver)(nil)
	_ drivers.Counter   = (*driver)(nil)
	_ drivers.Loader    = (*driver)(nil)
	_ drivers.Remover   = (*driver)(nil)
	_ drivers.Cleaner   = (*driver)(nil)
	_ drivers.Dropper   = (*driver)(nil)
	_ drivers.Inspector = (*driver)(nil)
	_ drivers.Meter     = (*driver)(nil)
	_ drivers.Stored    = (*driver)(nil)
)

// settings reads what a connection really has.
func settings(ctx context.Context, h *handle) (map[string]string, error) {
	have := map[string]string{}
	for _, name := range []string{"journal_mode", "synchronous", "busy_timeout", "page_size", "cache_size"} {
		var value string
		if err := h.query(ctx, "PRAGMA "+name).Scan(&value); err != nil {
			return nil, fmt.Errorf("read the setting %s: %w", name, err)
		}
		have[name] = value
	}
	if n, err := strconv.Atoi(have["synchronous"]); err == nil && n < len(synchronous) {
		have["synchronous"] = synchronous[n]
	}
	return have, nil
}

// synchronous are the names of that setting's numbers.
var synchronous = []string{"off", "normal", "full", "extra"}

func (d *driver) Inspect(ctx context.Context) (drivers.Inspection, error) {
	h, err := d.handles.reader(ctx)
	if err != nil {
		return drivers.Inspection{}, err
	}
	defer d.handles.giveBack(h)
	i := drivers.Inspection{Settings: map[string]string{"connections": strconv.Itoa(d.handles.all)}}
	if err := h.query(ctx, "SELECT sqlite_version()").Scan(&i.Version); err != nil {
		return i, d.failure(ctx, err)
	}
	usage, err := disk.UsageWithContext(ctx, filepath.Dir(d.file.path))
	if err != nil {
		return i, fmt.Errorf("the file system of %s: %w", d.file.path, err)
	}
	for name, value := range d.settings {
		i.Settings[name] = value
	}
	i.Settings["filesystem"] = usage.Fstype
	if d.found {
		i.Settings["purge"] = "off: the table was there before"
	}
	i.Durability = durability(i.Settings)
	return i, nil
}

// durability follows https://www.sqlite.org/pragma.html#pragma_synchronous: in
// wal mode, normal syncs at checkpoints only. A file system in memory keeps
// nothing.
func durability(settings map[string]string) drivers.Durability {
	switch {
	case settings["filesystem"] == "tmpfs" || settings["filesystem"] == "ramfs":
		return drivers.DurabilityNone
	case settings["synchronous"] == "off",
		settings["synchronous"] == "normal" && settings["journal_mode"] == "wal":
		return drivers.DurabilitySeconds
	}
	return drivers.DurabilityCommit
}

// Meter gives the size of the file with its journals, and the expired rows.
// SQLite does not count calls.
func (d *driver) Meter(ctx context.Context) (drivers.Reading, error) {
	expired, err := d.number(ctx, "SELECT COUNT(*) FROM "+d.table+" WHERE ? > expired", millis(d.now()))
	if err != nil {
		return drivers.Reading{}, err
	}
	storage, err := d.Stored(ctx)
	storage.ExpiredPresent = &expired
	return drivers.Reading{Storage: storage}, err
}

// Stored gives the size of the file with its journals. To count the expired rows is
// to scan the table, as expired has no index, and whoever reads makes a writer wait in
// journal mode delete, and a checkpoint in wal.
func (d *driver) Stored(ctx context.Context) (drivers.Storage, error) {
	if err := d.handles.check(ctx); err != nil {
		return drivers.Storage{}, err
	}
	bytes, err := d.file.size()
	if err != nil {
		return drivers.Storage{}, err
	}
	return drivers.Storage{Bytes: &bytes}, nil
}
