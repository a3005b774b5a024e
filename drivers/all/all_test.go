package all

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

// A store is a folder beside this one whose package registers it: a new folder
// must be imported here.
func TestEveryStoreFolderIsRegistered(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	noStores := []string{"all", "drivertest", "interop", "testdata"}
	for _, e := range entries {
		sources, err := filepath.Glob(filepath.Join("..", e.Name(), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !e.IsDir() || len(sources) == 0 || slices.Contains(noStores, e.Name()) {
			continue
		}
		if !slices.Contains(drivers.Names(), e.Name()) {
			t.Errorf("drivers/%s is not registered", e.Name())
		}
	}
}
