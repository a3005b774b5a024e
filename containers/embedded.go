package containers

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/sessionbench/bench/drivers"
)

// The stores that run in process. Their files don't exist yet when the driver
// opens them, so that it makes them as the middleware does.
var (
	memoryRecipe = recipe{durability: drivers.DurabilityNone, embed: func(string) string { return "" }}
	fileRecipe   = recipe{durability: drivers.DurabilityCommit, embed: func(path string) string { return path }}
	sqliteRecipe = recipe{durability: drivers.DurabilityCommit, embed: func(path string) string { return path + ".db" }}
)

// embedded provides a store in process. All of a run are in one folder, so that two of
// them are alike: SQLite makes a journal for each change, and where ext4 has the inodes
// of journal and folder in one block, as by chance, a change takes one write less to the
// disk, and 5 % less time.
func (r *Run) embedded(name string, rec recipe, req Request) (*Backend, error) {
	dir := filepath.Join(r.dir, "in-process")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", name, err)
	}
	if rec.usesDisk(req) {
		r.warnOfMemory(name)
	}
	url := rec.embed(filepath.Join(dir, r.newName(name)))
	return &Backend{Mode: Embedded, URL: url, Network: NetworkInProcess, noPIDs: "the store runs in the client's process"}, nil
}
