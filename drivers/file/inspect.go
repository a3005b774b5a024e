package file

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/sessionbench/bench/drivers"
	"github.com/shirou/gopsutil/v4/disk"
)

var (
	_ drivers.Driver    = (*express)(nil)
	_ drivers.Driver    = (*native)(nil)
	_ drivers.Inspector = (*folder)(nil)
	_ drivers.Meter     = (*express)(nil)
	_ drivers.Meter     = (*native)(nil)
	_ drivers.Stored    = (*express)(nil)
	_ drivers.Stored    = (*native)(nil)
	_ drivers.Pruner    = (*express)(nil)
	_ drivers.Pruner    = (*native)(nil)
	_ drivers.Loader    = (*express)(nil)
	_ drivers.Loader    = (*native)(nil)
	_ drivers.Remover   = (*folder)(nil)
	_ drivers.Cleaner   = (*folder)(nil)
	_ drivers.Counter   = (*folder)(nil)
	_ drivers.Dropper   = (*folder)(nil)
)

// Inspect gives the file system as the version: it is what serves the files.
func (f *folder) Inspect(ctx context.Context) (drivers.Inspection, error) {
	if err := f.enter(ctx); err != nil {
		return drivers.Inspection{}, err
	}
	defer f.leave()
	usage, err := disk.UsageWithContext(ctx, f.path)
	if err != nil {
		return drivers.Inspection{}, fmt.Errorf("the file system of %s: %w", f.path, err)
	}
	i := drivers.Inspection{
		Version: usage.Fstype,
		Settings: map[string]string{
			"filesystem":   usage.Fstype,
			"fsync_file":   strconv.FormatBool(f.fsync),
			"fsync_folder": "false",
			"retries":      fmt.Sprintf("%d, %s apart", f.retries, f.delay),
			"ttl":          f.ttl.String(),
		},
		Durability: f.durability(usage.Fstype),
	}
	if f.found {
		i.Settings["purge"] = "off: the folder had sessions before"
	}
	return i, nil
}

// durability: without fsync, Linux writes back what is 30 seconds old. A file
// system in memory keeps nothing.
func (f *folder) durability(filesystem string) drivers.Durability {
	switch {
	case filesystem == "tmpfs" || filesystem == "ramfs":
		return drivers.DurabilityNone
	case f.fsync:
		return drivers.DurabilityCommit
	}
	return drivers.DurabilitySeconds
}

// Meter gives the blocks that the files take, and the expired sessions present.
// It reads every file: the files have no counters.
func (e *express) Meter(ctx context.Context) (drivers.Reading, error) {
	return e.meter(ctx, func(path string) (int64, bool, error) {
		value, st, err := readFile(path)
		return st.Blocks * 512, err == nil && expired(value, e.ttl, e.now()), err
	})
}

// Meter gives the blocks that the files take, and the expired sessions present.
func (n *native) Meter(ctx context.Context) (drivers.Reading, error) {
	return n.meter(ctx, func(path string) (int64, bool, error) {
		st, err := lstat(path)
		return st.Blocks * 512, err == nil && n.over(st), err
	})
}

// Stored gives the blocks that the files take. When a session expires stands in its
// file, and to read each is as dear as a get of each.
func (e *express) Stored(ctx context.Context) (drivers.Storage, error) {
	bytes, _, err := e.lookAtEach(ctx, func(syscall.Stat_t) bool { return false })
	if err != nil {
		return drivers.Storage{}, err
	}
	return drivers.Storage{Bytes: &bytes}, nil
}

// Stored gives the blocks that the files take, and the expired sessions present.
func (n *native) Stored(ctx context.Context) (drivers.Storage, error) {
	bytes, expired, err := n.lookAtEach(ctx, n.over)
	if err != nil {
		return drivers.Storage{}, err
	}
	return drivers.Storage{Bytes: &bytes, ExpiredPresent: &expired}, nil
}

// lookAtEach adds up the blocks of all files and counts those that are over, one file
// after the other, so that it takes one processor at most.
func (f *folder) lookAtEach(ctx context.Context, isOver func(syscall.Stat_t) bool) (bytes, overs int64, err error) {
	if err := f.enter(ctx); err != nil {
		return 0, 0, err
	}
	defer f.leave()
	names, err := f.list(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, name := range names {
		st, err := lstat(f.path + "/" + name)
		switch {
		case missing(err): // destroyed meanwhile
			continue
		case err == nil:
			err = f.goesOn(ctx)
		}
		if err != nil {
			return 0, 0, err
		}
		bytes += st.Blocks * 512
		if isOver(st) {
			overs++
		}
	}
	return bytes, overs, nil
}

func (f *folder) meter(ctx context.Context, look func(path string) (bytes int64, over bool, err error)) (drivers.Reading, error) {
	if err := f.enter(ctx); err != nil {
		return drivers.Reading{}, err
	}
	defer f.leave()
	names, err := f.list(ctx)
	if err != nil {
		return drivers.Reading{}, err
	}
	var bytes, overs atomic.Int64
	err = f.eachFile(ctx, names, func(path string) error {
		n, over, err := look(path)
		if missing(err) { // destroyed meanwhile
			return nil
		}
		bytes.Add(n)
		if over {
			overs.Add(1)
		}
		return err
	})
	if err != nil {
		return drivers.Reading{}, err
	}
	b, o := bytes.Load(), overs.Load()
	return drivers.Reading{Storage: drivers.Storage{Bytes: &b, ExpiredPresent: &o}}, nil
}
