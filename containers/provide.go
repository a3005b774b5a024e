package containers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// defaultTimeout is how long a server may take until it answers: initdb on a busy
// machine takes half of it.
const defaultTimeout = 60 * time.Second

// UnavailableError says that a store could not be provided.
type UnavailableError struct {
	Store string
	Err   error
	// Ways are the ways to get the store, one a line; empty when one was at hand
	// and failed.
	Ways []string
}

// Error gives the cause, and the ways on lines of their own.
func (e *UnavailableError) Error() string {
	text := fmt.Sprintf("provide %s: %v", e.Store, e.Err)
	if len(e.Ways) > 0 {
		text += "; the ways to get one:\n  " + strings.Join(e.Ways, "\n  ")
	}
	return text
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Provide makes the target's store available. A target with a URL is External
// whatever the mode, and a store that runs in process is Embedded whatever the
// mode: there is no other way. A tag or an image means a container. Auto falls
// back from a container that Docker can't start to the installed binary, and
// says so; an explicit mode does not fall back.
//
// The error is an *UnavailableError, or another one when the request
// contradicts itself. When it is not nil, nothing is left running.
func (r *Run) Provide(ctx context.Context, req Request) (*Backend, error) {
	if req.Timeout == 0 {
		req.Timeout = defaultTimeout
	}
	name := req.Target.Store.Name
	rec, known := recipes[name]
	pinned := req.Target.Tag != "" || req.Image != ""
	var b *Backend
	var err error
	switch {
	case req.Target.URL != "":
		b = external(req.Target.URL)
	case !known:
		err = &UnavailableError{Store: name, Err: errors.New("only an existing one can be used"), Ways: []string{"its address: --store=" + name + "=URL"}}
	case rec.embed != nil:
		b, err = r.embedded(name, rec, req)
	case !rec.can(req):
		return nil, fmt.Errorf("%s can't be started with the durability %s", name, req.Durability)
	case req.Mode == Process && pinned:
		return nil, fmt.Errorf("%s: a tag or an image names a container, and the backend asked for is the installed %s", req.Target, rec.binary)
	case req.Mode == Process:
		b, err = r.provideProcess(ctx, name, rec, req)
	case req.Mode == Container || (req.Mode == Auto || req.Mode == "") && pinned:
		b, err = r.provideContainer(ctx, name, rec, req)
	case req.Mode == Auto || req.Mode == "":
		b, err = r.provideAuto(ctx, name, rec, req)
	case req.Mode == Embedded:
		return nil, fmt.Errorf("%s does not run in process: backend process, container or auto", name)
	case req.Mode == External:
		return nil, fmt.Errorf("%s: an external backend needs a URL: --store=%s=%s", req.Target, name, rec.urlExample)
	default:
		return nil, fmt.Errorf("unknown backend %q: the backends are auto, embedded, process and container", req.Mode)
	}
	if err != nil {
		return nil, asUnavailable(name, rec, err)
	}
	return r.adopt(ctx, b)
}

// asUnavailable is the error that the command maps to its exit status. Where
// the means was missing, rather than failed, it has the ways to get the store.
func asUnavailable(name string, rec recipe, err error) error {
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return err
	}
	unavailable = &UnavailableError{Store: name, Err: err}
	var missing *missingError
	if errors.As(err, &missing) {
		unavailable.Ways = rec.ways(name)
	}
	return unavailable
}

// missingError says that the means to start a server is not there.
type missingError struct{ err error }

func (e *missingError) Error() string { return e.err.Error() }
func (e *missingError) Unwrap() error { return e.err }

func (rec recipe) ways(name string) []string {
	return []string{
		fmt.Sprintf("an existing one: --store=%s=%s", name, rec.urlExample),
		fmt.Sprintf("a container: start Docker (the image is %s:%s, --image=%s=REF takes another)", rec.image, rec.tag, name),
		fmt.Sprintf("%s on this machine: %s", rec.binary, rec.install),
	}
}

// provideAuto takes a container when Docker answers and can start one, else the
// installed binary.
func (r *Run) provideAuto(ctx context.Context, name string, rec recipe, req Request) (*Backend, error) {
	b, dockerErr := r.provideContainer(ctx, name, rec, req)
	var missing *missingError
	if dockerErr == nil || ctx.Err() != nil || !errors.As(dockerErr, &missing) {
		return b, dockerErr
	}
	if _, err := rec.find(); err != nil {
		return nil, &missingError{fmt.Errorf("%w; %s is not installed", dockerErr, rec.binary)}
	}
	var noDaemon *noDaemonError
	if !errors.As(dockerErr, &noDaemon) {
		r.say(fmt.Sprintf("%s: no container (%v); the installed %s instead", name, dockerErr, rec.binary))
	}
	return r.provideProcess(ctx, name, rec, req)
}
