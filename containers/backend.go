package containers

import (
	"context"
	"sync"
)

// Backend is one provided store. It belongs to its Run, which closes it when
// nobody else did. Methods are safe for concurrent use.
type Backend struct {
	Mode Mode
	// URL is what drivers.Config.URL gets. It may hold a password.
	URL string
	// Image is the container's image as asked for; ImageDigest its digest in the
	// registry, or its local id when it came from none. Both are empty unless
	// Mode is Container.
	Image, ImageDigest string
	// Network is the way to the server, one of the Network constants.
	Network string

	server server // nil when there is none of ours
	noPIDs string // why there is none

	closing  sync.Once
	closeErr error
}

// server is a process or a container that this run started.
type server interface {
	// pids returns the server's processes now, children included, the first
	// being the root of the others.
	pids() ([]int, error)
	// alive returns nil while the server runs, and else how it ended.
	alive() error
	// logTail returns the last lines that the server wrote.
	logTail() string
	// stop ends the server and removes it. When ctx ends it hurries, and leaves
	// nothing undone.
	stop(ctx context.Context) error
}

// PIDs returns the server's processes now, children included, or nil when they
// are unknown; PIDsReason says why. An embedded store has none of its own: what
// it uses is what this process uses.
func (b *Backend) PIDs() []int {
	if b.server == nil {
		return nil
	}
	pids, err := b.server.pids()
	if err != nil {
		return nil
	}
	return pids
}

// PIDsReason says why PIDs returns nil; it is empty when PIDs does not.
func (b *Backend) PIDsReason() string {
	if b.server == nil {
		return b.noPIDs
	}
	if _, err := b.server.pids(); err != nil {
		return err.Error()
	}
	return ""
}

// Alive returns nil as long as the server runs, or when it is none of ours, and
// else how it ended.
func (b *Backend) Alive() error {
	if b.server == nil {
		return nil
	}
	return b.server.alive()
}

// LogTail returns the last lines of the server's log; it is empty when there is
// no log of ours.
func (b *Backend) LogTail() string {
	if b.server == nil {
		return ""
	}
	return b.server.logTail()
}

// Close ends the server and removes what it stored; an external store is left
// as it is. When ctx ends the server is made to end quickly instead of gently. A
// second Close does nothing and returns what the first did.
func (b *Backend) Close(ctx context.Context) error {
	b.closing.Do(func() {
		if b.server != nil {
			b.closeErr = b.server.stop(ctx)
		}
	})
	return b.closeErr
}
