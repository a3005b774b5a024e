package drivers

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of an option's value.
type Kind string

// The kinds of option values.
const (
	KindString   Kind = "string"
	KindInt      Kind = "int"
	KindBool     Kind = "bool"
	KindDuration Kind = "duration"
	KindChoice   Kind = "choice"
)

// Option declares one setting of a store.
type Option struct {
	Name    string // without the store: "pool_size"
	Kind    Kind
	Express string   // default in express mode, as typed
	Native  string   // default in native mode; empty: the same
	Choices []string // for KindChoice
	Min     int64    // for KindInt, and in nanoseconds for KindDuration
	Max     int64    // for KindInt; 0: 2147483647
	Doc     string   // one line
}

// longest is the longest KindDuration, a year: sums of it can't overflow.
const longest = 365 * 24 * time.Hour

// Default is the option's default in a client mode, as typed.
func (o Option) Default(c Client) string {
	if c == Native && o.Native != "" {
		return o.Native
	}
	return o.Express
}

// parse reads a value as typed.
func (o Option) parse(text string) (any, error) {
	switch o.Kind {
	case KindString:
		return text, nil
	case KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if most := cmp.Or(o.Max, math.MaxInt32); err != nil || n < o.Min || n > most {
			return nil, fmt.Errorf("%q is not a whole number from %d to %d", text, o.Min, most)
		}
		return int(n), nil
	case KindBool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return b, nil
	case KindDuration:
		d, err := time.ParseDuration(text)
		if err != nil || int64(d) < o.Min || d > longest {
			return nil, fmt.Errorf("%q is not a duration from %s to %gh, such as 30s or 15m", text, time.Duration(o.Min), longest.Hours())
		}
		return d, nil
	case KindChoice:
		if !slices.Contains(o.Choices, text) {
			return nil, fmt.Errorf("%q is not one of %s%s", text, strings.Join(o.Choices, ", "), DidYouMean(text, o.Choices))
		}
		return text, nil
	}
	panic("drivers: option " + o.Name + " has no kind")
}

// Options are the values of a store's declared options.
type Options struct{ values map[string]any }

// Resolve reads the typed settings, fills in the client mode's defaults, and
// refuses an unknown name with the known ones.
func (s Store) Resolve(client Client, settings map[string]string) (Options, error) {
	values := map[string]any{}
	for _, o := range s.Options {
		text, given := settings[o.Name]
		if !given {
			text = o.Default(client)
		}
		v, err := o.parse(text)
		if err != nil {
			return Options{}, fmt.Errorf("%s.%s: %w", s.Name, o.Name, err)
		}
		values[o.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if _, known := values[name]; !known {
			return Options{}, s.unknownOption(name)
		}
	}
	return Options{values}, nil
}

func (s Store) unknownOption(name string) error {
	var known []string
	for _, o := range s.Options {
		known = append(known, o.Name)
	}
	if len(known) == 0 {
		return fmt.Errorf("%s.%s: %s has no options", s.Name, escaped(name), s.Name)
	}
	return fmt.Errorf("%s.%s: no such option%s: %s has %s", s.Name, escaped(name), DidYouMean(name, known), s.Name, strings.Join(known, ", "))
}

// Texts gives every option's value as it would be typed.
func (o Options) Texts() map[string]string {
	texts := map[string]string{}
	for name, v := range o.values {
		texts[name] = fmt.Sprint(v)
	}
	return texts
}

func option[T any](o Options, name string) T {
	v, ok := o.values[name].(T)
	if !ok {
		panic(fmt.Sprintf("drivers: option %q is not declared as %T", name, *new(T)))
	}
	return v
}

// Text is the value of a KindString or KindChoice option. Like Int, Bool and
// Duration it panics when the option is not declared so.
func (o Options) Text(name string) string { return option[string](o, name) }

// Int is the value of a KindInt option.
func (o Options) Int(name string) int { return option[int](o, name) }

// Bool is the value of a KindBool option.
func (o Options) Bool(name string) bool { return option[bool](o, name) }

// Duration is the value of a KindDuration option.
func (o Options) Duration(name string) time.Duration { return option[time.Duration](o, name) }
