package results

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

func histogramOf(t testing.TB, values ...int64) *hdr.Histogram {
	t.Helper()
	h := NewHistogram()
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func distributionOf(t testing.TB, values ...int64) *Distribution {
	t.Helper()
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	d, err := NewDistribution(histogramOf(t, values...), least, most)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inflate gives the payload of a compressed V2 encoding.
func inflate(t *testing.T, encoded string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(raw[8:]))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestEncodingHasNoNormalizingOffset(t *testing.T) {
	t.Parallel()
	payload := inflate(t, distributionOf(t, 1, 212_000, 3600e9).Histogram)
	if offset := binary.BigEndian.Uint32(payload[8:12]); offset != 0 {
		t.Errorf("bytes 8 to 11 are %d: other readers would shift every value", offset)
	}
	if cookie := binary.BigEndian.Uint32(payload); cookie&^0xf0 != 0x1c849303 {
		t.Errorf("the cookie is %x", cookie)
	}
}

func TestDecodeGivesTheHistogramBack(t *testing.T) {
	t.Parallel()
	values := []int64{0, 1, 999, 1000, 212_345, 5_000_000, 3600e9}
	d := distributionOf(t, values...)
	h, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if !h.Equals(histogramOf(t, values...)) {
		t.Error("the histogram is another one")
	}
	if d.Min != 0 || d.Max != 3600e9 {
		t.Errorf("min %d, max %d", d.Min, d.Max)
	}
}

// testdata/java.histogram was written by HdrHistogram's Java implementation
// (jHiccup 2.0.7), its largest value by its log: 2.769 ms.
func TestDecodeReadsWhatJavaWrote(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/java.histogram")
	if err != nil {
		t.Fatal(err)
	}
	d := &Distribution{Min: 0, Max: 2_800_000, Histogram: strings.TrimSpace(string(text))}
	h, err := d.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if most := fmt.Sprintf("%.3f", float64(h.Max())/1e6); most != "2.769" {
		t.Errorf("its largest of %d values is %s ms", h.TotalCount(), most)
	}
	ours := distributionOf(t, 5_000_000)
	together, err := MergeDistributions(ours, d)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := together.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if merged.TotalCount() != h.TotalCount()+1 || together.Max != 5_000_000 {
		t.Errorf("merged: %d values up to %d, want %d up to 5000000", merged.TotalCount(), together.Max, h.TotalCount()+1)
	}
}

func TestPercentilesFollowTheRankRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		q    float64
		n    uint64
		want uint64
	}{
		{50, 1, 1}, {50, 2, 1}, {50, 3, 2}, {99, 100, 99}, {99, 101, 100}, {99, 60, 60}, {95, 20, 19},
		{99.9, 1000, 999}, {99.9, 1001, 1000}, {7, 100, 7}, {100, 5, 5}, {0, 5, 1},
		{99.9, 1e9, 999_000_000}, {50, 1e15, 5e14},
	} {
		if got := rank(c.q, c.n); got != c.want {
			t.Errorf("the rank of %v %% of %d is %d, want %d", c.q, c.n, got, c.want)
		}
	}
	h := NewHistogram()
	for v := int64(1); v <= 1000; v++ { // each value has a bucket of its own
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	for r := uint64(1); r <= 1000; r++ {
		if v := valueAtRank(h, r); v != int64(r) {
			t.Fatalf("the value at rank %d is %d", r, v)
		}
	}
}

func TestMergingEqualsRecordingTogether(t *testing.T) {
	t.Parallel()
	a, b := []int64{212_345, 1_000_000, 7}, []int64{3_300_000_000, 212_346, HighestTrackable}
	got, err := MergeDistributions(distributionOf(t, a...), nil, distributionOf(t, b...))
	if err != nil {
		t.Fatal(err)
	}
	if want := distributionOf(t, append(a, b...)...); *got != *want {
		t.Errorf("merged %+v, want %+v", got, want)
	}
	if none, err := MergeDistributions(nil, nil); none != nil || err != nil {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}

func TestMergingKeepsEveryValueOfEveryShape(t *testing.T) {
	t.Parallel()
	shapes := []struct {
		low, high int64
		digits    int
	}{
		{1, HighestTrackable, 3}, {1, 100, 3}, {1, 100, 1}, {1000, 60e9, 2}, {1, math.MaxInt64, 1},
		{1 << 40, math.MaxInt64, 2}, {1, 10_000, 4}, {1, 2, 1},
	}
	for _, x := range shapes {
		for _, y := range shapes {
			a, b := hdr.New(x.low, x.high, x.digits), hdr.New(y.low, y.high, y.digits)
			var parts []*Distribution
			for _, h := range []*hdr.Histogram{a, b} {
				for _, v := range []int64{1, 2, h.HighestTrackableValue() / 3, h.HighestTrackableValue()} {
					if err := h.RecordValue(v); err != nil {
						t.Fatal(err)
					}
				}
				d, err := NewDistribution(h, 1, h.HighestTrackableValue())
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, d)
			}
			merged, err := MergeDistributions(parts...)
			if err != nil {
				t.Errorf("%v and %v: %v", x, y, err)
				continue
			}
			h, err := merged.Decode()
			if err != nil {
				t.Errorf("%v and %v: %v", x, y, err)
				continue
			}
			if h.TotalCount() != 8 || merged.Min != 1 || merged.Max != max(x.high, y.high) {
				t.Errorf("%v and %v: %d values from %d to %d", x, y, h.TotalCount(), merged.Min, merged.Max)
			}
		}
	}
}

// encodeRaw builds the encoding around a payload of one's own.
func encodeRaw(t *testing.T, payload []byte) string {
	t.Helper()
	var compressed bytes.Buffer
	z := zlib.NewWriter(&compressed)
	z.Write(payload)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	head := binary.BigEndian.AppendUint32(nil, 0x1c849314)
	head = binary.BigEndian.AppendUint32(head, uint32(compressed.Len()))
	return base64.StdEncoding.EncodeToString(append(head, compressed.Bytes()...))
}

func TestDecodeRefusesGarbage(t *testing.T) {
	t.Parallel()
	good := inflate(t, distributionOf(t, 1000, 3_000_000).Histogram)
	with := func(offset int, b ...byte) string {
		p := bytes.Clone(good)
		copy(p[offset:], b)
		return encodeRaw(t, p)
	}
	if _, err := (&Distribution{Max: 2000, Histogram: encodeRaw(t, good)}).Decode(); err != nil {
		t.Fatalf("the unchanged payload is refused: %v", err)
	}
	whole := distributionOf(t, 1000, 2000).Histogram
	empty, err := NewHistogram().Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"no base64":         "!!!",
		"cut off":           whole[:len(whole)/2],
		"not compressed":    base64.StdEncoding.EncodeToString(good),
		"another cookie":    with(0, 0, 0, 0, 0),
		"negative length":   with(4, 0xff, 0xff, 0xff, 0xff),
		"long length":       with(4, 0x7f, 0xff, 0xff, 0xff),
		"no digits":         with(12, 0, 0, 0, 0),
		"five digits":       with(12, 0, 0, 0, 5),
		"many digits":       with(12, 0x7f, 0xff, 0xff, 0xff),
		"low beyond int64":  with(16, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"high below counts": with(24, 0, 0, 0, 0, 0, 0, 0, 1),
		"endless zeros":     with(40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"empty":             string(empty),
	} {
		if h, err := (&Distribution{Max: 2000, Histogram: text}).Decode(); err == nil {
			t.Errorf("%s: decoded to %d values", name, h.TotalCount())
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is no line: %v", name, err)
		}
	}
	if _, err := (&Distribution{Min: 5, Max: 1, Histogram: whole}).Decode(); err == nil {
		t.Error("min above max was taken")
	}
}

// TestDecodeInflatesNoMoreThanAHistogramHolds has a header that promises two
// gigabytes of counts, and one that promises what fits, with gigabytes behind it.
func TestDecodeInflatesNoMoreThanAHistogramHolds(t *testing.T) { // not parallel, for it counts memory
	header := inflate(t, distributionOf(t, 1000, 3_000_000).Histogram)[:40]
	for name, promised := range map[string]uint32{"promised": math.MaxInt32, "behind what was promised": 100} {
		bomb := bytes.Clone(header)
		binary.BigEndian.PutUint32(bomb[4:], promised)
		d := &Distribution{Max: 2000, Histogram: encodeRaw(t, append(bomb, make([]byte, 64<<20)...))}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := d.Decode()
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: decoded to %d values", name, h.TotalCount())
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%s: %d bytes of memory for a histogram of 270 kB", name, used)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(distributionOf(f, 1000, 2000, 3600e9).Histogram)
	f.Add("HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI=")
	f.Fuzz(func(t *testing.T, text string) {
		d := &Distribution{Max: math.MaxInt64, Histogram: text}
		h, err := d.Decode()
		if err != nil {
			return
		}
		merged, err := MergeDistributions(d, distributionOf(t, 1000), d)
		if err != nil {
			return // the counts of both do not fit into one
		}
		back, err := merged.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if want := 2*h.TotalCount() + 1; back.TotalCount() != want {
			t.Fatalf("merged %d values, want %d", back.TotalCount(), want)
		}
	})
}
