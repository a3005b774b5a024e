package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
)

// Processors are those that bench, and the servers it starts, may run on.
type Processors struct {
	Usable int `json:"usable"`     // by this process's affinity
	Go     int `json:"gomaxprocs"` // that bench itself uses at once
}

func (m *Machine) processors(context.Context) (Fact, error) {
	return Processors{Usable: runtime.NumCPU(), Go: runtime.GOMAXPROCS(0)}, nil
}

// Figure implements Fact.
func (p Processors) Figure() string {
	if p.Go == p.Usable {
		return fmt.Sprint(p.Usable)
	}
	return fmt.Sprintf("%d, and bench uses %d of them", p.Usable, p.Go)
}

// Fewer processors than these have bench and a server wait for each other, or
// may: each keeps more than one busy at the top of its load.
const (
	fewProcessors    = 2
	enoughProcessors = 4
)

// Troubles implements Fact.
func (p Processors) Troubles() []Trouble {
	shared := fmt.Sprintf("bench and the server of a store here have %d processors together: what one uses the other lacks; compare stores of one run with each other, or give a server elsewhere by its URL", p.Usable)
	if p.Usable == 1 {
		shared = "with one processor, bench and the server of a store here wait for each other; give a server elsewhere by its URL"
	}
	troubles := graded(float64(p.Usable), fewProcessors, enoughProcessors, shared)
	if p.Go < p.Usable {
		troubles = append(troubles, Trouble{Look, fmt.Sprintf("bench uses %d of %d processors, by GOMAXPROCS or for a CPU quota: its own ceiling is that much lower", p.Go, p.Usable)})
	}
	return troubles
}

// Frequency is what governs the processors' clock rate.
type Frequency struct {
	Governors []string `json:"governors"` // each once
	Turbo     *bool    `json:"turbo"`     // null: unknown
}

func (m *Machine) frequency(context.Context) (Fact, error) {
	paths, err := fs.Glob(m.Root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, m.noGovernor()
	}
	f := Frequency{Turbo: m.turbo()}
	for _, path := range paths {
		governor, err := m.read(path)
		if err != nil {
			return nil, err
		}
		f.Governors = append(f.Governors, governor)
	}
	slices.Sort(f.Governors)
	f.Governors = slices.Compact(f.Governors)
	return f, nil
}

// noGovernor says why there is none to be seen. A hypervisor tells that it is one
// in a flag of the processors that it makes (x86's).
func (m *Machine) noGovernor() error {
	info, err := m.read("proc/cpuinfo")
	switch {
	case err != nil:
		return err
	case slices.Contains(strings.Fields(info), "hypervisor"):
		return errors.New("a virtual machine is not shown its governor")
	}
	return errors.New("no cpufreq in /sys")
}

// turbo tells whether the processors may run above their nominal rate, by the
// switch of intel_pstate or that of the other drivers.
func (m *Machine) turbo() *bool {
	if off, err := m.number("sys/devices/system/cpu/intel_pstate/no_turbo"); err == nil {
		return new(off == 0)
	}
	if boost, err := m.number("sys/devices/system/cpu/cpufreq/boost"); err == nil {
		return new(boost == 1)
	}
	return nil
}

// Figure implements Fact.
func (f Frequency) Figure() string {
	text := strings.Join(f.Governors, " and ")
	switch {
	case f.Turbo == nil:
		return text
	case *f.Turbo:
		return text + ", turbo on"
	}
	return text + ", turbo off"
}

// Troubles implements Fact.
func (f Frequency) Troubles() []Trouble {
	var troubles []Trouble
	if !slices.Equal(f.Governors, []string{"performance"}) {
		troubles = append(troubles, Trouble{Distorts, fmt.Sprintf("the frequency governor %s lets the clock rate follow the load: at a low rate every request takes longer than at a high one; cpupower frequency-set -g performance", strings.Join(f.Governors, " and "))})
	}
	if f.Turbo != nil && *f.Turbo {
		troubles = append(troubles, Trouble{Look, "turbo is on: the clock rate falls as more processors are busy, or hot, so that equal runs differ by some per cent; switch it off to compare runs that lie apart"})
	}
	return troubles
}
