// Package containers provides session stores and takes them away again: in
// process, as a server binary started here, as a container, or as an address
// that somebody gives. It also reads what a provided server uses.
//
// A Run owns everything that is provided; closing it leaves nothing behind, and
// what a killed run left is found by its folder's lock or its container label.
package containers

import (
	"time"

	"github.com/sessionbench/bench/drivers"
)

// Mode says how a backend is provided.
type Mode string

// The modes. Auto takes, in this order: the URL given, in process, a container
// when a Docker daemon answers, a server binary that is installed.
const (
	Auto      Mode = "auto"
	Embedded  Mode = "embedded"
	Process   Mode = "process"
	Container Mode = "container"
	External  Mode = "external"
)

// Request says what to provide.
type Request struct {
	Target  drivers.Target
	Mode    Mode
	Image   string        // for Container; empty: the store's default with the target's tag
	Timeout time.Duration // until the store has to answer a real command; 0: 60 s
	CPUs    []int         // the processors that a server started here may use (Linux); none: all
	Args    []string      // for Process: further arguments of the server, which win over its own
	// Durability is the class that a server is started with; empty: its own. What
	// runs in process has it by its driver's options (drivers.Store.Durabilities).
	Durability drivers.Durability
}

// The networks between the client and the server, as results name them.
const (
	NetworkInProcess = "in process"
	NetworkLoopback  = "loopback"
	NetworkHost      = "host network" // a container without a network of its own
	NetworkBridge    = "bridge"       // a container's published port
	NetworkRemote    = "remote"
)
