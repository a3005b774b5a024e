package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sessionbench/bench/results"
)

// Finding is one thing worth knowing about one or more of the rows.
type Finding struct {
	Level   Level    `json:"level"`
	Kind    string   `json:"kind"`    // errors, violations, dead_cookie, …
	Targets []string `json:"targets"` // the rows' names; empty: all of them
	Text    string   `json:"text"`    // one line in plain words
}

// Level is how grave a finding is.
type Level string

// The levels, gravest first.
const (
	Problem Level = "problem" // the store failed
	Warning Level = "warning" // the figures mean less than they seem to
	Note    Level = "note"    // explains a figure
)

// finder finds something in one result; no text is no finding.
type finder struct {
	level Level
	kind  string
	find  func(r *results.Result) string
}

var finders = []finder{
	{Problem, "nothing", func(r *results.Result) string {
		if all := r.Summary.Operations["all"]; all == nil || all.Succeeded() == 0 {
			return "nothing succeeded"
		}
		return ""
	}},
	{Problem, "violations", func(r *results.Result) string { return violationsInWords(&r.Summary) }},
	{Problem, "errors", errorsInWords},
	{Problem, "outage", outagesInWords},
	{Problem, "objectives", func(r *results.Result) string { return missedObjectives(r, false) }},
	{Problem, "overloaded", func(r *results.Result) string {
		return because(r.Summary.Load.Overloaded, "overloaded: it took less than was offered, and the response times grow with the length of the run", r.Summary.Load.OverloadedReason)
	}},
	{Warning, "interrupted", func(r *results.Result) string {
		if !r.Interrupted {
			return ""
		}
		return fmt.Sprintf("interrupted: the figures are of %s", seconds(r.Summary.DurationSeconds))
	}},
	{Warning, "overloaded_phase", overloadsInWords},
	{Warning, "clock", clockInWords},
	{Warning, "client_saturated", func(r *results.Result) string {
		return because(r.Summary.Harness.ClientSaturated, "bench itself was the limit, not the store", r.Summary.Harness.SaturatedReason)
	}},
	{Warning, "busy_machine", busyMachine},
	{Warning, "unsteady", unsteady},
	{Warning, "foreign_calls", func(r *results.Result) string {
		if s := r.Summary.ServerCalls; s != nil && s.ForeignCalls != nil && *s.ForeignCalls > foreignTolerated(s.Ours) {
			return fmt.Sprintf("somebody else used the server: it counted %s more than bench sent", plural(uint64(*s.ForeignCalls), "call"))
		}
		return ""
	}},
	{Warning, "file_descriptors", nearTheLimit},
	{Note, "advice", func(r *results.Result) string { return missedObjectives(r, true) }},
	{Note, "races", racesInWords},
	{Note, "dead_cookie", deadCookie},
	{Note, "login", loginCost},
	{Note, "connections", singleConnection},
	{Note, "expired_present", expiredPresent},
	{Note, "unavailable", notMeasured},
}

// findings lists what is found in each result, gravest first; rows with the same
// finding share one.
func findings(rs []*results.Result, names []string) []Finding {
	fs := []Finding{}
	for _, look := range finders {
		for i, r := range rs {
			text := look.find(r)
			if text == "" {
				continue
			}
			same := slices.IndexFunc(fs, func(f Finding) bool { return f.Kind == look.kind && f.Text == text })
			if same >= 0 {
				fs[same].Targets = append(fs[same].Targets, names[i])
				continue
			}
			fs = append(fs, Finding{look.level, look.kind, []string{names[i]}, text})
		}
	}
	if text := durabilityInWords(rs, names); text != "" {
		fs = append(fs, Finding{Note, "durability", []string{}, text})
	}
	order := []Level{Problem, Warning, Note}
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Compare(slices.Index(order, a.Level), slices.Index(order, b.Level))
	})
	return fs
}

// because adds the reason to what is said when it holds.
func because(holds bool, said, reason string) string {
	switch {
	case !holds:
		return ""
	case reason == "":
		return said
	}
	return said + " (" + reason + ")"
}

// counted is a number with its noun.
type counted struct {
	n      uint64
	phrase string
}

// sentence lists what there is any of, with "session" counted once.
func sentence(items ...counted) string {
	var parts []string
	for _, item := range items {
		if item.n > 0 {
			parts = append(parts, plural(item.n, "session")+" "+item.phrase)
		}
	}
	return strings.Join(parts, ", ")
}

func violationsInWords(f *results.Figures) string {
	during, after := promisesInWords(f.Violations), promisesInWords(f.Verify.Violations)
	if after != "" {
		after = fmt.Sprintf("reading back %s: %s", grouped(f.Verify.Checked), after)
	}
	return strings.Join(filled(during, after), "; ")
}

