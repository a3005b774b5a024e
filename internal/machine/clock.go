package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Clock is what reading the monotonic clock costs, with which all is timed.
type Clock struct {
	ReadNs float64 `json:"read_ns"` // the median of batches
	StepNs int64   `json:"step_ns"` // the smallest difference seen between two readings
}

func (m *Machine) clock(context.Context) (Fact, error) {
	epoch := time.Now()
	return measureClock(func() int64 { return int64(time.Since(epoch)) })
}

// A batch is so short that most see no interruption, and so long that a clock
// with steps of a microsecond times it.
const (
	clockBatches = 101
	clockBatch   = 1000
)

// measureClock reads a clock of nanoseconds, in batches that it times itself.
func measureClock(now func() int64) (Fact, error) {
	var costs []float64
	step := int64(0)
	for range clockBatches {
		first := now()
		last := first
		for range clockBatch {
			n := now()
			if d := n - last; d > 0 && (step == 0 || d < step) {
				step = d
			}
			last = n
		}
		costs = append(costs, float64(last-first)/clockBatch)
	}
	if step == 0 {
		return nil, fmt.Errorf("the clock stood still over %d readings", clockBatches*clockBatch)
	}
	slices.Sort(costs)
	return Clock{ReadNs: costs[len(costs)/2], StepNs: step}, nil
}

// Figure implements Fact.
func (c Clock) Figure() string {
	return fmt.Sprintf("%s a reading, in steps of %s", short(c.ReadNs), short(float64(c.StepNs)))
}

// A call of the quickest store takes a microsecond, and two readings of the
// clock. More than these is a good part of that, or most of it.
const (
	fineClock, slowClock = 100, 500  // nanoseconds a reading
	fineSteps, wideSteps = 100, 1000 // nanoseconds
)

// Troubles implements Fact.
func (c Clock) Troubles() []Trouble {
	return append(
		gradedAbove(c.ReadNs, fineClock, slowClock, fmt.Sprintf(
			"a reading of the clock takes %s, and each call needs two: below %s a service time is mostly the clock's", short(c.ReadNs), short(4*c.ReadNs))),
		gradedAbove(float64(c.StepNs), fineSteps, wideSteps, fmt.Sprintf(
			"the clock goes in steps of %s: what takes less is nothing or one step; believe no time below %s", short(float64(c.StepNs)), short(10*float64(c.StepNs))))...)
}

// ClockSource is the kernel's clock.
type ClockSource struct {
	Name      string   `json:"name"`
	Available []string `json:"available"` // all that it may be told to take
}

const clockSources = "sys/devices/system/clocksource/clocksource0/"

func (m *Machine) clockSource(context.Context) (Fact, error) {
	name, err := m.read(clockSources + "current_clocksource")
	if err != nil {
		return nil, err
	}
	available, err := m.read(clockSources + "available_clocksource")
	if err != nil {
		return nil, err
	}
	return ClockSource{Name: name, Available: strings.Fields(available)}, nil
}

// Figure implements Fact.
func (s ClockSource) Figure() string { return s.Name }

// slowSources are read by the kernel alone, or from a device: a system call for
// each reading.
var slowSources = []string{"hpet", "acpi_pm", "xen", "jiffies", "refined-jiffies", "pit"}

// Troubles implements Fact.
func (s ClockSource) Troubles() []Trouble {
	if !slices.Contains(slowSources, s.Name) {
		return nil
	}
	cure := "tsc is not to be had, and dmesg says why"
	if slices.Contains(s.Available, "tsc") {
		cure = "echo tsc > /" + clockSources + "current_clocksource"
	}
	return []Trouble{{Look, fmt.Sprintf("each reading of the clock source %s is a system call, or slower; %s", s.Name, cure)}}
}
