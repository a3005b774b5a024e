package drivers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Client says whose manners a driver has.
type Client string

// The client modes.
const (
	Express Client = "express" // what the Node middleware sends, command for command
	Native  Client = "native"  // what a Go service would do: prepared statements, pools, no retries
)

// Store describes one session store: what can be set, what is particular about
// it, and how to open it.
type Store struct {
	Name       string   // as typed: "redis"
	Title      string   // as written: "Redis"
	Middleware string   // what the express client copies: "connect-redis 10 with node-redis 6"
	Schemes    []string // URL schemes it takes, such as "redis", "rediss"; none: a path
	TLS        string   // how a URL says whether the connection is encrypted
	Options    []Option
	// DefaultTimeout is the time a call may take in express mode unless told
	// otherwise; 0 means for ever, as the middleware has it.
	DefaultTimeout time.Duration
	// Durabilities are the options, as typed, that give a durability class: the
	// sets that do, the one to prefer first. A class that is missing can't be had
	// with options; nil: the class is the server's alone.
	Durabilities map[Durability][]map[string]string

	// Facts gives what is particular about the store as configured.
	Facts func(Config) Facts
	// Wire lists what each call sends as configured, in the order of the calls;
	// it is built from the same constants as the driver.
	Wire func(Config) []WireCall
	// Check refuses, without asking any server, what Open could not use: a URL (it
	// may be empty still), options or TLS files; nil: there is nothing to check.
	Check func(Config) error
	// Advice says what the user can do about an error of Open, or of a first
	// call, in a few words; empty when this store knows nothing particular.
	Advice func(error) string
	// Open connects, creates the table, collection or folder when it is missing,
	// and proves with a real command that the store answers. It returns within
	// Config.ConnectTimeout.
	Open func(ctx context.Context, cfg Config) (Driver, error)
}

// InProcess tells whether the store has no server: it is in this process, as files or
// memory are.
func (s *Store) InProcess() bool { return len(s.Schemes) == 0 }

// Config is what Open needs.
type Config struct {
	// URL is the server's address, or for file the folder and for sqlite the
	// database file; empty for memory. It may hold a password, so it is never
	// printed: Redact is.
	URL            string
	Client         Client
	Options        Options // every declared option has a value
	TLS            TLSFiles
	ConnectTimeout time.Duration
	// UseExisting allows a table, collection or database file that was there
	// before; without it Open fails with ErrExists.
	UseExisting bool
}

// WireCall is what one call puts on the wire, or does to the disk.
type WireCall struct {
	Call  string   // "get", "set", "touch", "destroy", "open", "prune"
	Sends []string // one line a command, statement or system call
}

var registry struct {
	sync.Mutex
	stores []Store
}

// Register makes a store known. It panics on a name taken already.
func Register(s Store) {
	registry.Lock()
	defer registry.Unlock()
	for _, have := range registry.stores {
		if have.Name == s.Name {
			panic("drivers: " + s.Name + " registered twice")
		}
	}
	registry.stores = append(registry.stores, s)
	slices.SortFunc(registry.stores, func(a, b Store) int { return order(a.Name) - order(b.Name) })
}

// order is that of the documentation: in process first, then servers; an
// unknown store comes last.
func order(name string) int {
	known := []string{"memory", "file", "sqlite", "redis", "postgres", "mongo"}
	if i := slices.Index(known, name); i >= 0 {
		return i
	}
	return len(known)
}

// Stores returns the registered stores.
func Stores() []Store {
	registry.Lock()
	defer registry.Unlock()
	return slices.Clone(registry.stores)
}

// Names returns the names of the registered stores.
func Names() []string {
	var names []string
	for _, s := range Stores() {
		names = append(names, s.Name)
	}
	return names
}

// Lookup finds a store by name. The error names the nearest one and lists all.
func Lookup(name string) (Store, error) {
	for _, s := range Stores() {
		if s.Name == name {
			return s, nil
		}
	}
	return Store{}, fmt.Errorf("unknown store %q%s: the stores are %s", name, DidYouMean(name, Names()), strings.Join(Names(), ", "))
}

// Open opens the named store.
func Open(ctx context.Context, name string, cfg Config) (Driver, error) {
	s, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	ctx, release := Outlast(ctx) // nothing shall be half made
	defer release()
	if cfg.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = WithPatience(ctx, cfg.ConnectTimeout)
		defer cancel()
	}
	d, err := s.Open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open %s %s: %w", name, Redact(cfg.URL), Advise(s, err))
	}
	return d, nil
}
