package machine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
)

// OtherPrograms is what else used the processors while bench rested.
type OtherPrograms struct {
	BusyPercent   float64 `json:"busy_percent"`   // of all processors' time
	StolenPercent float64 `json:"stolen_percent"` // of it, that the host gave to other virtual machines
	LoadAverage   float64 `json:"load_average"`   // programs that ran or wanted to, over the last minute
	Processors    int     `json:"processors"`     // the machine's
}

func (m *Machine) otherPrograms(ctx context.Context) (Fact, error) {
	average, err := m.loadAverage()
	if err != nil {
		return nil, err
	}
	before, err := m.processorTimes()
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(m.Rest):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	after, err := m.processorTimes()
	if err != nil {
		return nil, err
	}
	all := float64(after.all - before.all)
	if all <= 0 {
		return nil, errors.New("/proc/stat: the times stand still")
	}
	stolen := float64(after.stolen - before.stolen)
	return OtherPrograms{
		BusyPercent:   100 * (all - float64(after.idle-before.idle) - stolen) / all,
		StolenPercent: 100 * stolen / all,
		LoadAverage:   average,
		Processors:    after.processors,
	}, nil
}

func (m *Machine) loadAverage() (float64, error) {
	text, err := m.read("proc/loadavg")
	if err != nil {
		return 0, err
	}
	minute, _, _ := strings.Cut(text, " ")
	average, err := strconv.ParseFloat(minute, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/loadavg: %q is no number", minute)
	}
	return average, nil
}

// processorTimes are what the machine's processors did since it booted, in ticks
// of all of them together.
type processorTimes struct {
	all, idle, stolen int64
	processors        int
}

// processorTimes reads /proc/stat (proc_stat(5)): user, nice, system, idle,
// iowait, irq, softirq, steal. What follows is in user already.
func (m *Machine) processorTimes() (processorTimes, error) {
	text, err := m.read("proc/stat")
	if err != nil {
		return processorTimes{}, err
	}
	var t processorTimes
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case !strings.HasPrefix(line, "cpu"):
		case fields[0] != "cpu":
			t.processors++
		case len(fields) < 9:
			return processorTimes{}, fmt.Errorf("/proc/stat: %d times, not 8", len(fields)-1)
		default:
			const idle, iowait, steal = 3, 4, 7
			for i, field := range fields[1:9] {
				n, err := strconv.ParseInt(field, 10, 64)
				if err != nil {
					return processorTimes{}, fmt.Errorf("/proc/stat: %q is no number", field)
				}
				t.all += n
				switch i {
				case idle, iowait: // waiting for a disk leaves a processor to who wants it
					t.idle += n
				case steal:
					t.stolen += n
				}
			}
		}
	}
	return t, nil
}

// Figure implements Fact.
func (o OtherPrograms) Figure() string {
	return fmt.Sprintf("%s %% of the processors, %s %% stolen, load %s",
		results.Percent(o.BusyPercent), results.Percent(o.StolenPercent), digits(o.LoadAverage))
}

// More than these shares of the processors are missed, or may be. Below, ticks of
// 10 ms over half a second tell nothing.
const (
	someBusy, muchBusy     = 5, 15 // percent
	someStolen, muchStolen = 1, 5  // percent
)

// Troubles implements Fact.
func (o OtherPrograms) Troubles() []Trouble {
	troubles := gradedAbove(o.BusyPercent, someBusy, muchBusy, fmt.Sprintf(
		"other programs use %s %% of the processors: bench and the stores here lack that, now more and now less; end them, or measure when they rest", results.Percent(o.BusyPercent)))
	if len(troubles) == 0 && o.LoadAverage >= float64(o.Processors) {
		troubles = []Trouble{{Look, fmt.Sprintf("the load of the last minute is %s on %d processors: unless that was bench, what made it may return", digits(o.LoadAverage), o.Processors)}}
	}
	return append(troubles, gradedAbove(o.StolenPercent, someStolen, muchStolen, fmt.Sprintf(
		"the host gives %s %% of the processors' time to other virtual machines, and bench can't see when; take a machine of one's own, or more --rounds", results.Percent(o.StolenPercent)))...)
}
