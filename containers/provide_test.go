package containers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

func TestEmbeddedStoresGetAPathOfTheirOwnThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	seen, folder := map[string]bool{}, ""
	for _, store := range []string{"file", "sqlite", "file"} {
		for _, mode := range []Mode{Auto, Embedded, Process, Container} { // there is one way only
			b, err := r.Provide(t.Context(), Request{Target: target(store), Mode: mode})
			if err != nil {
				t.Fatal(err)
			}
			if b.Mode != Embedded || b.Network != NetworkInProcess || b.PIDs() != nil || b.PIDsReason() == "" || b.Alive() != nil || b.LogTail() != "" {
				t.Errorf("%s: %+v", store, b)
			}
			if below, err := filepath.Rel(r.Dir(), b.URL); err != nil || strings.HasPrefix(below, "..") || seen[b.URL] {
				t.Errorf("%s: the path %s", store, b.URL)
			}
			seen[b.URL] = true
			if dir := filepath.Dir(b.URL); folder == "" {
				folder = dir
			} else if folder != dir { // or their files are not alike
				t.Errorf("%s: in %s, and others in %s", store, dir, folder)
			}
			if _, err := os.Stat(b.URL); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s: %v", store, b.URL, err)
			}
			if _, err := os.Stat(filepath.Dir(b.URL)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestMemoryHasNoURL(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	b, err := r.Provide(t.Context(), Request{Target: target("memory"), Mode: Auto})
	if err != nil || b.Mode != Embedded || b.URL != "" {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestAnAddressIsExternalAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	here := filepath.Join(t.TempDir(), "sessions")
	if err := os.Mkdir(here, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		store, url, network string
		mode                Mode
	}{
		{"redis", "redis://:secret@10.0.0.5:6379/0", NetworkRemote, Auto},
		{"redis", "redis://localhost:6379", NetworkLoopback, Container},
		{"redis", "redis://[::1]:6379", NetworkLoopback, Process},
		{"postgres", "postgres:///db?host=/run/postgresql", NetworkLoopback, Auto},
		{"mongo", "mongodb://a:1,b:2/?replicaSet=x", NetworkRemote, Auto},
		{"file", here, NetworkInProcess, Auto},
		{"unheard-of", "x://somewhere", NetworkRemote, Auto},
	} {
		tg := target(c.store)
		tg.URL = c.url
		b, err := r.Provide(t.Context(), Request{Target: tg, Mode: c.mode})
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if b.Mode != External || b.URL != c.url || b.Network != c.network || b.PIDs() != nil || b.PIDsReason() == "" {
			t.Errorf("%s: %+v", c.url, b)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(here); err != nil {
		t.Error(err)
	}
}

func TestContradictoryRequestsAreNotUnavailable(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	tagged := target("redis")
	tagged.Tag = "7.4"
	for name, req := range map[string]Request{
		"a tag for a process":         {Target: tagged, Mode: Process},
		"an image for a process":      {Target: target("redis"), Mode: Process, Image: "redis:8"},
		"a server in process":         {Target: target("redis"), Mode: Embedded},
		"an external one with no URL": {Target: target("redis"), Mode: External},
		"an unknown mode":             {Target: target("redis"), Mode: "vm"},
		"a class that it can't have":  {Target: target("mongo"), Durability: drivers.DurabilityNone},
	} {
		b, err := r.Provide(t.Context(), req)
		var unavailable *UnavailableError
		if err == nil || errors.As(err, &unavailable) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func TestAStoreWithoutARecipeIsUnavailable(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	_, err := r.Provide(t.Context(), Request{Target: target("unheard-of"), Mode: Auto})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || len(unavailable.Ways) != 1 {
		t.Errorf("error %v", err)
	}
}

// noDocker makes a run that finds no daemon.
func noDocker(r *Run) {
	r.docker = func(context.Context) (*engine, error) {
		return nil, &noDaemonError{errors.New("no socket")}
	}
}

func TestAutoWithoutDockerTakesTheInstalledServer(t *testing.T) {
	t.Parallel()
	needServer(t, "redis")
	r, said := begin(t)
	noDocker(r)
	b, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Auto})
	if err != nil || b.Mode != Process || said.text() != "" {
		t.Errorf("%+v, %v, said %q", b, err, said.text())
	}
}

func TestAutoWithNothingTellsTheWays(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r, _ := begin(t)
	noDocker(r)
	_, err := r.Provide(t.Context(), Request{Target: target("redis"), Mode: Auto})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Store != "redis" || len(unavailable.Ways) != 3 {
		t.Fatalf("error %v", err)
	}
	for _, cause := range []string{"Docker does not answer: no socket", "redis-server is not installed"} {
		if !strings.Contains(err.Error(), cause) {
			t.Errorf("%q is not in %q", cause, err)
		}
	}
}

func TestAPinnedVersionNeverFallsBack(t *testing.T) {
	t.Parallel()
	r, _ := begin(t)
	noDocker(r)
	tagged := target("redis")
	tagged.Tag = "7.4"
	for _, req := range []Request{
		{Target: tagged, Mode: Auto},
		{Target: target("redis"), Mode: Auto, Image: "redis:8"},
		{Target: target("redis"), Mode: Container},
	} {
		_, err := r.Provide(t.Context(), req)
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "no socket") {
			t.Errorf("error %v", err)
		}
	}
}

func TestTheImageIsTheOneAskedForOrThePinnedOneWithTheTag(t *testing.T) {
	t.Parallel()
	tagged := target("redis")
	tagged.Tag = "7.4"
	for want, req := range map[string]Request{
		"redis:" + redisRecipe.tag:      {Target: target("redis")},
		"redis:7.4":                     {Target: tagged},
		"registry.example/valkey:local": {Target: target("redis"), Image: "registry.example/valkey:local"},
	} {
		if got := redisRecipe.reference(req); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestRecipesHaveWhatTheirKindNeeds(t *testing.T) {
	t.Parallel()
	for name, rec := range recipes {
		if rec.embed != nil {
			continue
		}
		if rec.image == "" || rec.tag == "" || rec.tag == "latest" || rec.port == 0 || rec.binary == "" ||
			rec.find == nil || rec.args == nil || rec.homeArgs == nil || rec.run == nil || rec.url == nil ||
			rec.answers == nil || rec.durability == "" || !rec.can(Request{}) || rec.deathSignal == 0 || len(rec.stop) == 0 || rec.install == "" || rec.urlExample == "" {
			t.Errorf("%s: %+v", name, rec)
		}
	}
}
