package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/sessionbench/bench/results"
)

// grid is figures by row and column, of all rounds and of each.
type grid struct {
	columns []Column
	lines   []line
}

// line is one row of a grid.
type line struct {
	basis      Basis
	overloaded bool
	alive      bool // something succeeded
	figures    map[string]Figure
	rounds     map[int]map[string]Figure // by their pair
}

// grid computes figures of all rows, and sets them side by side.
func (c *Comparison) grid(columns []Column, of func(*results.Figures) (map[string]Figure, error)) (*grid, error) {
	g := &grid{columns: columns}
	for i, r := range c.Results {
		l := line{basis: c.Rows[i].Basis, overloaded: c.Rows[i].Overloaded, rounds: map[int]map[string]Figure{}}
		if all := r.Summary.Operations["all"]; all != nil {
			l.alive = all.Succeeded() > 0
		}
		var err error
		if l.figures, err = of(&r.Summary); err != nil {
			return nil, fmt.Errorf("compare: %s: %w", c.Rows[i].Name, err)
		}
		for k := range r.Rounds {
			round := &r.Rounds[k]
			if round.Pair == nil {
				continue
			}
			if l.rounds[*round.Pair], err = of(&round.Figures); err != nil {
				return nil, fmt.Errorf("compare: %s: round %d: %w", c.Rows[i].Name, k+1, err)
			}
		}
		g.lines = append(g.lines, l)
	}
	if c.Comparable {
		g.markBest()
		g.judge()
	}
	return g, nil
}

// competes tells whether a figure may be the best one or have a ratio. A target
// where nothing succeeded is cheap for no merit of its own, an overloaded one's
// times depend on how long it ran, and a lower bound is no figure.
func (l *line) competes(c Column) bool {
	f := l.figures[c.Key]
	if f.Value == nil || f.AtLeast || l.overloaded && c.Unit == Nanosecond {
		return false
	}
	return c.Key == "throughput" || l.alive
}

// markBest marks the best figure of each column, and those that equal it in the
// three digits that are measured.
func (g *grid) markBest() {
	for _, column := range g.columns {
		least, most := math.Inf(1), math.Inf(-1)
		for i := range g.lines {
			if g.lines[i].competes(column) {
				v := significant(*g.lines[i].figures[column.Key].Value)
				least, most = min(least, v), max(most, v)
			}
		}
		if column.Better == Neither || !g.hasWorse(column, least, most) {
			continue
		}
		best := least
		if column.Better == Higher {
			best = most
		}
		for i := range g.lines {
			if f := g.lines[i].figures[column.Key]; g.lines[i].competes(column) && significant(*f.Value) == best {
				f.Best = true
				g.lines[i].figures[column.Key] = f
			}
		}
	}
}

// hasWorse tells whether some row of the column is worse than the best: another
// value, or one that failures have put beyond all numbers.
func (g *grid) hasWorse(column Column, least, most float64) bool {
	if math.IsInf(least, 1) {
		return false
	}
	return least != most || slices.ContainsFunc(g.lines, func(l line) bool {
		f := l.figures[column.Key]
		return f.Unbounded || f.AtLeast
	})
}

// judge sets the ratios to the first row, and whether they are real.
func (g *grid) judge() {
	reference := &g.lines[0]
	for i := 1; i < len(g.lines); i++ {
		l := &g.lines[i]
		for _, column := range g.columns {
			if !reference.competes(column) || !l.competes(column) {
				continue
			}
			f := l.figures[column.Key]
			base := *reference.figures[column.Key].Value
			if base == 0 || *f.Value == 0 {
				continue
			}
			f.compare(column, *f.Value/base, l.basis, pairs(reference, l, column))
			l.figures[column.Key] = f
		}
	}
}

// pairs are the logarithms of the ratios of a figure in the rounds that belong
// together; nil when one of them has none.
func pairs(reference, l *line, c Column) []float64 {
	var logs []float64
	for pair, figures := range l.rounds {
		ours, theirs := figures[c.Key], reference.rounds[pair][c.Key]
		if ours.Value == nil || theirs.Value == nil || ours.AtLeast || theirs.AtLeast || *ours.Value <= 0 || *theirs.Value <= 0 {
			return nil
		}
		logs = append(logs, math.Log(*ours.Value / *theirs.Value))
	}
	slices.Sort(logs) // so that sums are the same every time
	return logs
}
