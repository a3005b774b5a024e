package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
)

// checkDurability refuses a store that can't be provided with the class asked for,
// and gives the others the options that they have for it. What is there already
// tells its class once it is open.
func (f *runFlags) checkDurability(targets []drivers.Target) error {
	if f.durability == "" {
		return nil
	}
	if err := oneOf("--durability", f.durability, words(drivers.Durabilities)...); err != nil {
		return err
	}
	class := drivers.Durability(f.durability)
	for i, t := range targets {
		can := containers.Durabilities(t.Store)
		if t.URL == "" && len(can) > 0 && !slices.Contains(can, class) {
			return fmt.Errorf("--durability=%s: %s can't be provided so: its durability can be %s", class, t.Store.Name, either(words(can)))
		}
		settings, err := t.Store.WithDurability(class, t.Settings)
		if err != nil {
			return within("--durability="+f.durability, err)
		}
		targets[i].Settings = settings
	}
	return nil
}

// keeps refuses a store whose class, as its driver reads it, is not the one asked
// for.
func (p *provided) keeps(asked drivers.Durability) error {
	has := drivers.Durability(p.about.Durability)
	if asked == "" || has == asked {
		return nil
	}
	unequal := fmt.Sprintf("%s: --durability=%s is asked for, and the store's durability is ", p.target, asked)
	inMemory, _ := containers.InMemory(os.TempDir())
	switch why := p.about.Unavailable["durability"]; {
	case has == "" && why != "":
		return fmt.Errorf("%sunknown: %s", unequal, why)
	case has == "":
		return fmt.Errorf("%sunknown: it does not show the settings that decide it; leave --durability out", unequal)
	case p.backend.Mode == containers.External:
		return fmt.Errorf("%s%s: bench does not change a store that is there already; set it up for %s, or leave --durability out", unequal, has, asked)
	case p.backend.Mode == containers.Embedded && inMemory:
		return fmt.Errorf("%s%s, as %s is in memory (tmpfs): set TMPDIR to a folder on a disk", unequal, has, os.TempDir())
	}
	return fmt.Errorf("%s%s", unequal, has)
}

// words are the classes as people type them.
func words(classes []drivers.Durability) []string {
	var all []string
	for _, c := range classes {
		all = append(all, string(c))
	}
	return all
}

// either lists what there is to choose from.
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