func promisesInWords(v results.Violations) string {
	return sentence(
		counted{v.Lost, "lost"}, counted{v.Stale, "stale"}, counted{v.Resurrected, "resurrected"},
		counted{v.ExpiredEarly, "expired early"}, counted{v.ExpiredLate, "expired late"},
		counted{v.Fixation, "readable under the old id after login"}, counted{v.Swapped, "with another's value"},
	)
}

func racesInWords(r *results.Result) string {
	races := r.Summary.Races
	var parts []string
	if races.LostUpdates > 0 {
		parts = append(parts, plural(races.LostUpdates, "update")+" lost")
	}
	if races.Revived > 0 {
		parts = append(parts, plural(races.Revived, "session")+" revived after logout")
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + " by overlapping requests, as whole-session overwrite predicts"
}

func errorsInWords(r *results.Result) string {
	all := r.Summary.Operations["all"]
	if all == nil || all.WithFailures.Failures == 0 {
		return ""
	}
	failures := all.WithFailures.Failures
	done := all.Succeeded() + failures
	classes := slices.SortedFunc(maps.Keys(all.Errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(all.Errors[b], all.Errors[a]), cmp.Compare(a, b))
	})
	var parts []string
	var failed uint64
	for _, class := range classes {
		n := all.Errors[class]
		failed += n
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%s %s", grouped(n), strings.ReplaceAll(class, "_", " "))
		if text := r.Summary.ErrorTexts[class]; text != "" {
			part += fmt.Sprintf(" (such as: %s)", text)
		}
		parts = append(parts, part)
	}
	if unsent := failures - min(failures, failed); unsent > 0 {
		parts = append(parts, grouped(unsent)+" never sent")
	}
	return fmt.Sprintf("%s of %s failed (%s): %s", grouped(failures), plural(done, "operation"),
		percent(100*float64(failures)/float64(done)), strings.Join(parts, ", "))
}

// missedObjectives lists those that fail a run, or else the advisory ones.
func missedObjectives(r *results.Result, advisory bool) string {
	var missed []string
	for _, o := range r.Objectives {
		if !o.OK && o.Advisory == advisory {
			missed = append(missed, missedInWords(o))
		}
	}
	return strings.Join(missed, "; ")
}

func missedInWords(o results.Objective) string {
	if o.Advisory {
		return fmt.Sprintf("the scenario's own objective %s=%s is missed: %s", o.Metric, o.Limit, o.Reason)
	}
	return fmt.Sprintf("objective %s=%s missed: %s", o.Metric, o.Limit, o.Reason)
}

func unsteady(r *results.Result) string {
	drifted, worst := 0, 0.0
	for _, round := range r.Rounds {
		if round.Steady != nil && !round.Steady.OK {
			drifted++
			if math.Abs(round.Steady.DriftPercent) > math.Abs(worst) {
				worst = round.Steady.DriftPercent
			}
		}
	}
	if drifted == 0 {
		return ""
	}
	return fmt.Sprintf("not steady: the throughput drifted within %d of %s, at most by %s",
		drifted, plural(uint64(len(r.Rounds)), "round"), signed(worst))
}

func signed(p float64) string {
	if p < 0 {
		return "−" + percent(-p)
	}
	return "+" + percent(p)
}

// foreignTolerated is how many calls more than ours a server may count before it
// is worth a word: its own housekeeping counts too where it can't be told apart
// (PostgreSQL's autovacuum).
func foreignTolerated(ours map[string]int64) int64 {
	sent := int64(0)
	for _, n := range ours {
		sent += n
	}
	return sent / 1000
}

// busyMachine speaks when other programs took a good part of the processors: what
// was measured then is not what a quiet machine would show. A server whose use
// can't be read may be the other program.
func busyMachine(r *results.Result) string {
	const tolerable = 25 // percent of the machine
	f := &r.Summary
	client, server := f.Resources.Client, f.Resources.Server
	if f.Harness.IdlePercent == nil || client == nil || r.Host.Cores == 0 || f.DurationSeconds == 0 {
		return ""
	}
	used := client.CPUSeconds
	switch {
	case server != nil:
		used += server.CPUSeconds
	case r.Target.Network != "in process":
		return ""
	}
	others := 100 - *f.Harness.IdlePercent - 100*used/(f.DurationSeconds*float64(r.Host.Cores))
	if others < tolerable {
		return ""
	}
	return fmt.Sprintf("other programs took about %.0f %% of this machine's processors meanwhile", others)
}

// nearTheLimit warns from four fifths of the limit of open files on.
func nearTheLimit(r *results.Result) string {
	var parts []string
	for _, side := range []struct {
		name string
		fds  *results.Descriptors
	}{{"client", r.Summary.FileDescriptors.Client}, {"server", r.Summary.FileDescriptors.Server}} {
		if d := side.fds; d != nil && d.Limit != nil && *d.Limit > 0 && float64(d.Peak) >= .8*float64(*d.Limit) {
			parts = append(parts, fmt.Sprintf("the %s had %s of %s file descriptors open", side.name, grouped(uint64(d.Peak)), grouped(*d.Limit)))
		}
	}
	return strings.Join(parts, ", ")
}

