package cli

import (
	"fmt"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sessionbench/bench/results"
	"github.com/sessionbench/bench/results/resultstest"
)

// makers make results of which no run of a script leaves one.
var makers = map[string]func() *results.Result{
	"plain": func() *results.Result { return resultstest.Build(resultstest.Spec{Rounds: 2}) },
	"no-rounds": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Label: "no rounds"})
		r.Rounds, r.Interrupted = []results.Round{}, true
		resultstest.Summarize(r)
		return r
	},
	"nulls": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Label: "nulls", Unread: true})
		f := &r.Rounds[0].Figures
		f.FileDescriptors, f.Resources, f.Storage, f.ServerCalls = results.FileDescriptors{}, results.Resources{}, nil, nil
		f.Harness = results.Harness{}
		r.Rounds[0].Pair, r.Rounds[0].Steady = nil, nil
		r.Host = results.Host{}
		resultstest.Summarize(r)
		return r
	},
	"nothing-ran": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Label: "nothing ran"})
		for name := range r.Rounds[0].Operations {
			r.Rounds[0].Operations[name] = &results.Operation{WithFailures: results.WithFailures{Reason: "nothing finished"}}
		}
		r.Rounds[0].Calls = map[string]*results.Call{}
		resultstest.Summarize(r)
		return r
	},
	"dead": func() *results.Result {
		return resultstest.Build(resultstest.Spec{Label: "dead", Errors: map[string]float64{"refused": 1}})
	},
	"broken": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Label: "broken"})
		r.Rounds[0].Violations.Lost = 3
		resultstest.Summarize(r)
		return r
	},
	"interrupted": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Label: "interrupted", Open: true})
		r.Interrupted = true
		return r
	},
	"hostile": func() *results.Result {
		label := "<script>alert(1)</script>\n\x1b[31m, \u202egnp ]]> | `"
		r := resultstest.Build(resultstest.Spec{Label: label, Errors: map[string]float64{"other": .5}})
		r.Host.Name, r.Host.CPUModel, r.Target.Text = label, label, label
		r.Summary.ErrorTexts = map[string]string{"other": label}
		return r
	},
	"gate-before": func() *results.Result { return units("7.4", 0) },
	"gate-after":  func() *results.Result { return units("8", 0) },
	"gate-slower": func() *results.Result { return units("slower", .3) },
	"gate-lost": func() *results.Result {
		r := units("lost", 0)
		r.Rounds[3].Violations.Lost = 2
		resultstest.Summarize(r)
		return r
	},
	"gate-overloaded": func() *results.Result {
		r := units("overloaded", 2)
		for i := range r.Rounds {
			r.Rounds[i].Load.Overloaded, r.Rounds[i].Load.OverloadedReason = true, "1000/s offered, 600/s taken"
		}
		resultstest.Summarize(r)
		return r
	},
	"gate-another-run": func() *results.Result { return resultstest.Build(resultstest.Spec{Run: "run-2"}) },
	"gate-native":      func() *results.Result { return resultstest.Build(resultstest.Spec{Run: "run-3", Client: "native"}) },
	"gate-busier": func() *results.Result {
		return resultstest.Build(resultstest.Spec{Run: "run-4", Scenario: resultstest.Scenario("web", 8)})
	},
	"gate-bridge": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Run: "run-5"})
		r.Target.Network = "bridge"
		return r
	},
	"gate-elsewhere": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Run: "run-6"})
		r.Host.Name = "shop-2"
		return r
	},
	"gate-elsewhere-lost": func() *results.Result {
		r := resultstest.Build(resultstest.Spec{Run: "run-7"})
		r.Host.Name = "shop-2"
		r.Rounds[0].Violations.Lost = 1
		resultstest.Summarize(r)
		return r
	},
}

// result KIND FILE… writes results of a kind, which differ in their ids only.
func resultOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || makers[args[0]] == nil {
		ts.Fatalf("usage: result KIND FILE…")
	}
	for i, path := range args[1:] {
		r := makers[args[0]]()
		r.ID = fmt.Sprintf("%s-%d", args[0], i+1)
		ts.Check(results.SaveAs(ts.MkAbs(path), r))
	}
}
