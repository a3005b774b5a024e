package plot

import "fmt"

// Shapes are how many different marks there are, for who can't tell the colours
// apart.
const Shapes = 8

// Shape is the outline of a mark around a place in pixels, as the data of a path.
func Shape(i int, x, y float64) string {
	at := func(dx, dy float64) string { return px(x+dx) + " " + px(y+dy) }
	switch i % Shapes {
	case 1: // a square
		return "M" + at(-3.2, -3.2) + "h6.4v6.4h-6.4z"
	case 2: // a triangle
		return "M" + at(0, -4.4) + "l4.2 7.4h-8.4z"
	case 3: // a diamond
		return "M" + at(0, -4.6) + "l4.6 4.6l-4.6 4.6l-4.6 -4.6z"
	case 4: // a triangle on its head
		return "M" + at(0, 4.4) + "l4.2 -7.4h-8.4z"
	case 5: // a plus
		return "M" + at(-1.4, -4.4) + "h2.8v3h3v2.8h-3v3h-2.8v-3h-3v-2.8h3z"
	case 6: // a bar upright
		return "M" + at(-1.8, -4.6) + "h3.6v9.2h-3.6z"
	case 7: // a bar across
		return "M" + at(-4.6, -1.8) + "h9.2v3.6h-9.2z"
	}
	return fmt.Sprintf("M%sa3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z", at(-3.6, 0))
}
