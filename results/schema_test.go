package results

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// node is a piece of a JSON schema.
type node map[string]any

func schemaRoot(t *testing.T) node {
	t.Helper()
	var root node
	if err := json.Unmarshal(schemaText, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

func (n node) child(key string) node {
	m, _ := n[key].(map[string]any)
	return m
}

// resolve follows $ref and the object side of "or null", and tells whether null
// is allowed.
func (n node) resolve(root node) (at node, nullable bool) {
	if forms, ok := n["anyOf"].([]any); ok {
		at, _ = node(forms[0].(map[string]any)).resolve(root)
		return at, node(forms[1].(map[string]any))["type"] == "null"
	}
	if name, ok := n["$ref"].(string); ok && n["properties"] == nil {
		at, nullable = root.child("$defs").child(strings.TrimPrefix(name, "#/$defs/")).resolve(root)
		return at, nullable
	}
	if types, ok := n["type"].([]any); ok {
		return n, slices.Contains(types, any("null"))
	}
	return n, false
}

func (n node) types() []string {
	switch v := n["type"].(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, t := range v {
			all = append(all, t.(string))
		}
		return all
	}
	return nil
}

func (n node) required() []string {
	var names []string
	for _, list := range []any{n["required"]} {
		items, _ := list.([]any)
		for _, item := range items {
			names = append(names, item.(string))
		}
	}
	return names
}

// properties are the object's own and those of the definition it extends.
func (n node) properties(root node) (all map[string]any, required []string, closed bool) {
	all, required = map[string]any{}, n.required()
	closed = n["additionalProperties"] == false || n["unevaluatedProperties"] == false
	if name, ok := n["$ref"].(string); ok {
		base := root.child("$defs").child(strings.TrimPrefix(name, "#/$defs/"))
		maps.Copy(all, base.child("properties"))
		required = append(required, base.required()...)
	}
	maps.Copy(all, n.child("properties"))
	return all, required, closed
}

// jsonFields gives a struct's fields by JSON name, embedded ones included.
func jsonFields(t reflect.Type) (fields map[string]reflect.Type, required []string) {
	fields = map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			inner, more := jsonFields(f.Type)
			maps.Copy(fields, inner)
			required = append(required, more...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return fields, required
}

// younger fields are always written, and absent (zero) from results that were
// written before there were any.
var younger = []string{
	"violations.swapped",
	"verify.expired_early", "verify.expired_late", "verify.fixation", "verify.swapped",
	"series[].seconds",
}

func TestSchemaAndGoFieldsAgree(t *testing.T) {
	t.Parallel()
	root := schemaRoot(t)
	compareType(t, root, "", root, reflect.TypeFor[Result]())
}

func compareType(t *testing.T, root node, where string, schema node, typ reflect.Type) {
	t.Helper()
	if summary := where == "summary"; summary { // the definition that rounds extend, closed
		schema = maps.Clone(schema)
		schema["properties"] = map[string]any{}
	}
	at, nullable := schema.resolve(root)
	if pointer := typ.Kind() == reflect.Pointer; pointer {
		typ = typ.Elem()
		if isMapValue := strings.HasSuffix(where, "{}"); !nullable && !isMapValue && !slices.Contains(optionalPointers, where) {
			t.Errorf("%s: a pointer, but the schema does not allow null", where)
		}
	} else if nullable {
		t.Errorf("%s: the schema allows null, but Go has no pointer", where)
	}
	want := ""
	switch typ.Kind() {
	case reflect.Struct:
		if typ != reflect.TypeFor[time.Time]() {
			compareStruct(t, root, where, at, typ)
			return
		}
		want = "string"
	case reflect.Map:
		want = "object"
		values, ok := at["additionalProperties"].(map[string]any)
		for _, v := range at.child("patternProperties") {
			values, ok = v.(map[string]any)
		}
		if !ok {
			t.Errorf("%s: a map, but the schema does not describe its values", where)
			return
		}
		compareType(t, root, where+"{}", values, typ.Elem())
	case reflect.Slice:
		want = "array"
		if typ == reflect.TypeFor[json.RawMessage]() {
			want = "object"
			break
		}
		compareType(t, root, where+"[]", at.child("items"), typ.Elem())
	case reflect.Bool:
		want = "boolean"
	case reflect.String:
		want = "string"
	case reflect.Float64:
		want = "number"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		want = "integer"
		if at["maximum"] == nil {
			t.Errorf("%s: a whole number without a maximum", where)
		}
	default:
		t.Fatalf("%s: the test does not know %s", where, typ)
	}
	if at["enum"] == nil && at["const"] == nil && !slices.Contains(at.types(), want) {
		t.Errorf("%s: Go has %s, the schema %v", where, typ, at["type"])
	}
}

// optionalPointers are left out when nil, never null.
var optionalPointers = []string{
	"rounds[].resources.client.connections", "rounds[].resources.server.connections",
	"summary.resources.client.connections", "summary.resources.server.connections",
	"rounds[].series[].stored_bytes", "rounds[].series[].dead_rows", "rounds[].series[].expired_present",
}

func compareStruct(t *testing.T, root node, where string, at node, typ reflect.Type) {
	t.Helper()
	properties, required, closed := at.properties(root)
	if !closed {
		t.Errorf("%s: the schema allows unknown properties", where)
	}
	fields, needed := jsonFields(typ)
	if have, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(fields)); !slices.Equal(have, want) {
		t.Errorf("%s: the schema has %v, Go has %v", where, have, want)
		return
	}
	needed = slices.DeleteFunc(needed, func(name string) bool {
		return slices.Contains(younger, where[strings.LastIndex(where, ".")+1:]+"."+name)
	})
	slices.Sort(required)
	slices.Sort(needed)
	if !slices.Equal(required, needed) {
		t.Errorf("%s: the schema requires %v, Go always writes %v", where, required, needed)
	}
	for name, field := range fields {
		property := node(properties[name].(map[string]any))
		if resolved, _ := property.resolve(root); property["description"] == nil && resolved["description"] == nil {
			t.Errorf("%s.%s: no description", where, name)
		}
		compareType(t, root, below(where, name), property, field)
	}
}

// fill sets every field to something, as the schema has it.
func fill(t *testing.T, where string, v reflect.Value) {
	t.Helper()
	texts := map[string]string{
		"schema": Schema, "id": "id-1", "unit": "ns", "mode": "closed", "backend": "process",
		"client": "express", "durability": "commit", "store": "redis",
	}
	switch name := where[strings.LastIndex(where, ".")+1:]; v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*Distribution]() {
			v.Set(reflect.ValueOf(distributionOf(t, 1000, 2000, 3_000_000)))
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, where, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 15, 4, 5, 6000, time.UTC)))
			return
		}
		for i := range v.NumField() {
			tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			at := below(where, tag)
			if strings.HasSuffix(where, "verify") && tag == "mode" {
				v.Field(i).SetString("sample")
				continue
			}
			fill(t, at, v.Field(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(t, where, value)
		key := "get" // an operation, a call or a class as far as its spelling goes
		v.SetMapIndex(reflect.ValueOf(key), value)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.ValueOf(json.RawMessage(`{"name":"web"}`)))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, where, v.Index(i))
		}
	case reflect.String:
		if text, ok := texts[name]; ok {
			v.SetString(text)
			return
		}
		v.SetString("text of " + name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(12.25)
	case reflect.Int, reflect.Int64:
		v.SetInt(42)
	case reflect.Uint64:
		v.SetUint(1<<64 - 1) // more than a float holds
	default:
		t.Fatalf("%s: the test does not know %s", where, v.Type())
	}
}

