package report

import (
	"fmt"
	"strings"
)

// answer says in words what the figures come to: how fast against the reference, what
// was broken, what a crash takes, and what it costs. Each sentence has its figures.
func answer(c *Comparison) []string {
	said := []string{}
	add := func(text string) {
		if text != "" {
			said = append(said, text)
		}
	}
	names := make([]string, len(c.Rows))
	for i := range c.Rows {
		names[i] = c.Rows[i].Name
	}
	const most = 6 // rows that are told of one by one
	switch {
	case !c.Comparable:
		add("These runs did different things, so that no figure of one can be held against another's.")
	case len(c.Rows) == 1:
		add(aloneInWords(&c.Rows[0]))
	}
	for i := 1; c.Comparable && i < min(len(c.Rows), most); i++ {
		add(besideInWords(&c.Rows[0], &c.Rows[i]))
	}
	if len(c.Rows) > most {
		add(fmt.Sprintf("%d more are in the table.", len(c.Rows)-most))
	}
	add(brokenInWords(c, names))
	add(sentenceOf(durabilityInWords(c.Results, names)))
	add(costInWords(c))
	return said
}

// sentenceOf makes a finding's text a sentence.
func sentenceOf(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func name(r *Row) string { return cut(oneLine(r.Name), nameWidth) }

// aloneInWords tells of the only row.
func aloneInWords(r *Row) string {
	done, p99 := r.Figures["throughput"], r.Figures["p99"]
	if done.Value == nil || *done.Value == 0 {
		return fmt.Sprintf("%s: nothing succeeded.", name(r))
	}
	return fmt.Sprintf("%s carries %s%s.", name(r), rate(*done.Value), prefixed(" with a p99 of ", p99InWords(p99)))
}

func p99InWords(f Figure) string {
	switch {
	case f.Unbounded:
		return "∞, as " + f.Reason
	case f.Value == nil:
		return ""
	}
	return duration(*f.Value)
}

// besideInWords holds a row against the reference, the faster one first.
func besideInWords(reference, r *Row) string {
	for _, row := range []*Row{reference, r} {
		if done := row.Figures["throughput"]; done.Value == nil || *done.Value == 0 {
			return fmt.Sprintf("%s: nothing succeeded.", name(row))
		}
	}
	done, p99 := r.Figures["throughput"], r.Figures["p99"]
	first, second, ratio, tails := reference, r, inverse(done.Ratio), inverse(p99.Ratio)
	if done.Verdict == Faster || done.Verdict != Slower && p99.Verdict == Faster {
		first, second, ratio, tails = r, reference, done.Ratio, p99.Ratio
	}
	tail := tailInWords(first, second, p99.Verdict, tails)
	switch {
	case ratio == nil:
		return fmt.Sprintf("%s carries %s, %s %s%s.", name(second), rate(*second.Figures["throughput"].Value), name(first), rate(*first.Figures["throughput"].Value), prefixed("; ", tail))
	case done.Verdict == Faster || done.Verdict == Slower:
		return fmt.Sprintf("%s carries %s times the operations of %s (%s and %s)%s.", name(first), times(*ratio), name(second),
			rate(*first.Figures["throughput"].Value), rate(*second.Figures["throughput"].Value), prefixed("; ", tail))
	case done.Verdict == Same:
		return fmt.Sprintf("%s and %s carry the same (%s and %s)%s.", name(first), name(second),
			rate(*first.Figures["throughput"].Value), rate(*second.Figures["throughput"].Value), prefixed("; ", tail))
	}
	return fmt.Sprintf("Whether %s or %s carries more can't be told (%s and %s; %s)%s.", name(first), name(second),
		rate(*first.Figures["throughput"].Value), rate(*second.Figures["throughput"].Value), r.Basis.Text, prefixed("; ", tail))
}

func inverse(ratio *float64) *float64 {
	if ratio == nil || *ratio == 0 {
		return nil
	}
	turned := 1 / *ratio
	return &turned
}

// times writes a ratio for prose: 3.1, and 27,400.
func times(ratio float64) string {
	if ratio = significant(ratio); ratio >= 1000 {
		return grouped(uint64(ratio))
	}
	return digits(ratio)
}

// tailInWords is how long one operation in a hundred takes.
func tailInWords(first, second *Row, v Verdict, ratio *float64) string {
	a, b := p99InWords(first.Figures["p99"]), p99InWords(second.Figures["p99"])
	if a == "" || b == "" {
		return ""
	}
	switch {
	case ratio == nil:
		return fmt.Sprintf("the p99 are %s and %s", a, b)
	case v == Same:
		return fmt.Sprintf("the p99 are the same (%s and %s)", a, b)
	case v == CantTell:
		return fmt.Sprintf("of the p99 (%s and %s) it can't be told", a, b)
	case *ratio > 1:
		return fmt.Sprintf("its p99 is %s times as long (%s and %s)", times(*ratio), a, b)
	}
	return fmt.Sprintf("the other's p99 is %s times as long (%s and %s)", times(*inverse(ratio)), b, a)
}

// brokenInWords says who broke promises or failed.
func brokenInWords(c *Comparison, names []string) string {
	var bad []string
	all := uint64(0)
	for i, r := range c.Results {
		if o := r.Summary.Operations["all"]; o != nil {
			all += o.Count
		}
		var what []string
		if text := violationsInWords(&r.Summary); text != "" {
			what = append(what, text)
		}
		if f := c.Rows[i].Figures["error_percent"]; f.Value != nil && *f.Value > 0 {
			what = append(what, percent(*f.Value)+" of its operations failed")
		}
		if len(what) > 0 {
			bad = append(bad, name(&c.Rows[i])+": "+strings.Join(what, "; "))
		}
	}
	switch {
	case all == 0:
		return ""
	case len(bad) == 0 && len(names) == 1:
		return fmt.Sprintf("It lost nothing and failed in nothing, in %s.", plural(all, "operation"))
	case len(bad) == 0:
		return fmt.Sprintf("No promise was broken and nothing failed, in %s.", plural(all, "operation"))
	}
	return "Broken: " + strings.Join(firstFew(bad, 6), ". ") + "."
}

// costInWords says what an operation takes of the processors.
func costInWords(c *Comparison) string {
	var parts []string
	for i := range c.Rows {
		r := &c.Rows[i]
		client, server := r.Figures["client_cpu"], r.Figures["server_cpu"]
		if client.Value == nil {
			continue
		}
		text := cpuPerOperation(*client.Value)
		if server.Value != nil {
			text += " + " + cpuPerOperation(*server.Value)
		}
		parts = append(parts, name(r)+" "+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Processor time of an operation, client + server: " + strings.Join(firstFew(parts, 6), ", ") + "."
}
