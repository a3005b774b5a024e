package report

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/scenarios"
)

// mostUnits is what a budget of ten minutes buys: who needs more needs a quieter
// machine.
const mostUnits = 600

// remedy is the command that would decide: a live gate, with the budget that the open
// lines need.
func (g *gateCase) remedy(v *GateVerdict) string {
	words := []string{"bench", "gate", "--baseline=" + targetOf(g.a), targetOf(g.b)}
	if name := g.b.ScenarioName(); name != "" {
		words = append(words, "--scenario="+name)
	}
	words = append(words, trafficFlags(g.b)...)
	words = append(words, clientFlag(g.a, g.b)...)
	if len(g.overloads) > 0 {
		words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--rate=") })
		words = append(words, "--rate="+carriedBy(g.a, g.b))
	}
	if budget := v.budget(); budget > 0 {
		words = append(words, fmt.Sprintf("--budget=%ds", budget))
	}
	return command(words)
}

// command is one as a shell takes it.
func command(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return strings.Join(quoted, " ")
}

// clientFlag is the flag for a client mode that all had and no target's text tells.
func clientFlag(all ...*results.Result) []string {
	client := all[0].Target.Client
	if client == "" || client == "express" {
		return nil
	}
	for _, r := range all {
		if r.Target.Client != client || strings.Contains(r.Target.Text, "client=") {
			return nil
		}
	}
	return []string{"--client=" + client}
}

// trafficFlags are what the run's flags made of a built-in scenario's traffic.
func trafficFlags(r *results.Result) []string {
	var ran scenarios.Scenario
	if json.Unmarshal(r.Scenario, &ran) != nil {
		return nil
	}
	return ran.Flags()
}

func targetOf(r *results.Result) string {
	if r.Target.Text != "" {
		return r.Target.Text
	}
	return r.Target.Store
}

// budget is how many seconds the open lines need, with a twentieth for what isn't
// measured; 0: nobody knows, and the default is as good.
func (v *GateVerdict) budget() int {
	if v.Grade != GradePaired {
		return 0
	}
	most := 0
	for _, m := range v.Metrics {
		if m.Waits && m.UnitsNeeded != nil {
			most = max(most, min(*m.UnitsNeeded, mostUnits))
		}
	}
	return int(math.Ceil(float64(most)*math.Max(v.Units.Seconds, 1)*1.05/5)) * 5
}

// carriedBy is a rate that both carry with ease, of two digits.
func carriedBy(a, b *results.Result) string {
	least := math.Inf(1)
	for _, r := range []*results.Result{a, b} {
		for i := range r.Rounds {
			if all := r.Rounds[i].Operations["all"]; all != nil {
				least = min(least, all.ThroughputPerSecond)
			}
		}
	}
	const easily = .7
	text := strconv.FormatFloat(easily*least, 'e', 1, 64)
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(rate, 0) || rate < 1 {
		return "1/s"
	}
	return strconv.FormatFloat(rate, 'f', 0, 64) + "/s"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// shellWord quotes a word that a shell would take apart.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(oneLine(word), "'", `'\''`) + "'"
}
