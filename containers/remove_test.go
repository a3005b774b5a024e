package containers

import (
	"context"
	"errors"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// removals is a daemon that answers removals one after the other.
type removals struct {
	client.APIClient
	answers []error
}

func (r *removals) ContainerRemove(context.Context, string, client.ContainerRemoveOptions) (client.ContainerRemoveResult, error) {
	answer := r.answers[0]
	r.answers = r.answers[1:]
	return client.ContainerRemoveResult{}, answer
}

func TestAContainerThatTheReaperIsRemovingIsWaitedFor(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef"
	docker := &removals{answers: []error{errdefs.ErrConflict, errdefs.ErrConflict, errdefs.ErrNotFound}}
	if err := (&engine{client: docker}).remove(t.Context(), id); err != nil || len(docker.answers) != 0 {
		t.Errorf("%v, %d answers left", err, len(docker.answers))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&engine{client: &removals{answers: []error{errdefs.ErrConflict}}}).remove(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("for ever: %v", err)
	}
	if err := (&engine{client: &removals{answers: []error{errdefs.ErrPermissionDenied}}}).remove(t.Context(), id); !errors.Is(err, errdefs.ErrPermissionDenied) {
		t.Errorf("forbidden: %v", err)
	}
}
