package report

import (
	"fmt"
	"strings"
	"unicode"
)

// oneLine makes a text of anybody's printable on one line: a line break becomes
// a blank, and what would steer a terminal or turn the direction of writing
// around is shown by its code.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// spelledInASCII are the signs that reports use.
var spelledInASCII = strings.NewReplacer(
	"µ", "u", "−", "-", "–", "-", "∞", "inf", "≥", ">=", "×", "x", "≈", "=", "…", "...", "“", `"`, "”", `"`,
)

// ASCII spells a text for a terminal that shows no other characters.
func ASCII(s string) string {
	var b strings.Builder
	for _, r := range spelledInASCII.Replace(s) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// cut shortens a text to so many columns.
func cut(s string, columns int) string {
	if textWidth(s) <= columns {
		return s
	}
	width := 1 // the ellipsis
	for i, r := range s {
		if width += runeWidth(r); width > columns {
			return s[:i] + "…"
		}
	}
	return s
}

// textWidth is how many columns of a terminal a text takes.
func textWidth(s string) int {
	width := 0
	for _, r := range s {
		width += runeWidth(r)
	}
	return width
}

// wide are the blocks of characters that take two columns (Unicode's East Asian
// Width W and F, and the emoji).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x2e80, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1},
		{0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}
