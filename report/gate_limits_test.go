package report

import (
	"strings"
	"testing"
)

func TestGateLimitsAreReadInTheOrderOfTheTable(t *testing.T) {
	t.Parallel()
	limits, err := ParseGateLimits([]string{"p99.9=50%, p50=7.5%", "throughput=5%", "fds=20%"})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range limits {
		all = append(all, l.String())
	}
	if got := strings.Join(all, ","); got != "throughput=5%,p50=7.5%,p99_9=50%,fds=20%" {
		t.Errorf("they are %s", got)
	}
	if limits, err := ParseGateLimits(nil); limits != nil || err != nil {
		t.Errorf("of nothing: %v, %v", limits, err)
	}
}

func TestGateLimitsThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"p50":               `"p50" is not METRIC=PERCENT, such as p50=10%`,
		"":                  `"" is not METRIC=PERCENT, such as p50=10%`,
		"p50=10%,":          `"" is not METRIC=PERCENT, such as p50=10%`,
		"p42=10%":           `unknown metric "p42": the metrics are throughput, p50, p90, p95, p99, p99_9, cpu, fds`,
		"p50=10":            `p50: "10" is not a number of per cent above 0, such as 10%`,
		"p50=ten%":          `p50: "ten%" is not a number of per cent above 0, such as 10%`,
		"p50=-10%":          `p50: "-10%" is not a number of per cent above 0, such as 10%`,
		"p50=1e3%":          `p50: "1e3%" is not a number of per cent above 0, such as 10%`,
		"p50=NaN%":          `p50: "NaN%" is not a number of per cent above 0, such as 10%`,
		"p50=0%":            `p50: 0% is no limit: noise alone exceeds it; name what would matter, such as 5%`,
		"throughput=100%":   "throughput: 100% is all of it: the limit is below 100%",
		"p50=10001%":        "p50: 10001% is no limit: at most 10000%",
		"p50=10%,p50=20%":   "p50 is given twice: one limit a metric",
		"p99.9=1%,p99_9=1%": "p99_9 is given twice: one limit a metric",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseGateLimits([]string{text}); err == nil || err.Error() != want {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := ParseDrift("101%"); err == nil {
		t.Error("a drift of more than 100 % is taken")
	}
}

// FuzzGateLimits holds that what is read is written so that it is read the same.
func FuzzGateLimits(f *testing.F) {
	for _, seed := range []string{"p50=10%", "throughput=5%,p99=25%", "p99.9=50%", "cpu=0.01%", "p50=-1%", "=%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		limits, err := ParseGateLimits([]string{text})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		for _, l := range limits {
			if d := l.delta(); !(d > 0) || d > 10 {
				t.Errorf("%s is %v as a log ratio", l, d)
			}
			again, err := ParseGateLimits([]string{l.String()})
			if l.Share < 1e-6 { // is written as 0%
				continue
			}
			if err != nil || again[0].Metric != l.Metric {
				t.Errorf("%s is not read again: %v", l, err)
			}
		}
	})
}
