package drivers

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzParseTarget holds ParseTarget to its promises for any text: it does not
// panic, an error is one line, and a target is the same again after printing and
// reading.
func FuzzParseTarget(f *testing.F) {
	for _, c := range targets {
		f.Add(c.text)
	}
	for text := range wrongTargets {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("the error is no line: %q", err)
			}
			return
		}
		again, err := ParseTarget(format(target))
		if err != nil {
			t.Fatalf("%q is printed as %q, which is not read: %v", text, format(target), err)
		}
		if again.Store.Name != target.Store.Name || again.Tag != target.Tag || again.Client != target.Client ||
			again.URL != target.URL || !maps.Equal(again.Settings, target.Settings) {
			t.Errorf("%q is printed as %q and read as %+v", text, format(target), again)
		}
	})
}

// format writes a target from its parts.
func format(t Target) string {
	text := t.Store.Name
	if t.Tag != "" {
		text += ":" + t.Tag
	}
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		text += "@" + name + "=" + t.Settings[name]
	}
	if t.Client != "" {
		text += "@client=" + string(t.Client)
	}
	if t.URL != "" {
		text += "=" + t.URL
	}
	return text
}

// FuzzPasswordsAreHidden puts a password between any two texts that make a URL
// of it: neither the target nor an error shows it.
func FuzzPasswordsAreHidden(f *testing.F) {
	for _, c := range []struct{ before, after string }{
		{"redis=redis://:", "@h"}, {"redis=redis://u:", "@h:1/0"}, {"redis=redis://u:sec/", "@h:port"},
		{"redis=http://u:", "@h"}, {"redis@pool_size=x=redis://:", "@h"}, {"redis@url=redis://:", "@h"},
		{"redis@pool_size=redis://:", "@h"}, {"redis:7=redis://:", "@h"}, {"redis=redis://u:", "@h1,h2:2"},
		{"file=redis://:", "@h"}, {"redis@redis://:", "@h"}, {"redis://:", "@h"}, {"redis=redis://u:a@", "@h#@"},
	} {
		f.Add(c.before, c.after)
	}
	const password = "HUNTER2"
	f.Fuzz(func(t *testing.T, before, after string) {
		_, user, isURL := strings.Cut(before, "://")
		if !isURL || !strings.Contains(user, ":") || !strings.Contains(after, "@") || strings.Contains(before+after, password) {
			return
		}
		target, err := ParseTarget(before + password + after)
		shown := target.String()
		if err != nil {
			shown = err.Error()
		}
		if strings.Contains(shown, password) {
			t.Errorf("%q is shown as %q", before+password+after, shown)
		}
	})
}
