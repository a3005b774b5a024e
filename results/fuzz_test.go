package results

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzLoad holds the reading of files to this: no panic, an error of one line,
// and what is read can be written and read again without a change.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/seed-*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range seeds {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := decode(text); err != nil {
			f.Fatalf("%s: %v", path, err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema":"bench.result/v2"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := decode(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("the error has several lines: %q", err)
			}
			return
		}
		first, err := encode(r)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, err := decode(first)
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		second, err := encode(again)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) || !reflect.DeepEqual(r.Summary, again.Summary) {
			t.Fatal("writing and reading changed it")
		}
	})
}
