package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sessionbench/bench/results"
)

// gateSettings are what differs between the two on purpose: the experiment.
func gateSettings(a, b *results.Result) []GateSetting {
	found := []GateSetting{}
	compare := func(field string, of func(*results.Result) string) {
		if x, y := of(a), of(b); x != y {
			found = append(found, GateSetting{field, oneLine(x), oneLine(y)})
		}
	}
	compare("store", func(r *results.Result) string { return r.Target.Store })
	compare("backend", func(r *results.Result) string { return r.Target.Backend })
	compare("client", func(r *results.Result) string { return r.Target.Client })
	compare("network", func(r *results.Result) string { return r.Target.Network })
	compare("tls", func(r *results.Result) string { return map[bool]string{true: "on", false: "off"}[r.Target.TLS] })
	compare("durability", func(r *results.Result) string { return r.Target.Durability })
	compare("tool", func(r *results.Result) string { return strings.TrimSpace(r.Tool.Version + " " + r.Tool.Commit) })
	compare("go", func(r *results.Result) string { return r.Tool.Go })
	compare("seed", func(r *results.Result) string { return fmt.Sprint(r.Seed) })
	if a.Target.Store != b.Target.Store {
		return found // unlike stores have unlike settings, and the store says it all
	}
	compare("image", func(r *results.Result) string { return r.Target.Image })
	compare("image digest", func(r *results.Result) string { return r.Target.ImageDigest })
	compare("version", func(r *results.Result) string { return r.Target.ServerVersion })
	for _, of := range []struct {
		prefix string
		values func(*results.Result) map[string]string
	}{
		{"option ", func(r *results.Result) map[string]string { return r.Target.Options }},
		{"", func(r *results.Result) map[string]string { return r.Target.Settings }},
	} {
		keys := maps.Clone(of.values(a))
		if keys == nil {
			keys = map[string]string{}
		}
		maps.Copy(keys, of.values(b))
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			compare(of.prefix+key, func(r *results.Result) string { return of.values(r)[key] })
		}
	}
	return found
}
