package results

import (
	"encoding/base64"
	"fmt"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// HighestTrackable is the longest time that a histogram tells apart: an hour, in
// nanoseconds. Longer ones are recorded as an hour.
const HighestTrackable = int64(3600e9)

// SignificantDigits is the histograms' precision.
const SignificantDigits = 3

// NewHistogram makes a histogram of the shape that results hold.
func NewHistogram() *hdr.Histogram { return hdr.New(1, HighestTrackable, SignificantDigits) }

// Distribution is a distribution of times in nanoseconds. Min and Max are exact,
// the percentiles right to three digits; Histogram is the base64 of
// HdrHistogram's V2 compressed encoding.
type Distribution struct {
	Unit      string  `json:"unit"`
	Min       int64   `json:"min"`
	Mean      float64 `json:"mean"`
	P50       int64   `json:"p50"`
	P90       int64   `json:"p90"`
	P95       int64   `json:"p95"`
	P99       int64   `json:"p99"`
	P999      int64   `json:"p99_9"`
	P9999     int64   `json:"p99_99"`
	Max       int64   `json:"max"`
	Histogram string  `json:"histogram"`
}

// NewDistribution describes a histogram with its exact extremes, and is nil for
// an empty one.
func NewDistribution(h *hdr.Histogram, min, max int64) (*Distribution, error) {
	if h == nil || h.TotalCount() == 0 {
		return nil, nil
	}
	encoded, err := h.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	at := func(q float64) int64 { return clamp(h.ValueAtPercentile(q), min, max) }
	return &Distribution{
		Unit: "ns", Min: min, Mean: h.Mean(),
		P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), P9999: at(99.99),
		Max: max, Histogram: string(encoded),
	}, nil
}

// Decode gives the histogram back.
func (d *Distribution) Decode() (*hdr.Histogram, error) {
	if _, err := base64.StdEncoding.DecodeString(d.Histogram); err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	h, err := hdr.Decode([]byte(d.Histogram))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return h, nil
}

func clamp(v, low, high int64) int64 { return max(low, min(v, high)) }
