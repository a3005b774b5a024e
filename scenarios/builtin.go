package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/internal/smallfile"
)

//go:embed builtin/*.yaml
var files embed.FS

// builtinNames are in the order of the documentation.
var builtinNames = []string{
	"web", "read-heavy", "write-heavy", "login-storm", "expiry-storm",
	"fd-pressure", "tabs", "bots", "spike", "soak",
}

// builtins reads the embedded files, which the tests prove to be valid.
var builtins = sync.OnceValue(func() []*Scenario {
	var all []*Scenario
	for _, name := range builtinNames {
		text, err := Source(name)
		if err != nil {
			panic("scenarios: " + err.Error())
		}
		s, err := Parse(name+".yaml", text)
		if err != nil {
			panic("scenarios: " + err.Error())
		}
		all = append(all, s)
	}
	return all
})

// Names returns the names of the built-in scenarios, "web" first.
func Names() []string { return slices.Clone(builtinNames) }

// Builtins returns the built-in scenarios in the order of Names. They are the
// caller's to change.
func Builtins() []*Scenario {
	var all []*Scenario
	for _, s := range builtins() {
		all = append(all, s.Clone())
	}
	return all
}

// Source returns the file of a built-in scenario, with the comments that say why
// its numbers are what they are.
func Source(name string) ([]byte, error) {
	if !slices.Contains(builtinNames, name) {
		return nil, unknown(name)
	}
	text, err := files.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read built-in scenario %s: %w", name, err)
	}
	return text, nil
}

func unknown(name string) error {
	return fmt.Errorf("unknown scenario %s%s: the scenarios are %s, or a file (a name with / or . in it)",
		quote(name), drivers.DidYouMean(name, builtinNames), strings.Join(builtinNames, ", "))
}

// Find reads a scenario by the name of a built-in one, or from a file: a name
// with a slash, a backslash or a dot in it. A mistake in the file is an *Error; a
// file that cannot be read gives the operating system's error; an unknown name is
// answered with the nearest one and all of them.
func Find(nameOrPath string) (*Scenario, error) {
	if !strings.ContainsAny(nameOrPath, `./\`) {
		for _, s := range builtins() {
			if s.Name == nameOrPath {
				return s.Clone(), nil
			}
		}
		return nil, unknown(nameOrPath)
	}
	text, err := smallfile.Read(nameOrPath, MaxFileSize)
	if errors.Is(err, smallfile.ErrTooLarge) {
		return nil, tooLarge(nameOrPath)
	}
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return Parse(nameOrPath, text)
}
