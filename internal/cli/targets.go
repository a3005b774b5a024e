package cli

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
)

// embeddedStores are what a bare "bench" compares.
var embeddedStores = []string{"memory", "file", "sqlite"}

// targets reads --store and --set.
func (f *runFlags) targets() ([]drivers.Target, error) {
	texts := embeddedStores
	if len(f.stores) > 0 {
		texts = nil
		for _, text := range f.stores {
			texts = append(texts, splitTargets(text)...)
		}
	}
	settings, err := storeSettings(f.set)
	if err != nil {
		return nil, err
	}
	var targets []drivers.Target
	for _, text := range texts {
		t, err := drivers.ParseTarget(text)
		if err != nil {
			return nil, within("--store", err)
		}
		if err := takeSettings(&t, settings[t.Store.Name], f.client); err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	for store := range settings {
		if !slices.ContainsFunc(targets, func(t drivers.Target) bool { return t.Store.Name == store }) {
			return nil, fmt.Errorf("--set %s.…: no --store is %s", store, store)
		}
	}
	return targets, nil
}

// targetStart is what follows the comma between two targets: a name, and its end
// or what may follow it.
var targetStart = regexp.MustCompile(`^([A-Za-z0-9_-]*)($|[:@=,])`)

// splitTargets splits at commas. Inside a URL, which may list several hosts, only
// a comma before a store's name ends a target.
func splitTargets(text string) []string {
	var parts []string
	start := 0
	for i := range len(text) {
		if text[i] != ',' {
			continue
		}
		next := targetStart.FindStringSubmatch(text[i+1:])
		if strings.Contains(text[start:i], "://") && (next == nil || !slices.Contains(drivers.Names(), next[1])) {
			continue
		}
		parts = append(parts, text[start:i])
		start = i + 1
	}
	return append(parts, text[start:])
}

// storeSettings reads STORE.OPTION=VALUE flags, by store.
func storeSettings(set []string) (map[string]map[string]string, error) {
	pairs, err := keyValues("--set", set)
	if err != nil {
		return nil, err
	}
	settings := map[string]map[string]string{}
	for key, value := range pairs {
		name, option, ok := strings.Cut(key, ".")
		if !ok {
			return nil, fmt.Errorf("--set: %q is not STORE.OPTION=VALUE", key+"="+value)
		}
		if _, err := drivers.Lookup(name); err != nil {
			return nil, within("--set", err)
		}
		if settings[name] == nil {
			settings[name] = map[string]string{}
		}
		settings[name][option] = value
	}
	return settings, nil
}

// takeSettings gives a target the run's settings where it has none of its own,
// and checks them all.
func takeSettings(t *drivers.Target, settings map[string]string, client string) error {
	own := t.Settings
	t.Settings = maps.Clone(settings)
	if t.Settings == nil {
		t.Settings = map[string]string{}
	}
	maps.Copy(t.Settings, own)
	if t.Client == "" {
		t.Client = drivers.Client(client)
	}
	if err := t.Client.Check(); err != nil {
		return within("--client", err)
	}
	_, err := t.Store.Resolve(t.Client, t.Settings)
	return within("--set", err)
}

// checkImages refuses an image for what no target is, or what is in process.
func (f *runFlags) checkImages(s *settings) error {
	for store := range s.images {
		if _, err := drivers.Lookup(store); err != nil {
			return within("--image", err)
		}
		used := slices.ContainsFunc(s.targets, func(t drivers.Target) bool { return t.Store.Name == store })
		switch {
		case !used:
			return fmt.Errorf("--image: no --store is %s", store)
		case embedded(store):
			return fmt.Errorf("--image: %s runs in process and has no image", store)
		}
		for _, t := range s.targets {
			switch {
			case t.Store.Name != store:
			case t.Tag != "":
				return fmt.Errorf("--image=%s=%s: the tag in --store=%s names an image too: give one of them", store, s.images[store], t)
			case t.URL != "":
				return fmt.Errorf("--image=%s=%s: --store=%s is there already and needs no image: give one of them", store, s.images[store], t)
			}
		}
	}
	mode := containers.Mode(f.backend)
	for _, t := range s.targets {
		inProcess := embedded(t.Store.Name)
		switch {
		case mode == containers.Auto:
		case t.URL != "":
			return fmt.Errorf("--backend=%s: %s names a store that is there already", mode, t.Store.Name)
		case inProcess != (mode == containers.Embedded):
			return fmt.Errorf("--backend=%s: %s can't be provided so%s", mode, t.Store.Name, otherModes(inProcess))
		case mode == containers.Process && t.Tag != "":
			return fmt.Errorf("--backend=process: the tag in --store=%s names an image, and only a container has one", t)
		case mode == containers.Process && s.images[t.Store.Name] != "":
			return fmt.Errorf("--backend=process: --image=%s=… is given, and only a container has an image", t.Store.Name)
		}
	}
	return nil
}

// embedded tells whether a store runs in this process.
func embedded(store string) bool {
	s, err := drivers.Lookup(store)
	return err == nil && s.InProcess()
}

func otherModes(inProcess bool) string {
	if inProcess {
		return ": it runs in process (embedded)"
	}
	return ": it needs a server (process or container)"
}
