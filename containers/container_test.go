package containers

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// missingImage is an image that no registry has: nothing listens there.
const missingImage = "127.0.0.1:1/none"

// ofRun lists the containers of a run.
func ofRun(t *testing.T, id string) []string {
	t.Helper()
	e, err := connectDocker(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	list, err := e.client.ContainerList(context.WithoutCancel(t.Context()), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelRun+"="+id),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range list.Items {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestContainerAnswersShowsItsPIDsAndGoesAway(t *testing.T) {
	for _, store := range []string{"redis", "postgres"} {
		for _, hostNetwork := range []bool{true, false} {
			name := store + " with a published port"
			if hostNetwork {
				name = store + " in the host's network"
			}
			t.Run(name, func(t *testing.T) {
				image := needImage(t, store)
				r, _ := begin(t)
				e, err := connectDocker(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if hostNetwork && !e.hostNetwork {
					t.Skip("the host's network is not ours here")
				}
				e.hostNetwork = hostNetwork
				r.docker = func(context.Context) (*engine, error) { return e, nil }
				b, err := r.Provide(t.Context(), Request{Target: target(store), Mode: Container, Image: image, Timeout: time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				if b.Mode != Container || b.Image != image || !strings.HasPrefix(b.ImageDigest, "sha256:") || b.Network != e.network() {
					t.Errorf("%+v", b)
				}
				if hostNetwork && b.Network != NetworkHost {
					t.Errorf("network %q", b.Network)
				}
				checkContainerPIDs(t, b)
				if b.LogTail() == "" || b.Alive() != nil {
					t.Errorf("log %q, alive %v", b.LogTail(), b.Alive())
				}
				if store == "postgres" {
					checkSettings(t, b.URL)
				}
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if left := ofRun(t, r.ID()); len(left) != 0 {
					t.Errorf("left: %v", left)
				}
				if b.Alive() == nil || b.PIDs() != nil || b.PIDsReason() == "" || b.Close(t.Context()) != nil {
					t.Errorf("closed: alive %v, PIDs %v, reason %q", b.Alive(), b.PIDs(), b.PIDsReason())
				}
			})
		}
	}
}

// checkContainerPIDs holds the PIDs, where they can be seen, to what the server
// is called.
func checkContainerPIDs(t *testing.T, b *Backend) {
	t.Helper()
	pids := b.PIDs()
	if pids == nil {
		if b.PIDsReason() == "" {
			t.Error("neither PIDs nor a reason")
		}
		return
	}
	command, err := os.ReadFile("/proc/" + strconv.Itoa(pids[0]) + "/cmdline")
	if err != nil || !strings.Contains(string(command), "redis") && !strings.Contains(string(command), "postgres") {
		t.Errorf("process %d is %q, %v", pids[0], command, err)
	}
	if reading, err := ReadProcesses(pids); err != nil || reading.FDs == 0 || reading.RSS == 0 {
		t.Errorf("reading %+v, %v", reading, err)
	}
	again := b.PIDs()
	if len(again) == 0 || again[0] != pids[0] {
		t.Errorf("PIDs %v, then %v", pids, again)
	}
}

// checkSettings: the testcontainers module alone would turn fsync off.
func checkSettings(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(t.Context(), "SHOW "+setting).Scan(&value); err != nil || value != "on" {
			t.Errorf("%s is %q, %v", setting, value, err)
		}
	}
}

func TestContainerThatEndsShowsTheEndOfItsLogAndIsRemoved(t *testing.T) {
	image := needImage(t, "redis")
	r, _ := begin(t)
	rec := redisRecipe
	rec.run = func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
		return redisRecipe.run(ctx, image, s, append(more, testcontainers.WithCmdArgs("--maxmemory", "nonsense"))...)
	}
	_, err := r.provideContainer(t.Context(), "redis", rec, Request{Image: image, Timeout: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error %v", err)
	}
	if left := ofRun(t, r.ID()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestContainerThatNeverAnswersIsRemovedAfterItsTime(t *testing.T) {
	image := needImage(t, "redis")
	r, _ := begin(t)
	rec := redisRecipe
	rec.answers = func(context.Context, string, settings) error { return errors.New("not yet") }
	_, err := r.provideContainer(t.Context(), "redis", rec, Request{Image: image, Timeout: 300 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "did not answer within 300ms") || !strings.Contains(err.Error(), "Ready to accept connections") {
		t.Errorf("error %v", err)
	}
	if left := ofRun(t, r.ID()); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCancelAtAnyMomentOfAContainersStartLeavesNone(t *testing.T) {
	image := needImage(t, "redis")
	moments := map[string]func(cancel func()) recipe{
		"before": func(cancel func()) recipe {
			cancel()
			return redisRecipe
		},
		"before it is created": func(cancel func()) recipe {
			return hooked(testcontainers.ContainerLifecycleHooks{PreCreates: []testcontainers.ContainerRequestHook{
				func(context.Context, testcontainers.ContainerRequest) error { cancel(); return nil },
			}})
		},
		"when it is created": func(cancel func()) recipe {
			return hooked(testcontainers.ContainerLifecycleHooks{PostCreates: []testcontainers.ContainerHook{
				func(context.Context, testcontainers.Container) error { cancel(); return nil },
			}})
		},
		"when it is started": func(cancel func()) recipe {
			rec := redisRecipe
			rec.answers = func(context.Context, string, settings) error { cancel(); return errors.New("not yet") }
			return rec
		},
	}
	for name, at := range moments {
		t.Run(name, func(t *testing.T) {
			r, _ := begin(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := r.provideContainer(ctx, "redis", at(cancel), Request{Image: image, Timeout: time.Minute})
			if !errors.Is(err, context.Canceled) && (err == nil || !strings.Contains(err.Error(), "canceled")) {
				t.Errorf("error %v", err)
			}
			if left := ofRun(t, r.ID()); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// hooked is the recipe of Redis with further hooks.
func hooked(hooks testcontainers.ContainerLifecycleHooks) recipe {
	rec := redisRecipe
	rec.run = func(ctx context.Context, image string, s settings, more ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
		return redisRecipe.run(ctx, image, s, append(more, testcontainers.WithAdditionalLifecycleHooks(hooks))...)
	}
	return rec
}

func TestAutoFallsBackFromAMissingImageAndSaysSo(t *testing.T) {
	needImage(t, "redis")
	r, said := begin(t)
	rec := redisRecipe
	rec.image = missingImage
	b, err := r.provideAuto(t.Context(), "redis", rec, Request{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	if b.Mode != Process || !said.has("pulling the image "+missingImage) || !said.has("the installed redis-server instead") {
		t.Errorf("mode %q, said %q", b.Mode, said.text())
	}
}

func TestAMissingImageIsUnavailableWhenAContainerWasAskedFor(t *testing.T) {
	needImage(t, "redis")
	r, _ := begin(t)
	_, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Container, Image: missingImage})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), missingImage) {
		t.Errorf("error %v", err)
	}
}

func TestContainerMayBeKeptToAProcessor(t *testing.T) {
	image := needImage(t, "redis")
	r, _ := begin(t)
	b, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Container, Image: image, CPUs: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := b.server.(*containerServer).container.Inspect(t.Context())
	if err != nil || found.HostConfig.CpusetCpus != "0" {
		t.Errorf("%+v, %v", found.HostConfig, err)
	}
}

func TestKilledBenchsContainerIsRemovedByTheNextStart(t *testing.T) {
	image := needImage(t, "redis")
	ownTemp(t)
	report, bench := startChild(t, "container redis "+image)
	id := strings.TrimPrefix(report.Dir[strings.LastIndex(report.Dir, folderPrefix):], folderPrefix)

	if _, said := begin(t); len(ofRun(t, id)) != 1 {
		t.Fatalf("a live bench's containers are %v; said %q", ofRun(t, id), said.text())
	}
	if _, err := Clean(t.Context(), nil); err != nil || len(ofRun(t, id)) != 1 {
		t.Fatalf("after a clean a live bench's containers are %v, %v", ofRun(t, id), err)
	}

	killChild(t, bench)
	_, said := begin(t)
	if left := ofRun(t, id); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if !said.has("removed the container ") || !said.has(image) || !said.has("removed the folder "+report.Dir) {
		t.Errorf("said %q", said.text())
	}
}
