package results

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// seeds are result files, which must be readable, without indentation.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	paths, err := filepath.Glob("testdata/seed-*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	var all [][]byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := decode(text); err != nil {
			f.Fatalf("%s: %v", path, err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			f.Fatal(err)
		}
		all = append(all, compact.Bytes())
	}
	return all
}

// FuzzLoad holds the reading of files to its promises for any text. Only the
// shortest seed is one here: what differs in a long one is hardly ever JSON.
func FuzzLoad(f *testing.F) {
	f.Add(slices.MinFunc(seeds(f), func(a, b []byte) int { return len(a) - len(b) }))
	for _, text := range []string{
		"", "null", "[]", `{"schema":"bench.result/v2"}`, `{"schema":"bench.result/v1"}`, `{"schema":1}`,
		`{"schema":"bench.result/v1","schema":"bench.comparison/v1"}`, `{"schema":"bench.result/v1","rounds":[{}]}`,
		`{"schema":"bench.result/v1","seed":1e999999}`, strings.Repeat("[", 20_000), "\ufeff{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(checkLoad)
}

// FuzzLoadChanged changes one value of a result, so that what is read is JSON,
// and nearly right.
func FuzzLoadChanged(f *testing.F) {
	bases := seeds(f)
	for i, value := range []string{ // each at a few places of one seed
		"", "null", "true", "-1", "0", "1.5", "9223372036854775808", "18446744073709551616", "1e308", "1e309", `""`,
		`"\n"`, "[]", "{}", `{"a":1}`, `"9999-12-31T23:59:59Z"`, `"HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI="`,
	} {
		for place := range 3 {
			f.Add(uint8(i), uint16(place*137), value)
		}
	}
	f.Fuzz(func(t *testing.T, base uint8, place uint16, value string) {
		if text, ok := changed(t, bases[int(base)%len(bases)], int(place), value); ok {
			checkLoad(t, text)
		}
	})
}

// changed gives one place of a document another value, or takes it away when the
// value is empty; it is not ok when the value is no JSON.
func changed(t *testing.T, text []byte, place int, value string) ([]byte, bool) {
	t.Helper()
	if value != "" && !json.Valid([]byte(value)) {
		return nil, false
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	all := places(document)
	all[place%len(all)](json.RawMessage(value))
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return text, true
}

// places are the setters of all members and items of a value.
func places(of any) []func(json.RawMessage) {
	var all []func(json.RawMessage)
	switch of := of.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(of)) {
			all = append(all, func(v json.RawMessage) {
				if of[key] = v; len(v) == 0 {
					delete(of, key)
				}
			})
			all = append(all, places(of[key])...)
		}
	case []any:
		for i := range of {
			all = append(all, func(v json.RawMessage) {
				if of[i] = v; len(v) == 0 {
					of[i] = nil
				}
			})
			all = append(all, places(of[i])...)
		}
	}
	return all
}

// checkLoad wants no panic, an error of one line, and that what is read can be
// written and read again without a change, and merged or refused.
func checkLoad(t *testing.T, text []byte) {
	r, err := decode(text)
	if err != nil {
		checkLine(t, err)
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
	if !bytes.Equal(first, second) || !reflect.DeepEqual(r, again) {
		t.Fatal("writing and reading changed it")
	}
	again.ID += "-again"
	if _, err := Merge([]*Result{r, again}); err != nil {
		checkLine(t, err)
	}
}

func checkLine(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r\x00") {
		t.Fatalf("the error is no line: %q", text)
	}
}
