package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sessionbench/bench/results"
)

// Difference is one way in which the runs differ.
type Difference struct {
	Field string `json:"field"` // scenario, host, durability, settings.appendonly
	Text  string `json:"text"`  // each value with the rows that have it
}

// differences lists what differs between the runs, the gravest first: what is
// done, where, with what, and then how the stores are set up. Settings and
// options are compared between results of the same store only.
func differences(rs []*results.Result, names []string) []Difference {
	ds := []Difference{}
	compare := func(field string, of func(*results.Result) string) {
		if text, differ := valuesInWords(rs, names, of); differ {
			ds = append(ds, Difference{field, text})
		}
	}
	compare("scenario", (*results.Result).ScenarioName)
	for _, path := range scenarioPaths(rs) {
		compare("scenario."+path, func(r *results.Result) string { return scenarioValues(r)[path] })
	}
	compare("seed", func(r *results.Result) string { return fmt.Sprint(r.Seed) })
	compare("shard", shardInWords)
	compare("host", hostInWords)
	compare("kernel", func(r *results.Result) string { return r.Host.Kernel })
	compare("tool", func(r *results.Result) string { return strings.TrimSpace(r.Tool.Version + " " + r.Tool.Commit) })
	compare("client", func(r *results.Result) string { return r.Target.Client })
	compare("durability", func(r *results.Result) string { return r.Target.Durability })
	for i := range ds {
		if ds[i].Field == "durability" {
			ds[i].Text += settingsBehind(rs, names)
		}
	}
	compare("network", func(r *results.Result) string { return r.Target.Network })
	compare("backend", func(r *results.Result) string { return r.Target.Backend })
	compare("tls", func(r *results.Result) string { return map[bool]string{true: "on", false: "off"}[r.Target.TLS] })
	if _, several := valuesInWords(rs, names, func(r *results.Result) string { return r.RunID }); several {
		compare("run", runInWords)
	}
	return append(ds, storeDifferences(rs, names)...)
}

// durabilitySettings are those of any store that decide what a crash takes.
var durabilitySettings = []string{
	"appendonly", "appendfsync", "save", "fsync", "synchronous_commit", "table", "journal_mode", "synchronous",
	"fsync_file", "write_concern", "journal",
}