// p50 is the median of an operation, failures counted, or 0.
func p50(r *results.Result, operation string) float64 {
	o := r.Summary.Operations[operation]
	if o == nil || o.WithFailures.P50 == nil {
		return 0
	}
	return float64(*o.WithFailures.P50)
}

// deadCookie speaks when a request with a dead cookie takes five times as long
// as a read that finds its session and extends it.
func deadCookie(r *results.Result) string {
	dead, read := p50(r, "anonymous"), p50(r, "read")
	if read == 0 || dead < 5*read {
		return ""
	}
	text := fmt.Sprintf("a dead cookie costs %s, %s times a read", duration(dead), digits(dead/read))
	return because(true, text, missDelay(r.Target.Contract))
}

// missDelay explains a slow miss from the store's contract, in which the delay
// is a length of time, 0 where there is none.
func missDelay(contract map[string]string) string {
	if d, err := time.ParseDuration(contract["miss_delay"]); err != nil || d == 0 {
		return ""
	}
	return contract["missing sessions"]
}

// loginCost counts a login's calls as express-session makes them: destroy the
// old id, then set the new one once or twice (expressjs/session#935).
func loginCost(r *results.Result) string {
	var scenario struct {
		Middleware struct {
			LoginSaves int `json:"login_saves"`
		}
	}
	login := r.Summary.Operations["login"]
	if json.Unmarshal(r.Scenario, &scenario) != nil || scenario.Middleware.LoginSaves == 0 || login == nil || login.Count == 0 {
		return ""
	}
	return fmt.Sprintf("a login is %d calls (destroy%s)",
		1+scenario.Middleware.LoginSaves, strings.Repeat(", set", scenario.Middleware.LoginSaves))
}

// singleConnection speaks when the store's contract says that one connection
// carries everything.
func singleConnection(r *results.Result) string {
	contract := r.Target.Contract
	if contract["max_connections"] != "1" {
		return ""
	}
	return because(true, "one connection carries all calls", strings.TrimPrefix(contract["connections"], "one; "))
}

// expiredPresent speaks when expired sessions take storage that matters beside
// what the live ones take.
func expiredPresent(r *results.Result) string {
	var scenario struct{ Sessions int64 }
	s := r.Summary.Storage
	if s == nil || s.ExpiredPresent == nil || json.Unmarshal(r.Scenario, &scenario) != nil || *s.ExpiredPresent*10 < max(scenario.Sessions, 1) {
		return ""
	}
	text := fmt.Sprintf("%s still take storage at the end", plural(uint64(*s.ExpiredPresent), "expired session"))
	return because(true, text, prefixed("purge: ", r.Target.Contract["purge"]))
}

// notMeasured lists the figures that are null, by reason.
func notMeasured(r *results.Result) string {
	byReason := map[string][]string{}
	missing := []map[string]string{r.Target.Unavailable}
	for _, round := range r.Rounds {
		missing = append(missing, round.Unavailable)
	}
	for _, reasons := range missing {
		for figure, reason := range reasons {
			if reason == results.WithTheLastUnit {
				continue
			}
			figure = figureInWords(figure)
			if !slices.Contains(byReason[reason], figure) {
				byReason[reason] = append(byReason[reason], figure)
			}
		}
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		slices.Sort(byReason[reason])
		parts = append(parts, fmt.Sprintf("%s (%s)", strings.Join(byReason[reason], ", "), reason))
	}
	if len(parts) == 0 {
		return ""
	}
	return "not measured: " + strings.Join(parts, "; ")
}

// figureInWords turns file_descriptors.server into "server's file descriptors".
func figureInWords(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	for _, side := range []string{"client", "server"} {
		if figure, ok := strings.CutSuffix(words, "."+side); ok {
			return side + "'s " + figure
		}
	}
	if figure, ok := strings.CutPrefix(words, "storage series"); ok {
		return cmp.Or(strings.TrimPrefix(figure, "."), "storage") + " over time"
	}
	return words
}

// durabilityInWords says what a crash takes, unless it takes nothing from any.
func durabilityInWords(rs []*results.Result, names []string) string {
	rows := map[string][]string{}
	for i, r := range rs {
		rows[r.Target.Durability] = append(rows[r.Target.Durability], names[i])
	}
	var parts []string
	for _, d := range []struct{ durability, loses string }{
		{"none", "everything"}, {"seconds", "the last seconds"}, {"commit", "nothing that was acknowledged"},
	} {
		if who := rows[d.durability]; len(who) > 0 {
			parts = append(parts, enumerate(who)+" "+plain(len(who), "loses", "lose")+" "+d.loses)
		}
	}
	if len(rows["none"])+len(rows["seconds"]) == 0 {
		return ""
	}
	return "in a crash, as configured: " + strings.Join(parts, "; ")
}

func plain(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
