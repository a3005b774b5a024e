package containers

import (
	"context"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

// recipe says how one store's server is started. A new store is one more entry
// in recipes.
type recipe struct {
	// embed returns the URL of a store that runs in process and keeps what it
	// stores below dir; nil for a server.
	embed func(dir string) string
	// durable says that writes wait for the disk that the run's folder is on.
	durable bool

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
