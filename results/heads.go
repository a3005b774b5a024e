package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Head is what stands at the beginning of a result file.
type Head struct {
	Path      string
	ID, RunID string
	StartedAt time.Time
	Target    string // as typed
	Store     string
	Scenario  string // its name
}

// Heads gives the heads of the results in a folder, oldest first, and what is wrong
// with the .json files that are none. Of each file only the beginning is read, so that
// a folder of thousands is no matter, and whether the rest can be read is not known.
// The error is about the folder.
func Heads(dir string) (heads []Head, unreadable []error, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err // it names the folder
	}
	for _, f := range files {
		if f.IsDir() || strings.HasPrefix(f.Name(), ".") || filepath.Ext(f.Name()) != ".json" {
			continue
		}
		h, err := readHead(filepath.Join(dir, f.Name()))
		if err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		heads = append(heads, h)
	}
	slices.SortStableFunc(heads, func(a, b Head) int { return a.StartedAt.Compare(b.StartedAt) })
	return heads, unreadable, nil
}

// mostHead is far more than what stands before a result's rounds.
const mostHead = 1 << 20

func readHead(path string) (Head, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Head{}, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return Head{}, fmt.Errorf("%s: not a bench result: it is no file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return Head{}, err
	}
	defer file.Close()
	h, err := decodeHead(io.LimitReader(file, mostHead))
	if err != nil {
		return Head{}, fmt.Errorf("%s: %w", path, err)
	}
	h.Path = path
	return h, nil
}

var errNoHead = errors.New("not a bench result")

// decodeHead goes through the document's fields until it has those of a head, which
// Save writes before all that is long.
func decodeHead(r io.Reader) (h Head, err error) {
	d := json.NewDecoder(r)
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return Head{}, errNoHead
	}
	var schema string
	var target struct{ Text, Store string }
	var scenario struct{ Name string }
	wanted := map[string]any{
		"schema": &schema, "id": &h.ID, "run_id": &h.RunID, "started_at": &h.StartedAt, "target": &target, "scenario": &scenario,
	}
	for len(wanted) > 0 && d.More() {
		name, err := d.Token()
		if err != nil {
			return Head{}, errNoHead
		}
		key, _ := name.(string)
		into, ok := wanted[key]
		if !ok {
			into = new(json.RawMessage)
		}
		if err := d.Decode(into); err != nil {
			return Head{}, errNoHead
		}
		delete(wanted, key)
	}
	if schema == "" || schema == Schema && len(wanted) > 0 {
		return Head{}, errNoHead
	}
	if err := knownVersion(schema); err != nil {
		return Head{}, err
	}
	h.Target, h.Store, h.Scenario = target.Text, target.Store, scenario.Name
	return h, nil
}
