package containers

import (
	"cmp"
	"context"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/sessionbench/bench/drivers"
)

// recipe says how one store's server is started. A new store is one more entry
// in recipes.
type recipe struct {
	// embed returns the URL of a store that runs in process and keeps what it
	// stores at path or in names that begin so; nil for a server.
	embed func(path string) string
	// durability is the class that the store has unless another one is asked for. With
	// all but none, the disk that the run's folder is on counts.
	durability drivers.Durability
	// classes are those that a server can be started with. What runs in process has
	// them by its driver's options.
	classes map[drivers.Durability]class

	image, tag string // the default image and the pinned version of it
	port       int    // what the server listens on in a container with its own network
	binary     string // the server's binary, as people call it
	install    string // how to get it
	urlExample string

	// find returns the path of the server's binary.
	find func() (string, error)
	// unprivileged says that the server refuses to run as root.
	unprivileged bool
	// prepare makes the data folder, where the server does not do it itself.
	prepare func(ctx context.Context, h *home) error
	// args are the server's arguments, wherever it runs.
	args func(s settings) []string
	// homeArgs are further ones for a process: where its data is.
	homeArgs func(h *home) []string
	// deathSignal is what the kernel sends to the server when this process dies.
	deathSignal syscall.Signal
	// stop are the ways to end the server's process, the gentlest first.
	stop []stopStep

	// run creates and starts a container with the store's testcontainers module.
	run func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error)

	// url is the address of a server that listens at address (host:port).
	url func(address string, s settings) string
	// answers asks the server a real command and returns nil when the answer
	// shows that it is ready and the one with s.mark.
	answers func(ctx context.Context, url string, s settings) error
}

// settings are what a server is started with, in a process or a container.
type settings struct {
	listen string // the address to bind
	port   int
	// mark is a name that only this server has and that it gives when asked. A
	// port that is free now may be somebody else's when the server binds it, and
	// then somebody else's server would answer in its place.
	mark     string
	password string // random, for stores that want one
	class    class
}

// class is how a server is started for a durability class, so that its driver
// reads that one.
type class struct {
	args  []string // arguments of the server
	query string   // what the URL asks for, where the client decides; with its "&"
}

// stopStep is one signal and how long it may take to work.
type stopStep struct {
	signal syscall.Signal
	wait   time.Duration
}

// recipes has every store that can be provided, by name.
var recipes = map[string]recipe{
	"memory":   memoryRecipe,
	"file":     fileRecipe,
	"sqlite":   sqliteRecipe,
	"redis":    redisRecipe,
	"postgres": postgresRecipe,
	"mongo":    mongoRecipe,
}

// Durabilities are the durability classes that a store can be provided with, the
// weakest first; nil when it can't be provided.
func Durabilities(s drivers.Store) []drivers.Durability {
	rec := recipes[s.Name]
	var all []drivers.Durability
	for _, d := range drivers.Durabilities {
		_, can := rec.classes[d]
		if rec.embed != nil {
			_, can = s.Durabilities[d]
		}
		if can {
			all = append(all, d)
		}
	}
	return all
}

// asked is the durability class of a request: that of the store, where it names
// none.
func (rec recipe) asked(req Request) drivers.Durability {
	return cmp.Or(req.Durability, rec.durability)
}

// can tells whether a server can be started with the class asked for.
func (rec recipe) can(req Request) bool {
	_, can := rec.classes[rec.asked(req)]
	return can
}

// usesDisk tells whether the store keeps on the disk what it acknowledged.
func (rec recipe) usesDisk(req Request) bool { return rec.asked(req) != drivers.DurabilityNone }
