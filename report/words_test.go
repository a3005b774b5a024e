package report

import (
	"slices"
	"strings"
	"testing"
)

func TestAWordHasNoBlankAndNoSign(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis": "redis", "a b\tc\nd": "a_b_c_d", "a,b/c": "a_b_c", "no\u00a0break\u2003em": `no\u00a0break\u2003em`,
		"": "", "\x1b[31m": `\u001b[31m`, "שלום 日本": "שלום_日本", "\u202eexe": `\u202eexe`, "bad\xffbyte": "bad\ufffdbyte",
	} {
		if got := word(text, ",/"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if n := textWidth(word(strings.Repeat("long ", 1e5), "")); n > lineWidth {
		t.Errorf("a word of %d columns", n)
	}
}

func TestEqualWordsOfUnlikeThingsAreNumbered(t *testing.T) {
	t.Parallel()
	words := []string{"a_b", "a_b", "c", "a_b", "a_b~2"}
	got := distinct(words, []string{"a b", "a_b", "c", "a b", "a_b~2"}, "~%d")
	if want := []string{"a_b", "a_b~2", "c", "a_b", "a_b~2~2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
