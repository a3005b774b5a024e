package file

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

// Wire is prose beside the code; here it is held to the system calls that each
// call makes on a session that is there.
func TestWireIsWhatIsDone(t *testing.T) {
	clients := []drivers.Client{drivers.Express, drivers.Native}
	calls, dir := drivertest.SystemCalls(t, func(dir string) {
		for _, client := range clients {
			eachCall(t, filepath.Join(dir, string(client)), client)
		}
	})
	for _, client := range clients {
		for _, w := range wire(config(t, "", client, nil)) {
			if w.Call == "prune" { // goes by what it finds
				continue
			}
			got := verbs(files(calls[string(client)+" "+w.Call], filepath.Join(dir, string(client))))
			if want := verbs(w.Sends); !slices.Equal(got, want) {
				t.Errorf("%s %s did %q; wire says %q", client, w.Call, got, want)
			}
		}
	}
}

func eachCall(t *testing.T, dir string, client drivers.Client) {
	d := opened(t, config(t, dir, client, nil))
	r := drivertest.Record("session", time.Hour, 0, "")
	if err := d.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"get", func() error { _, err := d.Get(t.Context(), r.ID); return err }},
		{"set", func() error { return d.Set(t.Context(), r) }},
		{"touch", func() error { return d.Touch(t.Context(), r) }},
		{"destroy", func() error { return d.Destroy(t.Context(), r.ID) }},
	} {
		drivertest.Mark(string(client) + " " + c.name)
		if err := c.call(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		drivertest.Mark("")
	}
	if err := d.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// verbs are the names of the system calls: of a line of strace's as files gives
// it, or of wire's, in which one line may have two. A path's parts are looked at
// one after another, which wire says once.
func verbs(lines []string) []string {
	var all []string
	for _, line := range lines {
		if strings.HasPrefix(line, "on an error") {
			continue
		}
		for _, part := range strings.Split(line, ", ") {
			verb := plainName.Replace(strings.Fields(part)[0])
			if verb != "lstat" || len(all) == 0 || all[len(all)-1] != "lstat" {
				all = append(all, verb)
			}
		}
	}
	return all
}

// plainName leaves out what other kernels and languages spell otherwise.
var plainName = strings.NewReplacer("pwrite64", "write", "utimensat", "utimens")
