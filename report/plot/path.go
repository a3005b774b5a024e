package plot

import (
	"math"
	"strconv"
	"strings"
)

// pathData writes the data of a path as short as it can: each place relative to the
// one before, in tenths of a pixel. What is rounded off does not add up.
type pathData struct {
	b    strings.Builder
	x, y int // tenths, of the last place
	last byte
}

// move begins anew at a place.
func (d *pathData) move(x, y float64) { d.to('m', x, y) }

// line goes on to a place.
func (d *pathData) line(x, y float64) { d.to('l', x, y) }

// dot makes the place where the path is visible, with round line ends.
func (d *pathData) dot() {
	d.b.WriteString("h0")
	d.last = 'h'
}

// end goes back to where move was; the next move is relative to that.
func (d *pathData) end(x, y float64) {
	d.b.WriteByte('z')
	d.x, d.y, d.last = tenths(x), tenths(y), 'z'
}

func (d *pathData) to(command byte, x, y float64) {
	toX, toY := tenths(x), tenths(y)
	// After a move further pairs are lines, and a line need not be named twice.
	if command == 'm' || d.last != 'l' && d.last != 'm' {
		d.b.WriteByte(command)
		d.number(toX-d.x, false)
	} else {
		d.number(toX-d.x, true)
	}
	d.number(toY-d.y, true)
	d.x, d.y, d.last = toX, toY, command
}

// number writes a number of tenths, parted from one before by its sign or a blank.
func (d *pathData) number(n int, after bool) {
	if after && n >= 0 {
		d.b.WriteByte(' ')
	}
	whole, part := n/10, n%10
	if n < 0 {
		d.b.WriteByte('-')
		whole, part = -whole, -part
	}
	if whole != 0 || part == 0 {
		d.b.WriteString(strconv.Itoa(whole))
	}
	if part != 0 {
		d.b.WriteString("." + strconv.Itoa(part))
	}
}

func tenths(v float64) int { return int(math.Round(v * 10)) }

func (d *pathData) String() string { return d.b.String() }
