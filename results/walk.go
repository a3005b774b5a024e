package results

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

var opaque = map[reflect.Type]bool{
	reflect.TypeFor[time.Time]():       true,
	reflect.TypeFor[json.RawMessage](): true,
}

// walk visits every value of a result with its place, such as
// rounds[0].operations.read, parents first.
func walk(where string, v reflect.Value, visit func(where string, v reflect.Value) error) error {
	if err := visit(where, v); err != nil || opaque[v.Type()] {
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return walk(where, v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if err := walk(below(where, name), v.Field(i), visit); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := walk(fmt.Sprintf("%s[%d]", where, i), v.Index(i), visit); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if err := walk(below(where, plainKey(key.String())), v.MapIndex(key), visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// below names a member; an embedded struct has no name of its own.
func below(where, name string) string {
	if where == "" || name == "" {
		return where + name
	}
	return where + "." + name
}

// eachDistribution visits every distribution of a result.
func eachDistribution(r *Result, visit func(where string, d *Distribution) error) error {
	return walk("", reflect.ValueOf(r).Elem(), func(where string, v reflect.Value) error {
		if d, ok := v.Interface().(*Distribution); ok && d != nil {
			return visit(where, d)
		}
		return nil
	})
}

// fillNil makes empty maps and lists of nil ones, which would be written as null.
func fillNil(r *Result) {
	walk("", reflect.ValueOf(r).Elem(), func(_ string, v reflect.Value) error {
		switch {
		case opaque[v.Type()] || !v.CanSet():
		case v.Kind() == reflect.Map && v.IsNil():
			v.Set(reflect.MakeMap(v.Type()))
		case v.Kind() == reflect.Slice && v.IsNil():
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		return nil
	})
}
