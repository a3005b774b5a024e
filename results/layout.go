package results

import "bytes"

// lineLength is how long an object or list may be to stand on one line.
const lineLength = 160

// layout appends compact JSON so that people can read it and it stays small:
// what is short stands on one line (a second of a series, a set of percentiles),
// the rest is indented.
func layout(dst, value []byte, depth int) []byte {
	if len(value) <= lineLength || value[0] != '{' && value[0] != '[' {
		return append(dst, value...)
	}
	dst = append(dst, value[0])
	for rest := value[1 : len(value)-1]; len(rest) > 0; {
		if rest[0] == ',' {
			dst, rest = append(dst, ','), rest[1:]
		}
		dst = newLine(dst, depth+1)
		if value[0] == '{' {
			key := stringEnd(rest) + 1 // and its colon
			dst = append(append(dst, rest[:key]...), ' ')
			rest = rest[key:]
		}
		end := valueEnd(rest)
		dst = layout(dst, rest[:end], depth+1)
		rest = rest[end:]
	}
	return append(newLine(dst, depth), value[len(value)-1])
}

func newLine(dst []byte, depth int) []byte {
	return append(append(dst, '\n'), bytes.Repeat([]byte{'\t'}, depth)...)
}

// valueEnd is where the value at the start of compact JSON ends: at the comma or
// bracket that is not its own.
func valueEnd(text []byte) int {
	open := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			open++
		case '}', ']':
			open--
		case ',':
			if open == 0 {
				return i
			}
		}
	}
	return len(text)
}

// stringEnd is where the string at the start of text ends, its quotes included.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
