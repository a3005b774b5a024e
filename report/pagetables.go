package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sessionbench/bench/results"
)

// tables are those of everything that is known of the figures.
func tables(c *Comparison) []pageTable {
	all := []pageTable{allFigures(c)}
	for _, kind := range []struct{ name, caption string }{{"operation", "By operation"}, {"call", "By driver call"}} {
		if t := partsTable(c, kind.name, kind.caption); len(t.Rows) > 0 {
			all = append(all, t)
		}
	}
	if t := objectivesTable(c); len(t.Rows) > 0 {
		all = append(all, t)
	}
	return append(all, environment(c))
}

// allFigures has a row a figure, those that stand aside too.
func allFigures(c *Comparison) pageTable {
	t := pageTable{ID: "figures", Caption: "All figures", Head: []string{"Figure"}}
	for i := range c.Rows {
		t.Head = append(t.Head, nameOnPage(c.Rows[i].Name))
	}
	for _, column := range c.Columns {
		row := pageRow{Name: column.Title}
		switch {
		case column.Unit == CPUPer1000:
			row.Name += ", per operation"
		case column.Key == "error_percent":
			row.Name = "their share of all operations"
		}
		for i := range c.Rows {
			row.Cells = append(row.Cells, pageFigure(column, c.Rows[i].Figures[column.Key]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// columnTitles are a table's headings for columns that have short keys.
func columnTitles(columns []Column) (titles []string) {
	for _, column := range columns {
		title := strings.ReplaceAll(column.Key, "_", " ")
		if column.Key == "throughput" {
			title = "operations/s"
		}
		titles = append(titles, title)
	}
	return titles
}

// partsTable has the rows of each kind of operation, or of call.
func partsTable(c *Comparison, kind, caption string) pageTable {
	t := pageTable{ID: kind + "s", Caption: caption}
	for _, part := range c.Parts {
		if part.Kind != kind {
			continue
		}
		if t.Head == nil {
			t.Head = append([]string{"Target"}, columnTitles(part.Columns)...)
		}
		t.Rows = append(t.Rows, pageRow{Name: oneLine(cut(part.Name, nameWidth)), Group: true})
		for i := range c.Rows {
			row := pageRow{Name: nameOnPage(c.Rows[i].Name)}
			for _, column := range part.Columns {
				f, there := part.Figures[i][column.Key]
				if !there {
					f = missing("there was none")
				}
				row.Cells = append(row.Cells, pageFigure(column, f))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func objectivesTable(c *Comparison) pageTable {
	t := pageTable{ID: "objectives", Caption: "Objectives", Words: true, Head: []string{"Target", "Objective", "Measured", "Kept"}}
	for i := range c.Rows {
		for _, o := range c.Rows[i].Objectives {
			measured, kept, class := "–", "yes", ""
			if o.Measured != nil {
				measured = *o.Measured
			}
			if !o.OK {
				kept, class = "no", "bad"
			}
			if o.Advisory {
				kept += " (the scenario's own, which fails no run)"
			}
			row := pageRow{Name: nameOnPage(c.Rows[i].Name), Cells: wordCells(o.Metric+"="+o.Limit, measured, kept)}
			row.Cells[2].Class = class
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// wordCells are cells of anybody's text.
func wordCells(texts ...string) (cells []pageCell) {
	for _, text := range texts {
		cells = append(cells, pageCell{Parts: []cellPart{{Text: oneLine(cut(text, lineWidth))}}})
	}
	return cells
}

// environment is where and with what it was measured, once where all rows share it.
func environment(c *Comparison) pageTable {
	names := make([]string, len(c.Rows))
	for i := range c.Rows {
		names[i] = c.Rows[i].Name
	}
	t := pageTable{ID: "environment", Caption: "Environment", Words: true, Head: []string{"", "Value"}}
	for _, fact := range []struct {
		title string
		of    func(*results.Result) string
	}{
		{"Host", func(r *results.Result) string { return r.Host.Name }},
		{"System", func(r *results.Result) string {
			return strings.Join(filled(r.Host.OS, r.Host.Arch, prefixed("kernel ", r.Host.Kernel)), ", ")
		}},
		{"Processor", func(r *results.Result) string {
			return strings.Join(filled(r.Host.CPUModel, knownCount(uint64(max(0, r.Host.Cores)), "core")), ", ")
		}},
		{"Memory", func(r *results.Result) string { return sizeOf(r.Host.MemoryBytes) }},
		{"Limit of open files", func(r *results.Result) string {
			return strings.Join(filled(prefixed("soft ", countOf(r.Host.NoFileSoft)), prefixed("hard ", countOf(r.Host.NoFileHard))), ", ")
		}},
		{"bench", func(r *results.Result) string {
			return strings.Join(filled(r.Tool.Version, r.Tool.Commit, r.Tool.Go), ", ")
		}},
		{"Run", runInWords},
		{"Result", func(r *results.Result) string { return r.ID }},
		{"Target", func(r *results.Result) string { return r.Target.Text }},
		{"Provided by", func(r *results.Result) string { return r.Target.Backend }},
		{"Client", func(r *results.Result) string { return r.Target.Client }},
		{"Network", func(r *results.Result) string { return r.Target.Network }},
		{"Endpoint", func(r *results.Result) string { return r.Target.Endpoint }},
		{"Version of the server", func(r *results.Result) string { return r.Target.ServerVersion }},
		{"Image", func(r *results.Result) string {
			return strings.Join(filled(r.Target.Image, r.Target.ImageDigest), " ")
		}},
		{"Scenario", (*results.Result).ScenarioName},
		{"Load", func(r *results.Result) string { return loadInWords(r.Summary.Load) }},
		{"Rounds", func(r *results.Result) string {
			return plural(uint64(len(r.Rounds)), "round") + ", " + seconds(r.Summary.DurationSeconds) + " in all"
		}},
		{"Seed, traffic", func(r *results.Result) string { return fmt.Sprintf("%d, %s", r.Seed, r.TrafficDigest) }},
		{"Tags", func(r *results.Result) string { return pairsInWords(r.Tags) }},
	} {
		text, differ := valuesInWords(c.Results, names, fact.of)
		if !differ {
			text = fact.of(c.Results[0])
		}
		if text != "" {
			t.Rows = append(t.Rows, pageRow{Name: fact.title, Cells: wordCells(text)})
		}
	}
	return t
}

func knownCount(n uint64, noun string) string {
	if n == 0 {
		return ""
	}
	return plural(n, noun)
}

func countOf(n uint64) string {
	if n == 0 {
		return ""
	}
	return grouped(n)
}

func sizeOf(n uint64) string {
	if n == 0 {
		return ""
	}
	return size(float64(n))
}

func pairsInWords(pairs map[string]string) string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		texts = append(texts, key+"="+pairs[key])
	}
	return strings.Join(texts, ", ")
}

// setups are each target's settings, options and contract.
func setups(c *Comparison) (all []pageSetup) {
	for i := range c.Rows {
		r := &c.Rows[i]
		t := pageTable{ID: fmt.Sprintf("setup-%d", i+1), Words: true, Head: []string{"", "Value"}}
		t.Caption = "Settings, options and contract of " + nameOnPage(r.Name)
		for _, group := range []struct {
			title string
			pairs map[string]string
		}{{"Settings of the server", r.Settings}, {"Options of the driver", r.Options}, {"By contract", r.Contract}} {
			if len(group.pairs) == 0 {
				continue
			}
			t.Rows = append(t.Rows, pageRow{Name: group.title, Group: true})
			for _, key := range slices.Sorted(maps.Keys(group.pairs)) {
				value := group.pairs[key]
				if value == "" {
					value = `""`
				}
				t.Rows = append(t.Rows, pageRow{Name: nameOnPage(inWords(key)), Cells: wordCells(value)})
			}
		}
		if len(t.Rows) > 0 {
			all = append(all, pageSetup{nameOnPage(r.Name), t})
		}
	}
	return all
}

// scenarioTexts are the scenarios as they ran, each once.
func scenarioTexts(c *Comparison) (all []pair) {
	const most = 8 << 10
	var seen [][]byte
	for i, r := range c.Results {
		if len(r.Scenario) == 0 || slices.ContainsFunc(seen, func(s []byte) bool { return bytes.Equal(s, r.Scenario) }) || len(all) == mostDrawn {
			continue
		}
		seen = append(seen, r.Scenario)
		var text bytes.Buffer
		if json.Indent(&text, r.Scenario, "", "  ") != nil {
			continue
		}
		shown := text.String()
		if len(shown) > most {
			shown = shown[:most] + "\n…"
		}
		all = append(all, pair{nameOnPage(c.Rows[i].Scenario), strings.ToValidUTF8(shown, "")})
	}
	return all
}
