package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/sessionbench/bench/internal/cgroup"
)

// Memory is the machine's, in bytes.
type Memory struct {
	Available uint64 `json:"available_bytes"` // to programs, without swapping
	Total     uint64 `json:"total_bytes"`
	SwapUsed  uint64 `json:"swap_used_bytes"`
	SwapTotal uint64 `json:"swap_total_bytes"`
}

func (m *Machine) memory(context.Context) (Fact, error) {
	kib, err := m.keyed("proc/meminfo", "MemAvailable", "MemTotal", "SwapFree", "SwapTotal")
	if err != nil {
		return nil, err
	}
	return Memory{
		Available: kib["MemAvailable"] << 10,
		Total:     kib["MemTotal"] << 10,
		SwapUsed:  (kib["SwapTotal"] - kib["SwapFree"]) << 10,
		SwapTotal: kib["SwapTotal"] << 10,
	}, nil
}

// Figure implements Fact.
func (m Memory) Figure() string {
	text := fmt.Sprintf("%s of %s available", size(m.Available), size(m.Total))
	switch {
	case m.SwapTotal == 0:
		return text + ", no swap"
	case m.SwapUsed == 0:
		return text + ", nothing swapped out"
	}
	return fmt.Sprintf("%s, %s swapped out", text, size(m.SwapUsed))
}

// bench and a server take a few hundred MiB for the ten thousand sessions of a
// usual run.
const (
	littleMemory, enoughMemory = 256 << 20, 1 << 30 // bytes
	someSwapped                = 64 << 20           // bytes
)

// Troubles implements Fact.
func (m Memory) Troubles() []Trouble {
	troubles := graded(float64(m.Available), littleMemory, enoughMemory, fmt.Sprintf(
		"%s of memory is available: a store that needs more makes the machine swap, or is killed; end what else runs", size(m.Available)))
	if m.SwapUsed >= someSwapped {
		troubles = append(troubles, Trouble{Look, fmt.Sprintf("%s is swapped out, and what a store needs of it comes back in the middle of a run; swapoff -a && swapon -a brings it back before", size(m.SwapUsed))})
	}
	return troubles
}

// MemoryLimit is the tightest limit that a control group sets on the memory of
// bench and of the servers that it starts, together.
type MemoryLimit struct {
	Bytes *uint64 `json:"bytes"` // null: there is none
}

// noLimit is more than any machine has: version 1 writes "none" as the largest
// number of whole pages.
const noLimit = 1 << 60

func (m *Machine) memoryLimit(context.Context) (Fact, error) {
	folders, unified, err := cgroup.Folders(m.Root, "memory")
	if err != nil {
		return nil, err
	}
	file := "/memory.limit_in_bytes"
	if unified {
		file = "/memory.max"
	}
	var l MemoryLimit
	for _, folder := range folders {
		text, err := m.read(folder + file)
		if errors.Is(err, fs.ErrNotExist) || text == "max" { // the top group has none
			continue
		}
		if err != nil {
			return nil, err
		}
		limit, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("/%s%s: %q is no number", folder, file, text)
		}
		if limit < noLimit && (l.Bytes == nil || limit < *l.Bytes) {
			l.Bytes = &limit
		}
	}
	return l, nil
}

// Figure implements Fact.
func (l MemoryLimit) Figure() string {
	if l.Bytes == nil {
		return "none"
	}
	return size(*l.Bytes)
}

// Troubles implements Fact.
func (l MemoryLimit) Troubles() []Trouble {
	if l.Bytes == nil {
		return nil
	}
	return graded(float64(*l.Bytes), littleMemory, enoughMemory, fmt.Sprintf(
		"the memory of bench and the servers it starts is limited to %s together, and the kernel kills what goes beyond; raise the limit (in a container, --memory)", size(*l.Bytes)))
}
