package containers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"
	tcredis "github.com/testcontainers/testcontainers-go/modules/redis"

	"github.com/sessionbench/bench/drivers"
)

var redisRecipe = recipe{
	image:      "redis",
	tag:        "8.2.2",
	port:       6379,
	binary:     "redis-server",
	install:    "apt-get install redis-server, dnf install redis, or brew install redis",
	urlExample: "redis://HOST:6379/0",
	find:       func() (string, error) { return exec.LookPath("redis-server") },
	args:       redisArgs,
	// As a cache of sessions nothing goes to the disk. No class takes snapshots: the
	// append-only file decides (redis.io, “Redis persistence”).
	durability: drivers.DurabilityNone,
	classes: map[drivers.Durability]class{
		drivers.DurabilityNone:    {args: []string{"--save", "", "--appendonly", "no"}},
		drivers.DurabilitySeconds: {args: []string{"--save", "", "--appendonly", "yes", "--appendfsync", "everysec"}},
		drivers.DurabilityCommit:  {args: []string{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}},
	},
	homeArgs:    func(h *home) []string { return []string{"--dir", h.dir} },
	deathSignal: syscall.SIGKILL, // nobody reads again what it saved
	stop:        []stopStep{{syscall.SIGTERM, 5 * time.Second}},
	run: func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
		command := append([]string{"redis-server"}, redisArgs(s)...)
		opts := append([]testcontainers.ContainerCustomizer{testcontainers.WithCmd(command...)}, more...)
		return started(tcredis.Run(ctx, image, opts...))
	},
	url:     func(address string, _ settings) string { return "redis://" + address },
	answers: redisAnswers,
}

// redisArgs has the name of the dump, which is never written, as the server's mark.
func redisArgs(s settings) []string {
	protected := "yes"
	if s.listen != loopback { // a published port is not loopback for the server
		protected = "no"
	}
	return slices.Concat([]string{
		"--port", strconv.Itoa(s.port), "--bind", s.listen, "--protected-mode", protected,
		"--daemonize", "no", "--dbfilename", s.mark + ".rdb",
	}, s.class.args)
}

// redisAnswers asks for the dump's name. The client library is not used because
// it would log each refused attempt and reconnect by itself.
func redisAnswers(ctx context.Context, rawURL string, s settings) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return errors.New("not a URL")
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if _, err := conn.Write([]byte("CONFIG GET dbfilename\r\n")); err != nil {
		return fmt.Errorf("CONFIG GET: %w", err)
	}
	return redisMark(bufio.NewReader(conn), s.mark)
}

// redisMark reads the answer to CONFIG GET dbfilename: an array of two strings,
// five lines in all, or an error on one line.
func redisMark(r *bufio.Reader, mark string) error {
	var value string
	for range 5 {
		line, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("answer to CONFIG GET: %w", err)
		}
		value = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(value, "-") {
			return fmt.Errorf("answer to CONFIG GET: %s", value[1:])
		}
	}
	if value != mark+".rdb" {
		return errOtherServer
	}
	return nil
}
