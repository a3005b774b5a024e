package drivertest

import (
	"regexp"
	"slices"
	"testing"

	"github.com/sessionbench/bench/drivers"
)

var optionName = regexp.MustCompile(`^[a-z][a-z_]*$`)

func describes(t testing.TB, store drivers.Store, client drivers.Client) {
	if store.Title == "" || store.Middleware == "" {
		t.Errorf("title %q, middleware %q: both are wanted", store.Title, store.Middleware)
	}
	for _, o := range store.Options {
		if !optionName.MatchString(o.Name) || o.Doc == "" {
			t.Errorf("option %q: a plain name and a line of documentation are wanted, not %q", o.Name, o.Doc)
		}
	}
	options, err := store.Resolve(client, nil)
	if err != nil {
		t.Fatalf("the defaults of %s: %v", client, err)
	}
	cfg := drivers.Config{Client: client, Options: options}
	describesWire(t, store.Wire(cfg))
	describesFacts(t, store.Facts(cfg))
}

func describesWire(t testing.TB, wire []drivers.WireCall) {
	sends := map[string][]string{}
	for _, w := range wire {
		sends[w.Call] = w.Sends
	}
	for _, call := range []drivers.Call{drivers.Get, drivers.Set, drivers.Touch, drivers.Destroy} {
		if len(sends[call.String()]) == 0 || slices.Contains(sends[call.String()], "") {
			t.Errorf("wire: %s sends %q", call, sends[call.String()])
		}
	}
}

func describesFacts(t testing.TB, f drivers.Facts) {
	if f.Granularity < 0 || f.DefaultLifetime < 0 || f.MissDelay < 0 || f.Connections < -1 {
		t.Errorf("facts: a negative figure in %+v", f)
	}
	if f.TouchMissing != drivers.TouchSilent && f.TouchMissing != drivers.TouchFails {
		t.Errorf("facts: touch of a missing session is %q", f.TouchMissing)
	}
	if !slices.Contains([]string{"server", "timer", "never"}, f.Purge.By) {
		t.Errorf("facts: purge by %q", f.Purge.By)
	}
	for _, name := range drivers.Noted {
		if !slices.ContainsFunc(f.Notes, func(n drivers.Note) bool { return n.Name == name && n.Source != "" }) {
			t.Errorf("facts: no source for %q", name)
		}
	}
	names := map[string]bool{}
	for _, n := range f.Describe() {
		if n.Name == "" || n.Text == "" || n.Source == "" || names[n.Name] {
			t.Errorf("facts: the note %+v lacks a part, or is there twice", n)
		}
		names[n.Name] = true
	}
}

func inspects(t testing.TB, p *place) {
	d := p.open(t)
	inspection, err := ability[drivers.Inspector](t, d, "Inspector").Inspect(t.Context())
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	if inspection.Version == "" || len(inspection.Settings) == 0 {
		t.Errorf("inspect gave no version or no settings: %+v", inspection)
	}
	if !slices.Contains(drivers.Durabilities, inspection.Durability) {
		t.Errorf("inspect gave the durability %q", inspection.Durability)
	}
}

// hasDurabilities opens the store with each set of options that it has for a class.
func hasDurabilities(t testing.TB, p *place) {
	if len(p.store.Durabilities) == 0 {
		panic(doesNotApply("its server alone decides the durability"))
	}
	for class, sets := range p.store.Durabilities {
		for _, set := range sets {
			url, settings := p.setup.Place(t)
			d := p.elsewhere(t, url, settings).elsewhere(t, "", set).open(t)
			inspection, err := ability[drivers.Inspector](t, d, "Inspector").Inspect(t.Context())
			if err != nil {
				t.Fatalf("inspect: %v", err)
			}
			if slices.Contains([]string{"tmpfs", "ramfs"}, inspection.Settings["filesystem"]) {
				panic(doesNotApply("what is stored here is in memory"))
			}
			if inspection.Durability != class {
				t.Errorf("with %v the durability is %q, not %q: %v", set, inspection.Durability, class, inspection.Settings)
			}
		}
	}
}