// settingsBehind names the settings that the rows' durability comes from.
func settingsBehind(rs []*results.Result, names []string) string {
	var rows []string
	for i, r := range rs {
		var settings []string
		for _, key := range durabilitySettings {
			if value, ok := r.Target.Settings[key]; ok && value != "" {
				settings = append(settings, key+"="+value)
			}
		}
		if len(settings) > 0 {
			rows = append(rows, cut(oneLine(names[i]), nameWidth)+" "+strings.Join(settings, " "))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	return ", by the settings: " + strings.Join(firstFew(rows, 6), "; ")
}

// sameTraffic tells whether all scenarios do the same, for however long.
func sameTraffic(rs []*results.Result) bool {
	return !slices.ContainsFunc(scenarioPaths(rs), func(path string) bool {
		return path != "warmup" && path != "duration"
	})
}

// storeDifferences compares the results of each store that has several.
func storeDifferences(rs []*results.Result, names []string) []Difference {
	byStore := map[string][]int{}
	for i, r := range rs {
		byStore[r.Target.Store] = append(byStore[r.Target.Store], i)
	}
	var ds []Difference
	for _, store := range slices.Sorted(maps.Keys(byStore)) {
		var same []*results.Result
		var sameNames []string
		for _, i := range byStore[store] {
			same, sameNames = append(same, rs[i]), append(sameNames, names[i])
		}
		compare := func(field string, of func(*results.Result) string) {
			if text, differ := valuesInWords(same, sameNames, of); differ {
				ds = append(ds, Difference{field, text})
			}
		}
		compare("image", func(r *results.Result) string { return r.Target.Image })
		compare("server version", func(r *results.Result) string { return r.Target.ServerVersion })
		for prefix, of := range map[string]func(*results.Result) map[string]string{
			"settings": func(r *results.Result) map[string]string { return r.Target.Settings },
			"options":  func(r *results.Result) map[string]string { return r.Target.Options },
		} {
			keys := map[string]bool{}
			for _, r := range same {
				for k := range of(r) {
					keys[k] = true
				}
			}
			for _, k := range slices.Sorted(maps.Keys(keys)) {
				compare(prefix+"."+k, func(r *results.Result) string { return of(r)[k] })
			}
		}
	}
	slices.SortStableFunc(ds, func(a, b Difference) int { return strings.Compare(kindOf(a.Field), kindOf(b.Field)) })
	return ds
}

func kindOf(field string) string {
	kind, _, _ := strings.Cut(field, ".")
	return kind
}

func shardInWords(r *results.Result) string {
	if r.Shard == nil {
		return "whole"
	}
	return fmt.Sprintf("%d of %d", r.Shard.Index, r.Shard.Count)
}

func hostInWords(r *results.Result) string {
	h := r.Host
	return strings.Join(filled(h.Name, h.OS, h.Arch, h.CPUModel, plural(uint64(max(0, h.Cores)), "core")), ", ")
}

// runInWords tells runs apart: targets of one run were measured in turns, those
// of several runs minutes or months apart.
func runInWords(r *results.Result) string {
	return r.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC") + " (" + r.RunID + ")"
}

func filled(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// valuesInWords gives each value with the rows that have it, and whether there
// is more than one.
func valuesInWords(rs []*results.Result, names []string, of func(*results.Result) string) (text string, differ bool) {
	var values []string
	rows := map[string][]string{}
	for i, r := range rs {
		v := of(r)
		if rows[v] == nil {
			values = append(values, v)
		}
		rows[v] = append(rows[v], names[i])
	}
	var parts []string
	for _, v := range values {
		who := enumerate(rows[v])
		if v == "" {
			v = "unknown"
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", v, who))
	}
	return strings.Join(firstFew(parts, 6), ", "), len(values) > 1
}

// enumerate lists names, but not forty of them, and none at full length when
// somebody gave a kilobyte for a label.
func enumerate(names []string) string {
	var short []string
	for _, n := range firstFew(names, 4) {
		short = append(short, cut(oneLine(n), nameWidth))
	}
	return strings.Join(short, ", ")
}

func firstFew(texts []string, most int) []string {
	if len(texts) <= most {
		return texts
	}
	return append(slices.Clone(texts[:most-1]), fmt.Sprintf("%d more", len(texts)-most+1))
}

// notTraffic are a scenario's keys that change nothing of what it does.
var notTraffic = []string{"name", "description", "objectives"}

// scenarioPaths are the keys in which scenarios differ.
func scenarioPaths(rs []*results.Result) []string {
	first := scenarioValues(rs[0])
	differ := map[string]bool{}
	for _, r := range rs[1:] {
		if bytes.Equal(r.Scenario, rs[0].Scenario) {
			continue
		}
		other := scenarioValues(r)
		for _, m := range []map[string]string{first, other} {
			for path := range m {
				if first[path] != other[path] {
					differ[path] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(differ))
}

// scenarioValues are a scenario's values by key, as short JSON.
func scenarioValues(r *results.Result) map[string]string {
	var fields map[string]any
	if json.Unmarshal(r.Scenario, &fields) != nil {
		return map[string]string{"": string(r.Scenario)}
	}
	values := map[string]string{}
	for key, v := range fields {
		if !slices.Contains(notTraffic, key) {
			flatten(values, key, v)
		}
	}
	return values
}

func flatten(into map[string]string, path string, v any) {
	if object, ok := v.(map[string]any); ok {
		for key, value := range object {
			flatten(into, path+"."+key, value)
		}
		return
	}
	if reflect.ValueOf(v).Kind() == reflect.String {
		into[path] = v.(string)
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		return
	}
	into[path] = string(text)
}
