package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sessionbench/bench/results"
)

// gateVerdicts are verdicts of every kind.
func gateVerdicts(t *testing.T) map[string]*GateVerdict {
	t.Helper()
	slower := []float64{.10, .07, .06, .09, .12, .05, .08, .11, .075, .085, .095, .06}
	tails := []float64{.3, -.1, .2, .5, -.2, .1, .4, .05, .3, -.15, .2, .6}
	live := GateOptions{Looks: gateLooks, Instances: 1, Took: 21 * time.Second}
	p95 := []float64{-.02, .03, .01, -.04, .02, .05, -.01, .03, .015, -.03, .025, .005}
	cpu := []float64{.004, -.012, .02, .008, -.016, .01, -.004, .012, .006, -.008, .014, .002}
	noisy := gateRun{throughput: twelveUnits, p50: twelveUnits, p95: p95, p99: tails, clientCPU: cpu, serverCPU: p95}
	worse := noisy
	worse.throughput = slower
	final := live
	final.Final, final.Took = true, 64*time.Second
	final.Looks = []int{12}
	hostile := gateRun{labelA: hostile, labelB: "--> <b>" + hostile, p50: same(.3, 12)}
	hostile.changeResults = func(a, b *results.Result) {
		b.Target.Settings["save | <b>"] = "a\nb\x1b[31m --> `x`"
		b.Target.Text = "redis@prefix=a b"
	}
	elsewhere := gateRun{units: 1, runB: "run-2", changeResults: func(a, b *results.Result) { b.Host.Kernel = "6.9.0" }}
	return map[string]*GateVerdict{
		"fail":  worse.decide(t, live),
		"pass":  gateRun{throughput: cpu, p50: twelveUnits, p95: p95, p99: []float64{.02, -.03, .01, .04}, serverCPU: cpu}.decide(t, live),
		"open":  noisy.decide(t, final),
		"lone":  gateRun{units: 1, runB: "run-2", p50: []float64{.2}}.decide(t, GateOptions{}),
		"other": elsewhere.decide(t, GateOptions{}),
		"history": gateOf(t, history(throughputs...), runAt(9, 22000, 0),
			GateOptions{Limits: mustLimits("throughput=5%,p50=10%,p99=25%")}),
		"first": gateOf(t, nil, runAt(1, 24000, 0), GateOptions{First: true}),
		"broken": gateRun{
			failuresB: failuresIn(12, 90), labelA: "before", labelB: "after",
			change: func(i int, a, b *results.Round) {
				b.Violations.Lost = 2
				b.FileDescriptors.Client.Peak, b.FileDescriptors.Client.Mean = 60+i, float64(50+i)
				b.Harness.ClientSaturated, b.Harness.SaturatedReason = true, "no processor was left"
			},
		}.decide(t, GateOptions{}),
		"hostile": hostile.decide(t, GateOptions{}),
	}
}

func TestGateGolden(t *testing.T) {
	t.Parallel()
	verdicts := gateVerdicts(t)
	for _, c := range []struct {
		file, verdict, format string
		style                 GateStyle
	}{
		{"gate-fail.txt", "fail", "table", GateStyle{}},
		{"gate-fail-80.txt", "fail", "table", GateStyle{Style: Style{Width: 80}}},
		{"gate-fail-ascii.txt", "fail", "table", GateStyle{Style: Style{ASCII: true}}},
		{"gate-fail-colour.txt", "fail", "table", GateStyle{Style: Style{Colour: true}}},
		{"gate-fail-explain.txt", "fail", "table", GateStyle{Explain: true}},
		{"gate-fail.md", "fail", "markdown", GateStyle{Explain: true}},
		{"gate-fail.xml", "fail", "junit", GateStyle{}},
		{"gate-fail.json", "fail", "json", GateStyle{}},
		{"gate-pass.txt", "pass", "table", GateStyle{}},
		{"gate-pass-github.md", "pass", "github", GateStyle{Label: "redis 8"}},
		{"gate-open.txt", "open", "table", GateStyle{}},
		{"gate-open.md", "open", "github", GateStyle{}},
		{"gate-open.xml", "open", "junit", GateStyle{}},
		{"gate-lone.txt", "lone", "table", GateStyle{Explain: true}},
		{"gate-other.txt", "other", "table", GateStyle{}},
		{"gate-other.json", "other", "json", GateStyle{}},
		{"gate-history.txt", "history", "table", GateStyle{Explain: true}},
		{"gate-first.txt", "first", "table", GateStyle{}},
		{"gate-broken.txt", "broken", "table", GateStyle{Explain: true}},
		{"gate-broken.md", "broken", "markdown", GateStyle{}},
		{"gate-broken.xml", "broken", "junit", GateStyle{}},
		{"gate-hostile.txt", "hostile", "table", GateStyle{}},
		{"gate-hostile.md", "hostile", "github", GateStyle{Label: "--> <script>"}},
		{"gate-hostile.xml", "hostile", "junit", GateStyle{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := gateDrawn(t, verdicts[c.verdict], c.format, c.style)
			isGolden(t, c.file, got)
		})
	}
}

func gateDrawn(t *testing.T, v *GateVerdict, format string, s GateStyle) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteGate(&b, format, v, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGateFormsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, v := range gateVerdicts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc map[string]any
			if err := json.Unmarshal([]byte(gateDrawn(t, v, "json", GateStyle{})), &doc); err != nil || doc["schema"] != GateSchema {
				t.Errorf("%v: %v", doc["schema"], err)
			}
			var junit junitReport
			if err := xml.Unmarshal([]byte(gateDrawn(t, v, "junit", GateStyle{})), &junit); err != nil || junit.Tests == 0 {
				t.Errorf("%+v: %v", junit, err)
			}
			if junit.Failures > 0 != (v.Outcome == GateFail) {
				t.Errorf("%s, with %d failures", v.Outcome, junit.Failures)
			}
			for _, format := range GateFormats() {
				text := gateDrawn(t, v, format, GateStyle{Explain: true})
				if !utf8.ValidString(text) || format != "json" && strings.ContainsAny(text, "\x1b\u202e\r") {
					t.Errorf("%s passes on what steers a terminal", format)
				}
			}
			if first, _, _ := strings.Cut(gateDrawn(t, v, "github", GateStyle{Label: "--><b>"}), "\n"); strings.Count(first, "-->") != 1 || !strings.HasPrefix(first, "<!-- bench-gate: ") {
				t.Errorf("the marker is %q", first)
			}
		})
	}
	if err := WriteGate(&bytes.Buffer{}, "html", gateVerdicts(t)["pass"], GateStyle{}); err == nil || !strings.Contains(err.Error(), "table, json, junit, markdown, github") {
		t.Errorf("an unknown format: %v", err)
	}
}