func filled(t *testing.T) *Result {
	t.Helper()
	var r Result
	fill(t, "", reflect.ValueOf(&r).Elem())
	return &r
}

func TestFilledResultSurvivesSaving(t *testing.T) {
	t.Parallel()
	r := filled(t)
	path, err := Save(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Errorf("saved and read:\n%+v\nwas\n%+v", again, r)
	}
}

func TestEmptyResultSurvivesSaving(t *testing.T) {
	t.Parallel()
	r := &Result{
		Schema: Schema, ID: "id-1", RunID: "run-1", StartedAt: time.Date(2026, 11, 23, 15, 4, 5, 0, time.UTC),
		Target:   Target{Store: "memory", Backend: "embedded", Client: "native"},
		Scenario: json.RawMessage(`{}`), Interrupted: true,
	}
	path, err := Save(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Tags == nil || again.Rounds == nil || again.Summary.Operations == nil {
		t.Errorf("nil maps and lists were not written as empty ones: %+v", again)
	}
}

// edited is a saved result after a change in its JSON.
func edited(t *testing.T, change func(m map[string]any)) string {
	t.Helper()
	text, err := encode(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	change(m)
	text, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inside goes down into a document; numbers are list indexes.
func inside(m map[string]any, path ...any) map[string]any {
	var v any = m
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v.(map[string]any)
}

func TestReadNamesThePlaceOfAMistake(t *testing.T) {
	t.Parallel()
	hostile := "evil\n\x1b[31m" + strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		change func(m map[string]any)
		want   string
	}{
		"newer":           {func(m map[string]any) { m["schema"] = "bench.result/v2" }, "bench.result/v2 is newer than this bench reads (v1): upgrade"},
		"another schema":  {func(m map[string]any) { m["schema"] = "k6/v1" }, `not a bench result: its schema is "k6/v1", not "bench.result/v1"`},
		"no schema":       {func(m map[string]any) { delete(m, "schema") }, `not a bench result: it has no "schema"`},
		"missing":         {func(m map[string]any) { delete(m, "seed") }, `"seed" is missing`},
		"missing below":   {func(m map[string]any) { delete(inside(m, "rounds", 0, "load"), "due") }, `rounds[0].load: "due" is missing`},
		"round's figures": {func(m map[string]any) { delete(inside(m, "rounds", 1), "harness") }, `rounds[1]: "harness" is missing`},
		"unknown":         {func(m map[string]any) { m["colour"] = "red" }, `"colour" is not known`},
		"unknown in a round": {func(m map[string]any) { inside(m, "rounds", 0)["colour"] = "red" },
			`rounds[0].colour: is not known`},
		"unknown in the summary": {func(m map[string]any) { inside(m, "summary")["series"] = []any{} }, `summary.series: is not known`},
		"enum": {func(m map[string]any) { inside(m, "target")["client"] = "go" },
			`target.client: is "go", must be one of "express", "native"`},
		"type": {func(m map[string]any) { m["seed"] = "7" }, `seed: is of type string, must be integer`},
		"in a nullable": {func(m map[string]any) { delete(inside(m, "summary", "operations", "get", "service_time"), "p50") },
			`summary.operations.get.service_time: "p50" is missing`},
		"negative": {func(m map[string]any) { inside(m, "summary", "violations")["lost"] = -1 },
			`summary.violations.lost: is -1, must be at least 0`},
		"too large":    {func(m map[string]any) { m["seed"] = json.Number("18446744073709551616") }, `seed: must be at most 18446744073709551615`},
		"no whole":     {func(m map[string]any) { inside(m, "host")["cores"] = json.Number("8.0") }, `host.cores: is number 8.0, which is no int`},
		"huge number":  {func(m map[string]any) { inside(m, "summary")["duration_seconds"] = json.Number("1e999999999") }, `the number "1e999999999" is out of range`},
		"no time":      {func(m map[string]any) { m["started_at"] = "yesterday" }, `started_at: is "yesterday", must be a date-time`},
		"path as id":   {func(m map[string]any) { m["id"] = "../../etc" }, `id: is "../../etc", must match ^[A-Za-z0-9_-]{1,64}$`},
		"path as name": {func(m map[string]any) { inside(m, "target")["store"] = "../x" }, `target.store: is "../x", must match ^[a-z][a-z0-9_-]{0,31}$`},
		"garbled histogram": {func(m map[string]any) {
			inside(m, "rounds", 0, "harness", "send_lag")["histogram"] = "AAAA"
		}, `rounds[0].harness.send_lag: histogram: not base64 of HdrHistogram's V2 encoding: EOF`},
		"call": {func(m map[string]any) {
			inside(m, "summary", "calls")["fly"] = inside(m, "summary", "calls", "get")
		}, `summary.calls: "fly" is not known`},
		"hostile key": {func(m map[string]any) { m[hostile] = 1 }, `"evil\n\x1b[31m` + strings.Repeat("x", 50) + `…" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := edited(t, c.change)
			_, err := Read(path)
			if err == nil {
				t.Fatal("it was read")
			}
			if want := path + ": " + c.want; err.Error() != want {
				t.Errorf("the error is\n%s\nwant\n%s", err, want)
			}
		})
	}
}

func TestReadRefusesWhatIsNoResult(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                                       "not a bench result: it is empty",
		"null":                                   "not a bench result: it is no JSON object",
		"[]":                                     "not a bench result: it is no JSON object",
		`{"a":`:                                  "not JSON: it is cut off before its end",
		"{} {}":                                  `not a bench result: it has no "schema"`,
		`{"schema":"bench.result/v1"} {}`:        "not JSON: invalid character after top-level value",
		`{"schema":"bench.result/v1","rounds":[`: "not JSON: it is cut off before its end",
		`{"schema":"bench.result/v1",` + strings.Repeat("[", 1e6):               "not JSON: invalid character '[' looking for beginning of object key string",
		strings.Repeat("[", 1e6):                                                "not JSON: invalid character '[' exceeded max depth",
		strings.Repeat(`{"a":`, 1e6):                                            "not JSON: invalid character '{' exceeded max depth",
		`{"schema":"bench.result/v1","a":` + strings.Repeat("[", 1e6):           "not JSON: invalid character '[' exceeded max depth",
		`{"schema":"bench.result/v1","a":[` + strings.Repeat("0,", 4e6) + "0]}": "not a bench result: it has more than 4000000 values",
		`{"schema":{"a":1}}`:                                                    `not a bench result: it has no "schema"`,
		`{"schema":"bench.result/v2"}`:                                          "bench.result/v2 is newer than this bench reads (v1): upgrade",
		`{"schema":"bench.result/v1","a":1e309}`:                                `the number "1e309" is out of range`,
		"<html>":                                                                "not JSON: invalid character '<' looking for beginning of value",
		`{"a":nan}`:                                                             "not JSON: invalid character 'a' in literal null (expecting 'u')",
	} {
		path := filepath.Join(dir, fmt.Sprintf("%x.json", sha256.Sum256([]byte(text))))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || err.Error() != path+": "+want {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
	}
}
