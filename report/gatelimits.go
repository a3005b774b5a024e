package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// GateLimit is by which share a metric may become worse: p50=10%.
type GateLimit struct {
	Metric string
	Share  float64
}

// GateMetrics are those that a limit may name. "cpu" is processor time an operation,
// of the client and of the server; "fds" file descriptors, of either.
var GateMetrics = []string{"throughput", "p50", "p90", "p95", "p99", "p99_9", "cpu", "fds"}

// WholeFactor is by how much the limits are wider where whole rounds took turns: each
// switch between the targets draws a new state of the machine, and whole rounds have
// few of them.
const WholeFactor = 3

// DefaultGateLimits are in force when nobody names any. An open loop's throughput is
// its schedule, and its tail wider.
func DefaultGateLimits(open bool) []GateLimit {
	if open {
		return []GateLimit{{"p50", .10}, {"p90", .10}, {"p99", .50}}
	}
	return []GateLimit{{"throughput", .05}, {"p50", .10}, {"p95", .10}, {"p99", .25}}
}

// The limits of what costs, where nobody names any: more descriptors than before are
// to be seen early, and processor time is read in hundredths of a second.
const (
	defaultCPULimit = .10
	defaultFDsLimit = .10
)

// String is the form of the flag.
func (l GateLimit) String() string {
	return l.Metric + "=" + strconv.FormatFloat(math.Round(1e6*l.Share)/1e4, 'f', -1, 64) + "%"
}

// delta is the limit as a log ratio, positive like all that is worse.
func (l GateLimit) delta() float64 {
	if l.Metric == "throughput" {
		return -math.Log1p(-l.Share)
	}
	return math.Log1p(l.Share)
}

// ratio is the limit as the candidate's figure over the baseline's.
func (l GateLimit) ratio() float64 {
	if l.Metric == "throughput" {
		return 1 - l.Share
	}
	return 1 + l.Share
}

// wider is the limit for whole rounds.
func (l GateLimit) wider() GateLimit {
	l.Share = math.Round(1e6*WholeFactor*l.Share) / 1e6
	if l.Metric == "throughput" {
		l.Share = min(l.Share, .95) // all of it can't be lost and something be left to compare
	}
	return l
}

// ParseGateLimits reads limits in the form of the flag, "p50=10%,throughput=5%", in
// the order of GateMetrics. The error is one line.
func ParseGateLimits(texts []string) ([]GateLimit, error) {
	var limits []GateLimit
	for _, text := range texts {
		for _, part := range strings.Split(text, ",") {
			l, err := parseGateLimit(strings.TrimSpace(part))
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(limits, func(o GateLimit) bool { return o.Metric == l.Metric }) {
				return nil, fmt.Errorf("%s is given twice: one limit a metric", l.Metric)
			}
			limits = append(limits, l)
		}
	}
	slices.SortFunc(limits, func(a, b GateLimit) int { return cmp.Compare(metricPlace(a.Metric), metricPlace(b.Metric)) })
	return limits, nil
}

func metricPlace(metric string) int { return slices.Index(GateMetrics, metric) }

// percentSyntax is a number as people write it: no sign, no exponent.
var percentSyntax = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// mostShare is far more than anybody tolerates: what is beyond is a slip.
const mostShare = 100

func parseGateLimit(text string) (GateLimit, error) {
	metric, value, ok := strings.Cut(text, "=")
	if !ok {
		return GateLimit{}, fmt.Errorf("%.60q is not METRIC=PERCENT, such as p50=10%%", text)
	}
	if metric == "p99.9" { // as objectives and tables have it
		metric = "p99_9"
	}
	if metricPlace(metric) < 0 {
		return GateLimit{}, fmt.Errorf("unknown metric %.60q: the metrics are %s", metric, strings.Join(GateMetrics, ", "))
	}
	share, err := parseShare(value)
	switch {
	case err != nil:
		return GateLimit{}, fmt.Errorf("%s: %w", metric, err)
	case metric == "throughput" && share >= 1:
		return GateLimit{}, fmt.Errorf("throughput: %s is all of it: the limit is below 100%%", value)
	case share > mostShare:
		return GateLimit{}, fmt.Errorf("%s: %s is no limit: at most %d%%", metric, value, 100*mostShare)
	}
	return GateLimit{metric, share}, nil
}

// parseShare reads "10%".
func parseShare(text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	if !ok || !percentSyntax.MatchString(number) {
		return 0, fmt.Errorf("%.60q is not a number of per cent above 0, such as 10%%", text)
	}
	percent, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(percent, 0) {
		return 0, fmt.Errorf("%.60q is out of range", text)
	}
	if percent == 0 {
		return 0, errors.New("0% is no limit: noise alone exceeds it; name what would matter, such as 5%")
	}
	return percent / 100, nil
}

// ParseDrift reads what --assume-drift takes, "3%", up to 100%.
func ParseDrift(text string) (float64, error) {
	share, err := parseShare(text)
	if err == nil && share > 1 {
		err = fmt.Errorf("%.60q is out of range: at most 100%%", text)
	}
	return share, err
}
