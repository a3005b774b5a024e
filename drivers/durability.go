package drivers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// WithDurability returns settings, as typed, and the options beside them that
// give the store a durability class. The error names those of settings that give
// another one, and what gives this one. Where options decide nothing of the class
// (Store.Durabilities), settings are returned as they are.
func (s Store) WithDurability(class Durability, settings map[string]string) (map[string]string, error) {
	sets := s.Durabilities[class]
	for _, set := range sets {
		if len(s.contradictions(set, settings)) == 0 {
			all := maps.Clone(set)
			maps.Copy(all, settings)
			return all, nil
		}
	}
	if len(sets) == 0 {
		return settings, nil
	}
	typed := s.contradictions(sets[0], settings)
	verb := "contradicts"
	if len(typed) > 1 {
		verb = "contradict"
	}
	return nil, fmt.Errorf("%s %s it: %s has the durability %s with %s", strings.Join(typed, " and "), verb, s.Name, class, setsText(sets))
}

// contradictions are those of settings that are not as a set of options has them.
func (s Store) contradictions(set, settings map[string]string) []string {
	var typed []string
	for _, o := range s.Options {
		want, decides := set[o.Name]
		have, given := settings[o.Name]
		if decides && given && !o.same(want, have) {
			typed = append(typed, s.Name+"."+o.Name+"="+have)
		}
	}
	return typed
}

// same tells whether two texts are the same value.
func (o Option) same(a, b string) bool {
	left, errLeft := o.parse(a)
	right, errRight := o.parse(b)
	return errLeft == nil && errRight == nil && left == right
}

// setsText writes sets of options as people type them.
func setsText(sets []map[string]string) string {
	var texts []string
	for _, set := range sets {
		var options []string
		for _, name := range slices.Sorted(maps.Keys(set)) {
			options = append(options, name+"="+set[name])
		}
		texts = append(texts, strings.Join(options, " and "))
	}
	return strings.Join(texts, ", or with ")
}
