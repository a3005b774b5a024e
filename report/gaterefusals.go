package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/sessionbench/bench/results"
)

// newGate chooses the grade and refuses what can't be compared at all.
func newGate(baselines []*results.Result, b *results.Result, o GateOptions) (*gateCase, error) {
	g := &gateCase{o: o, b: b, baselines: baselines}
	if err := g.choose(); err != nil {
		return nil, err
	}
	g.setNames()
	return g, nil
}

// refusal is why two results are of unlike things; nil when they are alike. What two
// targets of one run have unlike was chosen so: there, only the traffic has to agree.
func refusal(a, b *results.Result) error {
	different := func(field, valueA, valueB string) error {
		return fmt.Errorf("gate: %s: the baseline %s has %s and %s has %s, which can't be compared",
			field, describe(a), cmp.Or(cut(oneLine(valueA), nameWidth), "none"), describe(b), cmp.Or(cut(oneLine(valueB), nameWidth), "none"))
	}
	if a.ID == b.ID {
		return fmt.Errorf("gate: id: the baseline and the candidate are the same result, %s", a.ID)
	}
	if a.Schema != b.Schema {
		return different("schema", a.Schema, b.Schema)
	}
	for _, path := range scenarioPaths([]*results.Result{a, b}) {
		if path != "warmup" && path != "duration" {
			return different("scenario."+path, scenarioValues(a)[path], scenarioValues(b)[path])
		}
	}
	if len(a.Rounds) > 0 && len(b.Rounds) > 0 && mode(a) != mode(b) {
		return different("load.mode", mode(a), mode(b))
	}
	if shardInWords(a) != shardInWords(b) {
		return different("shard", shardInWords(a), shardInWords(b))
	}
	if a.RunID == b.RunID {
		return nil
	}
	if a.Target.Client != b.Target.Client {
		return different("target.client", a.Target.Client, b.Target.Client)
	}
	if a.Target.Network != b.Target.Network {
		return different("target.network", a.Target.Network, b.Target.Network)
	}
	return nil
}

// describe names a result in a message.
func describe(r *results.Result) string {
	return cut(oneLine(strings.Join(filled(cmp.Or(r.Label, r.Target.Text, r.Target.Store), "of "+r.StartedAt.UTC().Format("2006-01-02 15:04")), " ")), 2*nameWidth)
}

// otherHost names what two machines differ in; empty: they are one, as far as is known.
func otherHost(a, b *results.Result) string {
	of := func(r *results.Result) []string {
		h := r.Host
		return []string{
			"host.name", h.Name, "host.os", h.OS, "host.arch", h.Arch, "host.kernel", h.Kernel, "host.cpu_model", h.CPUModel,
			"host.cores", fmt.Sprint(h.Cores), "host.nofile_soft", fmt.Sprint(h.NoFileSoft), "host.nofile_hard", fmt.Sprint(h.NoFileHard),
		}
	}
	left, right := of(a), of(b)
	for i := 0; i < len(left); i += 2 {
		if left[i+1] != right[i+1] {
			return fmt.Sprintf("%s: %s and %s", left[i], cmp.Or(left[i+1], "unknown"), cmp.Or(right[i+1], "unknown"))
		}
	}
	return ""
}
