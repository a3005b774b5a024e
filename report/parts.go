package report

import (
	"maps"
	"slices"

	"github.com/sessionbench/bench/results"
)

// parts compares each kind of operation and of call that occurs.
func (c *Comparison) parts(percentiles []float64) ([]Part, error) {
	parts := []Part{}
	operations, calls := map[string]bool{}, map[string]bool{}
	for _, r := range c.Results {
		for name := range r.Summary.Operations {
			operations[name] = true
		}
		for name := range r.Summary.Calls {
			calls[name] = true
		}
	}
	delete(operations, "all")
	for _, kind := range []struct {
		name    string
		names   map[string]bool
		columns []Column
		figures func(f *results.Figures, name string) (map[string]Figure, error)
	}{
		{"operation", operations, operationColumns(percentiles), func(f *results.Figures, name string) (map[string]Figure, error) {
			return operationFigures(f.Operations[name], percentiles)
		}},
		{"call", calls, callColumns(percentiles), func(f *results.Figures, name string) (map[string]Figure, error) {
			return callFigures(f, f.Calls[name], percentiles)
		}},
	} {
		for _, name := range slices.Sorted(maps.Keys(kind.names)) {
			g, err := c.grid(kind.columns, func(f *results.Figures) (map[string]Figure, error) { return kind.figures(f, name) })
			if err != nil {
				return nil, err
			}
			part := Part{Kind: kind.name, Name: name, Columns: kind.columns}
			for _, l := range g.lines {
				part.Figures = append(part.Figures, l.figures)
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func operationColumns(percentiles []float64) []Column {
	cs := []Column{{Key: "throughput", Title: "successful operations a second", Unit: PerSecond}}
	return append(append(cs, timeColumns(percentiles)...),
		Column{Key: "errors", Title: "operations failed or never sent", Unit: Number, Better: Lower})
}

// operationFigures are those of one kind of operation; nil: there was none.
func operationFigures(o *results.Operation, percentiles []float64) (map[string]Figure, error) {
	if o == nil || o.Succeeded()+o.WithFailures.Failures == 0 {
		return nil, nil
	}
	figures := map[string]Figure{
		"throughput": known(o.ThroughputPerSecond), "errors": known(float64(o.WithFailures.Failures)),
	}
	return figures, setTimes(figures, o, percentiles)
}

func callColumns(percentiles []float64) []Column {
	cs := []Column{{Key: "per_operation", Title: "calls for each operation", Unit: Number}}
	return append(append(cs, timeColumns(percentiles)...),
		Column{Key: "pool_wait_p99", Title: "p99 of the wait for a connection of the pool, which is in the times", Unit: Nanosecond, Better: Lower},
		Column{Key: "errors", Title: "calls failed", Unit: Number, Better: Lower})
}

// callFigures are those of one kind of call; nil: there was none.
func callFigures(f *results.Figures, call *results.Call, percentiles []float64) (map[string]Figure, error) {
	if call == nil || call.Count == 0 {
		return nil, nil
	}
	o := &results.Operation{Count: call.Count, Errors: call.Errors, ServiceTime: call.ServiceTime}
	o.WithFailures.Failures = call.Count - o.Succeeded()
	figures := map[string]Figure{
		"errors": known(float64(o.WithFailures.Failures)), "per_operation": missing("nothing finished"),
		"pool_wait_p99": missing("the driver has no pool"),
	}
	if all := f.Operations["all"]; all != nil && all.Count > 0 {
		figures["per_operation"] = known(float64(call.Count) / float64(all.Count))
	}
	if call.PoolWait != nil {
		figures["pool_wait_p99"] = known(float64(call.PoolWait.P99))
	}
	return figures, setTimes(figures, o, percentiles)
}
