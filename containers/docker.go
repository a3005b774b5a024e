package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// The labels of our containers: the run that made one, its folder, whose lock
// tells whether it is alive, and the machine on which that folder's path means
// anything.
const (
	labelRun  = "io.github.sessionbench.run"
	labelDir  = "io.github.sessionbench.dir"
	labelHost = "io.github.sessionbench.host"
)

// engine is a Docker daemon that answers.
type engine struct {
	client client.APIClient
	// host is where published ports are, as an address to dial.
	host string
	// hostNetwork says that a container in the daemon's own network listens on
	// our loopback.
	hostNetwork bool
}

// noDaemonError says that no Docker daemon answers.
type noDaemonError struct{ err error }

func (e *noDaemonError) Error() string { return fmt.Sprintf("Docker does not answer: %v", e.err) }
func (e *noDaemonError) Unwrap() error { return e.err }

// reaperSwitch turns testcontainers' reaper off, a container that removes ours
// when we are killed.
const reaperSwitch = "TESTCONTAINERS_RYUK_DISABLED"

// prepare stops testcontainers from writing to standard error by itself, and from
// starting its reaper unless the user wants it: every run needs its image then,
// also where only the store's can be had, and the next start removes what a killed
// run left anyway. It comes before testcontainers reads its settings, once.
var prepare = sync.OnceFunc(func() {
	log.SetDefault(log.NewNoopLogger())
	if _, told := os.LookupEnv(reaperSwitch); !told {
		os.Setenv(reaperSwitch, "true")
	}
})

// connectDocker finds the daemon as testcontainers does (DOCKER_HOST, the
// current context, the usual sockets) and asks it something. Finding does not
// end with a context, so that it is given up here after a while.
func connectDocker(ctx context.Context) (*engine, error) {
	prepare()
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("no answer within 10s"))
	defer cancel()
	type found struct {
		engine *engine
		err    error
	}
	answer := make(chan found, 1)
	go func() {
		e, err := findDocker(ctx)
		answer <- found{e, err}
	}()
	select {
	case <-ctx.Done():
		return nil, &noDaemonError{context.Cause(ctx)}
	case f := <-answer:
		if f.err != nil {
			return nil, &noDaemonError{f.err}
		}
		return f.engine, nil
	}
}

func findDocker(ctx context.Context) (*engine, error) {
	if err := toldDocker(ctx); err != nil {
		return nil, err
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return nil, err
	}
	docker := provider.Client()
	if _, err := docker.Ping(ctx, client.PingOptions{}); err != nil {
		return nil, err
	}
	info, err := docker.Info(ctx, client.InfoOptions{})
	if err != nil {
		return nil, err
	}
	e := &engine{client: docker}
	if e.host, err = publishedHost(ctx, provider); err != nil {
		return nil, fmt.Errorf("find where ports are published: %w", err)
	}
	// In Docker Desktop's virtual machine and in a rootless daemon's namespace
	// the host network is not ours, whatever the host.
	rootless := slices.ContainsFunc(info.Info.SecurityOptions, func(o string) bool { return strings.Contains(o, "rootless") })
	desktop := strings.Contains(info.Info.OperatingSystem, "Docker Desktop")
	e.hostNetwork = runtime.GOOS == "linux" && info.Info.OSType == "linux" && e.local() && !rootless && !desktop
	return e, nil
}

// toldDocker wants an answer of the daemon that DOCKER_HOST names, if it does.
// Testcontainers would look for another one.
func toldDocker(ctx context.Context) error {
	if os.Getenv(client.EnvOverrideHost) == "" {
		return nil
	}
	docker, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer docker.Close()
	_, err = docker.Ping(ctx, client.PingOptions{})
	return err
}

// publishedHost is where published ports are. Testcontainers takes a gateway's
// address for it when we are in a container, even if the daemon is in there with
// us; the daemon's bridge among our own interfaces tells that it is.
func publishedHost(ctx context.Context, provider *testcontainers.DockerProvider) (string, error) {
	_, told := os.LookupEnv("TESTCONTAINERS_HOST_OVERRIDE")
	if !told && strings.HasPrefix(provider.Client().DaemonHost(), "unix:") && hasBridge(ctx, provider.Client()) {
		return loopback, nil
	}
	host, err := provider.DaemonHost(ctx)
	if host == "localhost" { // ports are published for 127.0.0.1, not for ::1
		host = loopback
	}
	return host, err
}

// hasBridge tells whether the daemon's default bridge is an interface of ours.
func hasBridge(ctx context.Context, docker client.APIClient) bool {
	found, err := docker.NetworkInspect(ctx, "bridge", client.NetworkInspectOptions{})
	if err != nil {
		return false
	}
	_, err = net.InterfaceByName(found.Network.Options["com.docker.network.bridge.name"])
	return err == nil
}

// local tells whether published ports are on our own loopback.
func (e *engine) local() bool {
	ip := net.ParseIP(e.host)
	return ip != nil && ip.IsLoopback()
}

// hostID names the machine, and on Linux the view of the file system, in which a
// run's folder can be looked up.
func hostID() string {
	name, _ := os.Hostname() // empty is the same for all who have none
	if mounts, err := os.Readlink("/proc/self/ns/mnt"); err == nil {
		name += "/" + mounts
	}
	return name
}

// removeLeftovers removes the containers of this machine's dead runs: those
// whose folder is gone or has a free lock.
func (e *engine) removeLeftovers(ctx context.Context, s *sweep) {
	list, err := e.client.ContainerList(ctx, client.ContainerListOptions{
		All:     true,
		Filters: make(client.Filters).Add("label", labelRun, labelHost+"="+hostID()),
	})
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("look for containers of killed runs: %w", err))
		return
	}
	for _, c := range list.Items {
		dir := c.Labels[labelDir]
		if !strings.HasPrefix(filepath.Base(dir), folderPrefix) {
			continue // not a label of ours
		}
		s.run(dir) // another temporary folder than ours today
		if _, err := os.Lstat(dir); err == nil {
			continue // alive
		}
		if err := e.remove(ctx, c.ID); err != nil {
			s.errs = append(s.errs, fmt.Errorf("of a killed run: %w", err))
			continue
		}
		s.did("the container %s (%s)", c.ID[:12], c.Image)
	}
}

// remove removes a container and its anonymous volumes, running or not; one that
// is gone is no error. Testcontainers' reaper may be removing it at the same time:
// that is waited for.
func (e *engine) remove(ctx context.Context, id string) error {
	for {
		_, err := e.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		switch {
		case err == nil || errdefs.IsNotFound(err):
			return nil
		case !errdefs.IsConflict(err):
			return fmt.Errorf("remove the container %s: %w", id[:12], err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove the container %s: %w: %w", id[:12], context.Cause(ctx), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// has tells whether the image is there, so that it is not pulled.
func (e *engine) has(ctx context.Context, image string) bool {
	_, err := e.client.ImageInspect(ctx, image)
	return err == nil
}

// digest is the image's digest in its registry, or its id when it has none.
func (e *engine) digest(ctx context.Context, image string) string {
	found, err := e.client.ImageInspect(ctx, image)
	if err != nil {
		return ""
	}
	for _, reference := range found.RepoDigests {
		if _, digest, ok := strings.Cut(reference, "@"); ok {
			return digest
		}
	}
	return found.ID
}
