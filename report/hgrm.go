package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/bits"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/sessionbench/bench/results"
)

// writeHgrm writes the times of all operations that succeeded, in milliseconds,
// as HdrHistogram's percentile distribution: a block a result, with a comment
// that names it and says what is not in it.
//
// Columns, rows and footer are those of the Java original's
// outputPercentileDistribution with its five ticks, but that milliseconds have
// six digits: with three, a store in this process has none left. HdrHistogram-go's
// PercentilesPrint cuts percentiles off at six digits.
func writeHgrm(w io.Writer, c *Comparison, _ Style) error {
	out := bufio.NewWriter(w)
	for i, r := range c.Results {
		if i > 0 {
			fmt.Fprintln(out)
		}
		all := r.Summary.Operations["all"]
		if all == nil {
			all = &results.Operation{}
		}
		fmt.Fprintf(out, "#[%s: %s of all operations, ms; %s not in it]\n",
			cut(oneLine(c.Rows[i].Name), lineWidth), c.Rows[i].Time, notIn(all.WithFailures.Failures))
		if all.Time() == nil {
			fmt.Fprintln(out, "#[nothing succeeded]")
			continue
		}
		h, err := all.Time().Decode()
		if err != nil {
			return fmt.Errorf("%s: %w", c.Rows[i].Name, err)
		}
		percentileDistribution(out, h)
	}
	return out.Flush()
}

func notIn(failures uint64) string {
	if failures == 1 {
		return "1 failed or was never sent and is"
	}
	return grouped(failures) + " failed or were never sent and are"
}

// percentileDistribution writes a histogram of nanoseconds.
func percentileDistribution(out *bufio.Writer, h *hdr.Histogram) {
	const ticks, millisecond = 5, 1e6
	fmt.Fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")
	for _, b := range h.CumulativeDistributionWithTicks(ticks) {
		line := fmt.Sprintf("%12.6f %2.12f %10d", float64(b.ValueAt)/millisecond, b.Quantile/100, b.Count)
		if b.Quantile < 100 {
			line += fmt.Sprintf(" %14.2f", 1/(1-b.Quantile/100))
		}
		fmt.Fprintln(out, line)
	}
	buckets, subBuckets := layoutOf(h)
	fmt.Fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", h.Mean()/millisecond, h.StdDev()/millisecond)
	fmt.Fprintf(out, "#[Max     = %12.6f, Total count    = %12d]\n", float64(h.Max())/millisecond, h.TotalCount())
	fmt.Fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", buckets, subBuckets)
}

// layoutOf is how many buckets a histogram has, and how many parts each: parts for
// twice the values that its digits tell apart, rounded up to a power of two, and
// buckets, each twice as wide as the last, up to its highest value.
func layoutOf(h *hdr.Histogram) (buckets, parts int) {
	apart := 2 * math.Pow10(int(h.SignificantFigures()))
	parts = 1 << bits.Len64(uint64(apart)-1)
	lowest := bits.Len64(uint64(max(1, h.LowestTrackableValue()))) - 1
	for end := int64(parts) << lowest; ; end <<= 1 {
		buckets++
		if end > h.HighestTrackableValue() {
			return buckets, parts
		}
		if end > math.MaxInt64/2 {
			return buckets + 1, parts
		}
	}
}
