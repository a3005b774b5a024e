package containers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// provideContainer starts the store's image and waits for the server's answer.
// What Docker itself can't do, such as getting the image, is a missingError.
func (r *Run) provideContainer(ctx context.Context, store string, rec recipe, req Request) (*Backend, error) {
	e, err := r.docker(ctx)
	if err != nil {
		return nil, &missingError{err}
	}
	// From now on the next start asks Docker for leftovers, should we be killed.
	if err := os.WriteFile(filepath.Join(r.dir, containersName), nil, 0o600); err != nil {
		return nil, fmt.Errorf("note that the run has containers: %w", err)
	}
	image := rec.reference(req)
	if !e.has(ctx, image) {
		r.say(store + ": pulling the image " + image)
	}
	l := launch{engine: e, run: r, rec: rec, image: image, timeout: req.Timeout, cpus: req.CPUs}
	l.settings = settings{listen: "0.0.0.0", port: rec.port, mark: r.mark(r.newName(store)), password: randomText(16), class: rec.classes[rec.asked(req)]}
	var s server
	if e.hostNetwork {
		l.listen = loopback
		s, err = onFreePort(func(port int) (server, error) {
			l.port = port
			return l.start(ctx)
		})
	} else {
		s, err = l.start(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &Backend{
		Mode: Container, URL: s.(*containerServer).url, Network: e.network(),
		Image: image, ImageDigest: e.digest(ctx, image), server: s,
	}, nil
}

// reference is the image asked for, or the default one with the target's tag.
func (rec recipe) reference(req Request) string {
	switch {
	case req.Image != "":
		return req.Image
	case req.Target.Tag != "":
		return rec.image + ":" + req.Target.Tag
	}
	return rec.image + ":" + rec.tag
}

func (e *engine) network() string {
	switch {
	case e.hostNetwork:
		return NetworkHost
	case e.local():
		return NetworkBridge
	}
	return NetworkRemote
}

// launch is the start of one container.
type launch struct {
	engine  *engine
	run     *Run
	rec     recipe
	image   string
	timeout time.Duration
	cpus    []int
	settings
}

// start creates and starts a container and waits for the server's answer. When
// it fails, the container is gone.
func (l launch) start(ctx context.Context) (_ server, err error) {
	// Docker may go on with a creation that was given up, and then nobody would
	// know the container. So a cancelled ctx ends the pull, but no creation.
	detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	attached := context.AfterFunc(ctx, cancel)
	defer attached()
	detach := func(context.Context, testcontainers.ContainerRequest) error {
		attached()
		return ctx.Err()
	}
	c, err := l.rec.run(detached, l.image, l.settings, l.options(detach)...)
	defer func() {
		if err != nil && c != nil {
			err = errors.Join(err, l.engine.terminate(c))
		}
	}()
	for attempt := 1; attempt < 5 && reaperEnds(err) && ctx.Err() == nil; attempt++ {
		if c != nil { // it is made before the reaper is asked for
			if failed := l.engine.terminate(c); failed != nil {
				return nil, errors.Join(err, failed)
			}
		}
		time.Sleep(200 * time.Millisecond)
		c, err = l.rec.run(detached, l.image, l.settings, l.options(detach)...)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("start a container of %s: %w", l.image, context.Cause(ctx))
	}
	if err != nil {
		return nil, &missingError{fmt.Errorf("start a container of %s: %w%s", l.image, err, reaperHint(err))}
	}
	s := &containerServer{engine: l.engine, id: c.GetContainerID(), container: c, name: l.rec.binary}
	address, err := l.address(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("find the port of the container of %s: %w%s", l.image, err, tailNote(s.logTail()))
	}
	s.url = l.rec.url(address, l.settings)
	ready, cancel := context.WithTimeoutCause(ctx, l.timeout, fmt.Errorf("%s in a container of %s did not answer within %s", l.rec.binary, l.image, l.timeout))
	defer cancel()
	err = awaitAnswer(ready, s, func(ctx context.Context) error { return l.rec.answers(ctx, s.url, l.settings) })
	return s, err
}

// options take the network, the labels and the readiness out of the module's
// hands: awaitAnswer asks a real command.
func (l launch) options(beforeCreation testcontainers.ContainerRequestHook) []testcontainers.ContainerCustomizer {
	return []testcontainers.ContainerCustomizer{
		testcontainers.WithLabels(map[string]string{labelRun: l.run.id, labelDir: l.run.dir, labelHost: hostID()}),
		testcontainers.WithAdditionalLifecycleHooks(testcontainers.ContainerLifecycleHooks{
			PreCreates: []testcontainers.ContainerRequestHook{beforeCreation},
		}),
		testcontainers.CustomizeRequestOption(func(req *testcontainers.GenericContainerRequest) error {
			req.WaitingFor = nil
			if l.engine.hostNetwork {
				req.ExposedPorts = nil
			}
			return nil
		}),
		testcontainers.WithHostConfigModifier(l.hostConfig),
	}
}

// hostConfig puts the container into the host's network, or publishes its port
// on the loopback alone where that is ours.
func (l launch) hostConfig(host *container.HostConfig) {
	host.CpusetCpus = strings.Trim(strings.ReplaceAll(fmt.Sprint(l.cpus), " ", ","), "[]")
	switch {
	case l.engine.hostNetwork:
		host.NetworkMode = "host"
	case l.engine.local():
		port := network.MustParsePort(strconv.Itoa(l.port) + "/tcp")
		host.PortBindings = network.PortMap{port: {{HostIP: netip.MustParseAddr(l.engine.host)}}}
	}
}

func (l launch) address(ctx context.Context, c testcontainers.Container) (string, error) {
	if l.engine.hostNetwork {
		return joinPort(loopback, l.port), nil
	}
	port, err := c.MappedPort(ctx, strconv.Itoa(l.port)+"/tcp")
	if err != nil {
		return "", err
	}
	return joinPort(l.engine.host, int(port.Num())), nil
}

// reaperEnds tells that testcontainers found the reaper of an earlier process of
// the same shell, which is ending.
func reaperEnds(err error) bool {
	return err != nil && strings.Contains(err.Error(), "reaper") && strings.Contains(err.Error(), `container status "removing"`)
}

// reaperHint helps where testcontainers' own clean-up container can't be had.
func reaperHint(err error) string {
	if strings.Contains(err.Error(), "reaper") {
		return " (TESTCONTAINERS_RYUK_DISABLED=true does without the reaper; bench removes its containers itself)"
	}
	return ""
}

// started makes a module's container, which may be a nil pointer, a Container.
func started[C interface {
	comparable
	testcontainers.Container
}](c C, err error) (testcontainers.Container, error) {
	var none C
	if c == none {
		return nil, err
	}
	return c, err
}

// terminate kills and removes a container with its volumes: nothing in it is
// worth a gentle end. Testcontainers is content when somebody else is removing the
// container; here it is gone then.
func (e *engine) terminate(c testcontainers.Container) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := testcontainers.TerminateContainer(c, testcontainers.StopContext(ctx), testcontainers.StopTimeout(0))
	if left := e.remove(ctx, c.GetContainerID()); left != nil {
		return errors.Join(err, left)
	}
	return nil
}

// containerServer is a server in a container of ours.
type containerServer struct {
	engine    *engine
	id        string
	container testcontainers.Container
	name, url string

	mu          sync.Mutex
	root        int    // the server's process; 0: not looked up
	rootStarted string // tells it from a later process of its number
}

// pids looks the container's process up again only when it is gone: the figures
// of a server are read many times a second.
func (s *containerServer) pids() ([]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != 0 {
		if started, err := startOf(s.root); err == nil && started == s.rootStarted {
			return processTree(s.root), nil
		}
	}
	s.root = 0
	state, err := s.state()
	if err != nil {
		return nil, err
	}
	if !state.Running {
		return nil, fmt.Errorf("the container is %s", state.Status)
	}
	if err := inContainer(state.Pid, s.id); err != nil {
		return nil, fmt.Errorf("the container's processes can't be seen from here: %w", err)
	}
	started, err := startOf(state.Pid)
	if err != nil {
		return nil, fmt.Errorf("the container's processes can't be seen from here: %w", err)
	}
	s.root, s.rootStarted = state.Pid, started
	return processTree(s.root), nil
}

func (s *containerServer) state() (*container.State, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	found, err := s.engine.client.ContainerInspect(ctx, s.id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("inspect the container of %s: %w", s.name, err)
	}
	return found.Container.State, nil
}

func (s *containerServer) alive() error {
	state, err := s.state()
	if err != nil {
		return err
	}
	if !state.Running {
		return fmt.Errorf("%s in the container %s ended with status %d", s.name, s.id[:12], state.ExitCode)
	}
	return nil
}

func (s *containerServer) logTail() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := s.engine.client.ContainerLogs(ctx, s.id, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(tailLines),
	})
	if err != nil {
		return ""
	}
	defer r.Close()
	var text strings.Builder
	stdcopy.StdCopy(&text, &text, r) // what came before an error is the tail
	return lastLines(text.String())
}

func (s *containerServer) stop(context.Context) error { return s.engine.terminate(s.container) }
