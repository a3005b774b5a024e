package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/sessionbench/bench/report"
	"github.com/sessionbench/bench/results"
)

// A unit is twelve groups of four slices in ABBA or BAAB order, as bench gate has it,
// and so are the looks.
const (
	slice  = 30 * time.Millisecond
	groups = 12
)

var looks = []int{12, 18, 27, 40, 60}

// compare runs both versions until the gate is decided.
func compare(ctx context.Context, base, limit string) (v *report.GateVerdict, err error) {
	limits, err := report.ParseGateLimits([]string{limit})
	if err != nil {
		return nil, err
	}
	if base == "" {
		return nil, errors.New("-base is missing: the folder of the other version's source")
	}
	built, err := os.MkdirTemp("", "selfgate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(built)
	var both []*version
	defer func() {
		for _, version := range both {
			err = errors.Join(err, version.close())
		}
	}()
	for _, of := range []struct{ name, source string }{{"base", base}, {"change", "."}} {
		one, err := start(ctx, of.name, of.source, built)
		if err != nil {
			return nil, err
		}
		both = append(both, one)
	}
	began := time.Now()
	var rounds [2][]results.Round
	for i, look := range looks {
		for len(rounds[0]) < look {
			if err := unit(both, &rounds); err != nil {
				return nil, err
			}
		}
		v, err = report.Gate([]*results.Result{result(both[0], rounds[0], began)}, []*results.Result{result(both[1], rounds[1], began)}, report.GateOptions{
			Limits: limits, Looks: looks, Final: i == len(looks)-1, Instances: 1, Took: time.Since(began),
		})
		if err != nil || v.Decided {
			break
		}
	}
	return v, err
}

// unit adds one unit of both.
func unit(both []*version, rounds *[2][]results.Round) error {
	number := len(rounds[0])
	var parts [2][]results.Round
	for range groups {
		first := rand.IntN(2)
		for _, i := range []int{first, 1 - first, 1 - first, first} {
			part, err := both[i].slice(slice)
			if err != nil {
				return err
			}
			parts[i] = append(parts[i], part)
		}
	}
	for i := range parts {
		together, err := results.Summarize(parts[i])
		if err != nil {
			return err
		}
		rounds[i] = append(rounds[i], results.Round{Index: number, Pair: &number, StartedAt: parts[i][0].StartedAt, Figures: together})
	}
	return nil
}

// result is what the gate is given: both are of one run on one machine.
func result(v *version, rounds []results.Round, began time.Time) *results.Result {
	return &results.Result{
		Schema: results.Schema, ID: v.name, RunID: "selfgate", Label: v.name, StartedAt: began,
		Host:     results.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()},
		Target:   results.Target{Text: "empty store", Store: "memory", Backend: "embedded", Client: "express", Network: "in process"},
		Scenario: json.RawMessage(`{"name":"web"}`), Rounds: rounds,
	}
}
