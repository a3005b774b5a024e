package containers

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"
	tcmongo "github.com/testcontainers/testcontainers-go/modules/mongodb"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/sessionbench/bench/drivers"
)

var mongoRecipe = recipe{
	image: "mongo",
	tag:   "8.0.13",
	port:  27017,
	// The journal is written every 100 ms, and before the answer when the client asks
	// for it. The engine that keeps nothing, inMemory, is MongoDB Enterprise's.
	durability: drivers.DurabilitySeconds,
	classes: map[drivers.Durability]class{
		drivers.DurabilitySeconds: {},
		drivers.DurabilityCommit:  {query: "&journal=true"},
	},
	binary:     "mongod",
	install:    "the mongodb-org packages of mongodb.com, or brew install mongodb-community",
	urlExample: "mongodb://HOST:27017/DATABASE",
	find:       func() (string, error) { return exec.LookPath("mongod") },
	args:       mongoArgs,
	homeArgs: func(h *home) []string {
		return []string{"--dbpath", h.dir, "--pidfilepath", filepath.Join(h.dir, h.mark+".pid")}
	},
	deathSignal: syscall.SIGKILL,
	stop:        []stopStep{{syscall.SIGTERM, 10 * time.Second}},
	run: func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
		command := append([]string{"mongod", "--pidfilepath", "/tmp/" + s.mark + ".pid"}, mongoArgs(s)...)
		opts := append([]testcontainers.ContainerCustomizer{testcontainers.WithCmd(command...)}, more...)
		return started(tcmongo.Run(ctx, image, opts...))
	},
	url: func(address string, s settings) string {
		return "mongodb://" + address + "/?directConnection=true" + s.class.query
	},
	answers: mongoAnswers,
}

// mongoArgs leaves every setting that decides figures at its default, but for
// those of a durability class.
func mongoArgs(s settings) []string {
	return slices.Concat([]string{"--port", strconv.Itoa(s.port), "--bind_ip", s.listen, "--nounixsocket"}, s.class.args)
}

// mongoAnswers asks for the server's command line. The name of its pid file,
// which nothing reads, is its mark.
func mongoAnswers(ctx context.Context, rawURL string, s settings) error {
	client, err := mongo.Connect(options.Client().ApplyURI(rawURL).SetServerSelectionTimeout(time.Second))
	if err != nil {
		return err
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	var opts struct{ Argv []string }
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "getCmdLineOpts", Value: 1}}).Decode(&opts); err != nil {
		return fmt.Errorf("getCmdLineOpts: %w", err)
	}
	if !slices.ContainsFunc(opts.Argv, func(arg string) bool { return strings.Contains(arg, s.mark) }) {
		return errOtherServer
	}
	return nil
}
