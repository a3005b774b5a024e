package results

import (
	"fmt"
	"math"
	"strconv"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// NewWithFailures gives the percentiles of the successes in h (nil: none), whose
// exact extremes are min and max, and of failures that are each worse than any
// success: the percentile q is the value at rank ⌈q·(n + failures)⌉, and null
// where that rank is a failure's.
func NewWithFailures(h *hdr.Histogram, min, max int64, failures uint64) WithFailures {
	w := WithFailures{Failures: failures}
	s := sample{h, min, max}
	for _, p := range []struct {
		q     float64
		value **int64
	}{{50, &w.P50}, {90, &w.P90}, {95, &w.P95}, {99, &w.P99}, {99.9, &w.P999}} {
		*p.value = s.percentile(p.q, failures)
		if *p.value == nil && w.Reason == "" {
			w.Reason = whyUnbounded(p.q, s.count(), failures)
		}
	}
	return w
}

func (s sample) percentile(q float64, failures uint64) *int64 {
	n := s.count()
	r := rank(q, n+failures)
	if n == 0 || r > n {
		return nil
	}
	v := clamp(valueAtRank(s.h, r), s.min, s.max)
	return &v
}

func whyUnbounded(q float64, successes, failures uint64) string {
	switch {
	case successes == 0 && failures == 0:
		return "nothing finished"
	case successes == 0:
		return "nothing succeeded"
	}
	return fmt.Sprintf("the %sth percentile lies among the %s %% failures",
		strconv.FormatFloat(q, 'f', -1, 64), Percent(100*float64(failures)/float64(successes+failures)))
}

// Percent writes a percentage with one digit after the point, or with two
// significant ones where it is below 1.
func Percent(p float64) string {
	switch a := math.Abs(p); {
	case a == 0:
		return "0"
	case a >= 1:
		return strconv.FormatFloat(p, 'f', 1, 64)
	}
	digits := int(math.Ceil(-math.Log10(math.Abs(p)))) + 1
	return strconv.FormatFloat(p, 'f', digits, 64)
}

// Time is the distribution that the operation's percentiles are of: response
// time in open loop, service time in closed loop; nil when nothing succeeded.
func (o *Operation) Time() *Distribution {
	if o.ResponseTime != nil {
		return o.ResponseTime
	}
	return o.ServiceTime
}

// Percentile is one of an operation's times in nanoseconds, each failure counting as
// worse than any success; Reason says why it is null.
type Percentile struct {
	Value  *int64
	Reason string
}

// Percentiles gives the percentiles qs (each 0 to 100), in their order.
func (o *Operation) Percentiles(qs ...float64) ([]Percentile, error) {
	s, err := pool([]*Distribution{o.Time()})
	if err != nil {
		return nil, err
	}
	all := make([]Percentile, len(qs))
	for i, q := range qs {
		all[i].Value = s.percentile(q, o.WithFailures.Failures)
		if all[i].Value == nil {
			all[i].Reason = whyUnbounded(q, s.count(), o.WithFailures.Failures)
		}
	}
	return all, nil
}

// Succeeded is the number of operations that succeeded.
func (o *Operation) Succeeded() uint64 {
	var failed uint64
	for _, n := range o.Errors {
		failed += n
	}
	return o.Count - min(o.Count, failed)
}
