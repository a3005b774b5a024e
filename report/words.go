package report

import (
	"fmt"
	"strings"
)

// word makes one word of a text of anybody's, for a format in which blanks, and
// the given signs, part one thing from the next.
func word(s, signs string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || strings.ContainsRune(signs, r) {
			return '_'
		}
		return r
	}, cut(oneLine(s), lineWidth))
}

// words makes one word of each text, unlike ones of unlike texts.
func words(texts []string, signs string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, word(text, signs))
	}
	return distinct(all, texts, "~%d")
}

// distinct numbers words that are equal and stand for unlike things, from the
// second thing on, in the given form: what stands for the same keeps one word.
func distinct(words, things []string, form string) []string {
	var all []string
	standsFor := map[string]string{}
	for i, w := range words {
		unlike := w
		for n := 2; ; n++ {
			thing, taken := standsFor[unlike]
			if !taken || thing == things[i] {
				break
			}
			unlike = w + fmt.Sprintf(form, n)
		}
		standsFor[unlike] = things[i]
		all = append(all, unlike)
	}
	return all
}
