package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/sessionbench/bench/results"
)

func TestEachLineIsARound(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var out bytes.Buffer
	if err := serve(t.Context(), strings.NewReader("20\n30\n"), &out); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(&out)
	for i := range 2 {
		var r results.Round
		if err := answers.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if all := r.Operations["all"]; all.Count == 0 || all.WithFailures.P50 == nil || len(all.Errors) > 0 {
			t.Errorf("round %d: %+v", i, all)
		}
	}
	if err := serve(t.Context(), strings.NewReader("soon\n"), &out); err == nil {
		t.Error("a line that is no number is taken")
	}
}
