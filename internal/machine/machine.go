// Package machine finds out what a computer does to what is measured on it: how
// good its clock is and how punctual its scheduler, what bench itself can do on
// it, what is limited, and who else uses it. Each check is one fact, and says
// whether it distorts a run and what to do about it.
//
// What Linux shows under /proc and /sys is read there. Elsewhere those facts are
// unknown, and say so.
package machine

import (
	"context"
	"io/fs"
	"time"

	"github.com/sessionbench/bench/internal/load"
)

// Machine is the computer that this process runs on: what is not asked of Go's
// runtime comes in here.
type Machine struct {
	Root      fs.FS                             // its file system, which has proc and sys
	OpenFiles func() (soft, hard uint64)        // this process's limits; 0: unknown
	Temporary string                            // the folder of provided stores
	InMemory  func(folder string) (bool, error) // whether a folder has no disk
	Process   func() (load.Process, error)      // what this process uses
	Rest      time.Duration                     // how long others are watched while bench rests
	Replay    time.Duration                     // how long each replay on the empty store is measured
}

// examinations are in the order of the checks. Other programs are looked for
// before bench makes a load of its own, and what a CPU quota held up after that.
var examinations = []struct {
	name string
	find func(*Machine, context.Context) (Fact, error)
}{
	{"processors", (*Machine).processors},
	{"other programs", (*Machine).otherPrograms},
	{"frequency", (*Machine).frequency},
	{"clock", (*Machine).clock},
	{"clock source", (*Machine).clockSource},
	{"wake-up lateness", (*Machine).wakeUp},
	{"ceiling", (*Machine).ceiling},
	{"CPU quota", (*Machine).cpuQuota},
	{"memory", (*Machine).memory},
	{"memory limit", (*Machine).memoryLimit},
	{"open files", (*Machine).openFiles},
	{"ephemeral ports", (*Machine).ephemeralPorts},
	{"accept queue", (*Machine).acceptQueue},
	{"temporary folder", (*Machine).temporaryFolder},
}

// Examine makes every check, one after the other, and tells doing which. It takes
// Rest and twice Replay, and a second at most. The error is ctx's.
func (m *Machine) Examine(ctx context.Context, doing func(name string)) ([]Check, error) {
	var checks []Check
	for _, e := range examinations {
		doing(e.name)
		fact, err := e.find(m, ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		checks = append(checks, newCheck(e.name, fact, err))
	}
	return checks, nil
}
