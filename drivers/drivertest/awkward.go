package drivertest

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sessionbench/bench/drivers"
)

// awkwardIDs are what an application's own genid could give: each character of
// ASCII but NUL, UTF-8 of each length, an id of one byte and a long one, ids
// that differ only in what a database may take for the same, and what means
// something to one. Characters of without are left out.
func awkwardIDs(prefix, without string) []string {
	ids := []string{"x", prefix + strings.Repeat("-_", 12), prefix + strings.Repeat("_", 24), prefix + strings.Repeat("l", 200-len(prefix))}
	add := func(id string) {
		id = strings.Map(func(c rune) rune {
			if strings.ContainsRune(without, c) {
				return -1
			}
			return c
		}, id)
		ids = append(ids, prefix+id)
	}
	for first := rune(1); first < utf8.RuneSelf; first += 16 {
		var chunk strings.Builder
		for c := first; c < min(first|15, utf8.RuneSelf-1)+1; c++ {
			chunk.WriteRune(c)
		}
		add(chunk.String())
	}
	for _, id := range []string{
		"ü", "世", "🙂", "\u0080", "\u07ff", "\u0800", "\u2028", "\ufeff", "\uffff", "\U0010ffff",
		"a", "A", "a ", " a", "\u00e9", "e\u0301", "0", "00", "1e1", "10",
		"%", "*", "?", "[a-z]", "{a}", "$1", "'; --", `\x41`, "..", ".json", "x.json.123", ":", "null",
	} {
		add(id)
	}
	return ids
}

// awkward are JSON members that a store could change on its way: it must leave
// all of them as they are here, also those that JSON.stringify would write
// otherwise, since an application may have a serializer of its own.
var awkward = []string{
	``,
	`"quotes":"\"'` + "`" + `","backslash":"C:\\new\\table"`,
	`"unicode":"Grüße, 世界 🙂","escaped":"\u0000\ud83d"`,
	"\"separators\":\"\u2028\u2029\u00a0\ufeff\u007f\ufffe\uffff\"",
	`"html":"<script>&amp;</script>","sql":"'; DROP TABLE session; --","format":"%s %d $1 ?"`,
	`"redis":"\r\n$3\r\nfoo\r\n","tab":"\t"`,
	`"copy":"\\N","end":"\\.","csv":"\"\",\n"`,
	`"zero":-0,"deep":[[[{"cookie":{"expires":null}}]]],"spaced":"  "`,
	`"__proto__":{"a":1},"$set":{"a":1},"a.b":2,"":3`,
	`"numbers":[9007199254740993,1e400,-1e400,0.30000000000000004,0.1,-0,-0.0,1E5,1e21,1e+21,5e-324,1.0,1.50,100000000000000000000,123456789012345678901234567890]`,
	`"twice":1,"twice":2,"n":3,"user":{"id":1,"id":2}`,
	"\"white\" :\t[ 1 ,\n2 ] , \"more\" : { } ",
	`"escapes":"` + escapes() + `"`,
	`"surrogates":"` + surrogates() + `"`,
	// JSON.stringify of Node 20 gives up beyond 4184 levels.
	`"arrays":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000),
	`"objects":` + strings.Repeat(`{"a":`, 4000) + "1" + strings.Repeat("}", 4000),
	wide(10_000),
}

// escapes has every character below 0x80 as an escape.
func escapes() string {
	text := []byte(`\"\\\/\b\f\n\r\t`)
	for c := range utf8.RuneSelf {
		text = fmt.Appendf(text, `\u%04x\u%04X`, c, c)
	}
	return string(text)
}

// surrogates has each half of a pair alone, as JSON.stringify escapes them, with
// something between.
func surrogates() string {
	var text []byte
	for c := 0xd800; c <= 0xdfff; c++ {
		text = fmt.Appendf(text, `\u%04x-`, c)
	}
	return string(text)
}

// wide is n members.
func wide(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"key%d":%d`, i, i)
	}
	return strings.Join(members, ",")
}

// everyCharacter has all that JSON.stringify leaves unescaped, in texts of less
// than a megabyte.
func everyCharacter() []string {
	const perText = 1 << 18
	var texts []string
	var text strings.Builder
	for c := rune(' '); c <= utf8.MaxRune; c++ {
		if utf8.ValidRune(c) && c != '"' && c != '\\' {
			text.WriteRune(c)
		}
		if c%perText == perText-1 || c == utf8.MaxRune {
			texts = append(texts, text.String())
			text.Reset()
		}
	}
	return texts
}

// sizes of whole values, in bytes: those of the shortest JSON, the edges of what
// is likely to be a buffer or a page somewhere, and a megabyte.
var sizes = []int{
	1 << 20, 1<<20 + 1, 1<<20 - 1, 1<<19 + 1, 1<<16 + 1, 1 << 16, 1<<16 - 1, 1 << 15, 1<<14 + 1, 1 << 14, 1<<14 - 1,
	1<<13 + 1, 1 << 13, 1<<13 - 1, 1<<12 + 1, 1 << 12, 1<<12 - 1, 2001, 2000, 513, 512, 511, 257, 256, 255, 13, 2, 1,
}

// ofSize is a session's value of exactly so many bytes. The smallest have no
// cookie any more: they are the shortest JSON.
func ofSize(c drivers.Cookie, size int) []byte {
	switch size {
	case 1:
		return []byte(`0`)
	case 2:
		return []byte(`{}`)
	case len(`{"cookie":{}}`):
		return []byte(`{"cookie":{}}`)
	}
	around := len(Value(c, 0, "")) + len(",")
	return Value(c, 0, Padding(size-around))
}

// awkward makes sessions of which each has an awkward id or value.
func (p *place) awkward() []drivers.Record {
	var records []drivers.Record
	for n, extra := range awkward {
		records = append(records, Record(p.ids.Next(), time.Hour, n, extra))
	}
	for n, id := range awkwardIDs(p.ids.Prefix, p.facts.NotInIDs) {
		records = append(records, Record(id, time.Hour, n, ""))
	}
	return records
}
