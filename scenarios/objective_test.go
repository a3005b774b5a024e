package scenarios

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestObjectiveBoundIsTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Bound{
		"p50=1ms":           {Kind: BoundLatency, Percentile: 50, Time: time.Millisecond},
		"p99.9=1.5s":        {Kind: BoundLatency, Percentile: 99.9, Time: 1500 * time.Millisecond},
		"max=1h":            {Kind: BoundLatency, Percentile: 100, Time: time.Hour},
		"throughput=5000/s": {Kind: BoundThroughput, Rate: 5000},
		"errors=0.1%":       {Kind: BoundShare, Share: 0.001},
		"errors=100%":       {Kind: BoundShare, Share: 1},
		"errors=0":          {Kind: BoundCount, Count: 0},
		"violations=3":      {Kind: BoundCount, Count: 3},
		"races=2.5%":        {Kind: BoundShare, Share: 0.025},
		"lost=0%":           {Kind: BoundShare, Share: 0},
	} {
		o, err := ParseObjective(text)
		if err != nil || o.String() != text {
			t.Errorf("ParseObjective(%q) = %v, %v", text, o, err)
			continue
		}
		if got, err := o.Bound(); err != nil || got != want {
			t.Errorf("%s: Bound() = %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestEveryMetricTakesALimitOfItsKindAndNoOther(t *testing.T) {
	t.Parallel()
	limits := map[BoundKind]string{BoundLatency: "20ms", BoundThroughput: "5/s", BoundShare: "0.1%", BoundCount: "7"}
	for _, metric := range Metrics {
		var kinds []BoundKind
		for _, kind := range []BoundKind{BoundLatency, BoundThroughput, BoundShare, BoundCount} {
			bound, err := Objective{metric, limits[kind]}.Bound()
			if err == nil && bound.Kind != kind {
				t.Errorf("%s=%s is read as a %s", metric, limits[kind], bound.Kind)
			}
			if err == nil {
				kinds = append(kinds, kind)
			}
		}
		want := []BoundKind{BoundShare, BoundCount}
		if metric == "throughput" {
			want = []BoundKind{BoundThroughput}
		} else if percentiles[metric] != 0 {
			want = []BoundKind{BoundLatency}
		}
		if !reflect.DeepEqual(kinds, want) {
			t.Errorf("%s takes %v, want %v", metric, kinds, want)
		}
	}
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []Objective{
		{"p99", ""}, {"p99", "-5ms"}, {"p99", "0"}, {"p99", "721h"}, {"p99", "9999999999h"}, {"p99", "NaN"},
		{"throughput", "0/s"}, {"throughput", "10000001/s"}, {"throughput", "5/s..6/s"},
		{"errors", "-1"}, {"errors", "+1"}, {"errors", "-0.1%"}, {"errors", "100.1%"}, {"errors", "%"}, {"errors", "NaN%"},
		{"errors", "1e3"}, {"errors", "007"}, {"errors", "18446744073709551616"}, {"errors", "9007199254740993"},
		{"", "0"}, {"P99", "20ms"},
	} {
		if bound, err := o.Bound(); err == nil {
			t.Errorf("%s is read as %+v, want an error", o, bound)
		}
	}
}

func TestObjectivesWithReplacesInPlaceOrAppends(t *testing.T) {
	t.Parallel()
	before := Objectives{{"p99", "20ms"}, {"lost", "0"}}
	if got, want := before.With(Objective{"p99", "5ms"}), (Objectives{{"p99", "5ms"}, {"lost", "0"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := before.With(Objective{"max", "1s"}), (Objectives{{"p99", "20ms"}, {"lost", "0"}, {"max", "1s"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if before[0].Limit != "20ms" || len(before) != 2 {
		t.Errorf("With changed its receiver: %v", before)
	}
}

func TestObjectivesKeepTheirOrderInJSON(t *testing.T) {
	t.Parallel()
	os := Objectives{{"p99", "20ms"}, {"errors", "0.1%"}, {"lost", "0"}, {"expired_early", "1"}}
	data, err := json.Marshal(os)
	if want := `{"p99":"20ms","errors":"0.1%","lost":"0","expired_early":"1"}`; err != nil || string(data) != want {
		t.Fatalf("json.Marshal = %s, %v; want %s", data, err, want)
	}
	var again Objectives
	if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, os) {
		t.Errorf("json.Unmarshal = %v, %v; want %v", again, err, os)
	}
}
