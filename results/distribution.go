package results

import (
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

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
// an empty one. The percentile q is the value at rank ⌈q·n⌉, the rule of
// WithFailures too, so that both agree where nothing failed.
func NewDistribution(h *hdr.Histogram, min, max int64) (*Distribution, error) {
	if h == nil || h.TotalCount() == 0 {
		return nil, nil
	}
	encoded, err := h.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	at := func(q float64) int64 { return percentile(h, min, max, q) }
	return &Distribution{
		Unit: "ns", Min: min, Mean: clamp(h.Mean(), float64(min), float64(max)),
		P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), P9999: at(99.99),
		Max: max, Histogram: string(encoded),
	}, nil
}

// Percentile gives the percentile q (0 to 100) in nanoseconds, from the
// histogram.
func (d *Distribution) Percentile(q float64) (int64, error) {
	h, err := d.Decode()
	if err != nil {
		return 0, err
	}
	return percentile(h, d.Min, d.Max, q), nil
}

func percentile(h *hdr.Histogram, min, max int64, q float64) int64 {
	return clamp(valueAtRank(h, rank(q, uint64(h.TotalCount()))), min, max)
}

// rank is that of the percentile q among n sorted values, counted from 1. The
// factor takes off what the product may have gained in rounding, which would
// lift an exact 99 to 100.
func rank(q float64, n uint64) uint64 {
	r := math.Ceil(q * float64(n) / 100 * (1 - 1e-15))
	return uint64(clamp(r, 1, float64(n)))
}

// valueAtRank is the value that rank values are at most as large as. The library
// knows percentiles only; it rounds p·n to the nearest rank, so that this p hits
// the wanted one.
func valueAtRank(h *hdr.Histogram, rank uint64) int64 {
	return h.ValueAtPercentile(100 * float64(rank) / float64(h.TotalCount()))
}

// mostDigits bounds the memory that a histogram read from a file may ask for:
// with five digits it can be 50 MB, with four it is 7 MB.
const mostDigits = 4

// Decode gives the histogram back. It takes every range that HdrHistogram's V2
// encoding can state, with one to four significant digits, and fails on what is
// garbled, empty or does not fit.
func (d *Distribution) Decode() (*hdr.Histogram, error) {
	if d.Min < 0 || d.Max < d.Min {
		return nil, fmt.Errorf("min %d and max %d are no range of times", d.Min, d.Max)
	}
	if err := checkPrecision(d.Histogram); err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	h, err := hdr.Decode([]byte(d.Histogram))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if h.TotalCount() == 0 {
		return nil, errors.New("histogram: it is empty")
	}
	return h, nil
}

// Offsets in HdrHistogram's V2 encoding: the compressed form has a cookie and a
// length, then zlib data; that inflates to a header of 40 bytes whose significant
// digits stand at 12.
const (
	compressedHeader = 8
	digitsOffset     = 12
)

// checkPrecision reads the significant digits ahead of the library, which
// allocates whatever the header asks for.
func checkPrecision(encoded string) error {
	raw := base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded))
	if _, err := io.CopyN(io.Discard, raw, compressedHeader); err != nil {
		return fmt.Errorf("not base64 of HdrHistogram's V2 encoding: %w", err)
	}
	inflated, err := zlib.NewReader(raw)
	if err != nil {
		return fmt.Errorf("not compressed as HdrHistogram's V2 encoding is: %w", err)
	}
	defer inflated.Close()
	var header [digitsOffset + 4]byte
	if _, err := io.ReadFull(inflated, header[:]); err != nil {
		return fmt.Errorf("cut off in its header: %w", err)
	}
	if digits := int32(binary.BigEndian.Uint32(header[digitsOffset:])); digits < 1 || digits > mostDigits {
		return fmt.Errorf("it has %d significant digits: 1 to %d are read", digits, mostDigits)
	}
	return nil
}

// MergeDistributions is the distribution of all the values of the given ones;
// nil ones are skipped, and without any it is nil. Where the histograms' shapes
// differ, the result has the coarsest precision and the widest range of them:
// then each bucket lies whole within one of the result, and no percentile moves
// further than the coarsest histogram blurs it anyway.
func MergeDistributions(parts ...*Distribution) (*Distribution, error) {
	s, err := pool(parts)
	if err != nil {
		return nil, err
	}
	return s.distribution()
}

// sample is a histogram with its exact extremes; h is nil when it is empty.
type sample struct {
	h        *hdr.Histogram
	min, max int64
}

func (s sample) distribution() (*Distribution, error) { return NewDistribution(s.h, s.min, s.max) }

func (s sample) count() uint64 {
	if s.h == nil {
		return 0
	}
	return uint64(s.h.TotalCount())
}

// pool merges distributions into one sample.
func pool(parts []*Distribution) (sample, error) {
	var s sample
	var decoded []*hdr.Histogram
	for _, d := range parts {
		if d == nil {
			continue
		}
		h, err := d.Decode()
		if err != nil {
			return sample{}, err
		}
		if len(decoded) == 0 {
			s.min, s.max = d.Min, d.Max
		}
		s.min, s.max = min(s.min, d.Min), max(s.max, d.Max)
		decoded = append(decoded, h)
	}
	switch len(decoded) {
	case 0:
		return s, nil
	case 1:
		s.h = decoded[0]
		return s, nil
	}
	s.h = wideEnough(decoded)
	for _, h := range decoded {
		if dropped := s.h.Merge(h); dropped > 0 {
			return sample{}, fmt.Errorf("merge histograms: %d values do not fit", dropped)
		}
	}
	return s, nil
}

// wideEnough makes an empty histogram that takes all the given ones' values, of
// their own shape when they have the same.
func wideEnough(hs []*hdr.Histogram) *hdr.Histogram {
	low, high, digits := int64(1), int64(1), int64(mostDigits)
	for _, h := range hs {
		low = max(low, h.LowestTrackableValue())
		high = max(high, h.HighestTrackableValue())
		digits = min(digits, h.SignificantFigures())
	}
	wide := hdr.New(low, high, int(digits))
	for _, h := range hs {
		// A histogram may hold values beyond the range that it declares, up to the
		// end of its last bucket. Recording none of them tells whether they fit.
		if most := h.Max(); wide.RecordValues(most, 0) != nil {
			wide = hdr.New(low, most, int(digits))
		}
	}
	return wide
}

func clamp[T int64 | float64](v, low, high T) T { return max(low, min(v, high)) }
