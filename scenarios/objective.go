package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// Objectives are limits by metric, in the order given.
type Objectives []Objective

// Objective is one limit: a time percentile (p50, p90, p95, p99, p99.9, max) of
// the operations at most this long, a throughput of at least this many
// operations a second, or a share or number of bad ones at most this large.
type Objective struct {
	Metric string `json:"metric"`
	Limit  string `json:"limit"` // as typed: "20ms", "5000/s", "0.1%", "0"
}

// percentiles are the metrics that are times.
var percentiles = map[string]float64{"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p99.9": 99.9, "max": 100}

// Metrics lists what an objective can be about: times first, then throughput,
// then counts of bad operations. "violations" is the sum of the six after it.
var Metrics = []string{
	"p50", "p90", "p95", "p99", "p99.9", "max",
	"throughput",
	"errors", "violations", "lost", "stale", "resurrected", "expired_early", "expired_late", "fixation", "swapped", "races",
}

// BoundKind says what an objective limits, and with which field of Bound.
type BoundKind string

// The kinds of bounds.
const (
	BoundLatency    BoundKind = "latency"    // a percentile is at most Time
	BoundThroughput BoundKind = "throughput" // the throughput is at least Rate
	BoundShare      BoundKind = "share"      // bad ones over all operations are at most Share
	BoundCount      BoundKind = "count"      // bad ones are at most Count
)

// Bound is an objective's limit, read. Only the fields of its kind are set.
type Bound struct {
	Kind       BoundKind
	Percentile float64       // BoundLatency: 50 to 99.9, or 100 for max
	Time       time.Duration // BoundLatency
	Rate       Rate          // BoundThroughput
	Share      float64       // BoundShare, from 0 to 1
	Count      uint64        // BoundCount
}

const (
	latencyForm    = "a time above 0, such as 20ms"
	throughputForm = "at least a rate, such as 5000/s"
	badForm        = "a share such as 0.1% or a number such as 0"
	maxCount       = 1 << 53 // what a JSON reader keeps exact
)

// Bound reads the limit. The error says what the metric allows, without naming
// it, or lists the metrics when this one is unknown.
func (o Objective) Bound() (Bound, error) {
	percentile, isTime := percentiles[o.Metric]
	switch {
	case isTime:
		d, err := time.ParseDuration(o.Limit)
		if d > time.Duration(maxDuration) || err != nil && durationSyntax.MatchString(o.Limit) {
			return Bound{}, fmt.Errorf("%s is out of range: %s, up to 720h", quote(o.Limit), latencyForm)
		}
		if err != nil || d <= 0 {
			return Bound{}, fmt.Errorf("%s is no limit for it: %s", quote(o.Limit), latencyForm)
		}
		return Bound{Kind: BoundLatency, Percentile: percentile, Time: d}, nil
	case o.Metric == "throughput":
		r, err := ParseRate(o.Limit)
		if err != nil {
			return Bound{}, fmt.Errorf("%s is no limit for it: %s", quote(o.Limit), throughputForm)
		}
		if !(r >= minRate && r <= maxRate) {
			return Bound{}, fmt.Errorf("%s is out of range: %s", quote(o.Limit), rateRangeBounds)
		}
		return Bound{Kind: BoundThroughput, Rate: r}, nil
	case slices.Contains(Metrics, o.Metric):
		return badBound(o.Limit)
	}
	return Bound{}, fmt.Errorf("unknown metric %s%s: the metrics are %s", quote(o.Metric), drivers.DidYouMean(o.Metric, Metrics), strings.Join(Metrics, ", "))
}

func badBound(limit string) (Bound, error) {
	if percent, ok := strings.CutSuffix(limit, "%"); ok {
		n, err := parseNumber(percent, badForm)
		if err != nil || n < 0 || n > 100 {
			return Bound{}, fmt.Errorf("%s is not a share from 0%% to 100%%: %s", quote(limit), badForm)
		}
		return Bound{Kind: BoundShare, Share: n / 100}, nil
	}
	n, err := strconv.ParseUint(limit, 10, 64)
	if err != nil || n > maxCount || !wholeSyntax.MatchString(limit) {
		return Bound{}, fmt.Errorf("%s is no limit for it: %s", quote(limit), badForm)
	}
	return Bound{Kind: BoundCount, Count: n}, nil
}

// ParseObjective reads the form of the flag: "p99=20ms", "errors=0.1%".
func ParseObjective(text string) (Objective, error) {
	metric, limit, ok := strings.Cut(text, "=")
	if !ok {
		return Objective{}, fmt.Errorf("%s is not METRIC=LIMIT: such as p99=20ms, throughput=5000/s, errors=0.1%% or lost=0", quote(text))
	}
	o := Objective{metric, limit}
	if _, err := o.Bound(); err != nil {
		if slices.Contains(Metrics, metric) {
			return Objective{}, fmt.Errorf("%s: %w", metric, err)
		}
		return Objective{}, err
	}
	return o, nil
}

// String is the form of the flag.
func (o Objective) String() string { return o.Metric + "=" + o.Limit }

// With returns the objectives with o in the place of the one of its metric, or
// at the end.
func (os Objectives) With(o Objective) Objectives {
	out := slices.Clone(os)
	for i := range out {
		if out[i].Metric == o.Metric {
			out[i] = o
			return out
		}
	}
	return append(out, o)
}

func (os Objectives) check(field string) error {
	seen := map[string]bool{}
	for _, o := range os {
		if seen[o.Metric] {
			return wrong(join(field, o.Metric), "is given twice: one limit a metric")
		}
		seen[o.Metric] = true
		if _, err := o.Bound(); err != nil {
			if !slices.Contains(Metrics, o.Metric) {
				return wrong(field, "%w", err)
			}
			return wrong(join(field, o.Metric), "%w", err)
		}
	}
	return nil
}

// MarshalJSON gives an object in the order of the objectives.
func (os Objectives) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, o := range os {
		metric, err := json.Marshal(o.Metric)
		if err != nil {
			return nil, err
		}
		limit, err := json.Marshal(o.Limit)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, metric...), ':'), limit...)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and keeps the order.
func (os *Objectives) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return fmt.Errorf("objectives: %s is not an object of limits by metric", quote(string(data)))
	}
	*os = nil
	for d.More() {
		metric, err := d.Token()
		if err != nil {
			return fmt.Errorf("objectives: %w", err)
		}
		var o Objective
		o.Metric, _ = metric.(string) // an object's key is a string
		if err := d.Decode(&o.Limit); err != nil {
			return fmt.Errorf("objectives: %s: %w", quote(o.Metric), err)
		}
		*os = append(*os, o)
	}
	return nil
}
