package cli

import "testing"

func TestTheFirstVariableThatIsSetDecidesWhatATerminalShows(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false},
		{"", "", "en_US.UTF-8", true},
		{"", "", "de_DE.utf8", true},
		{"", "", "de_DE@euro", false},
		{"C", "", "en_US.UTF-8", false},
		{"", "C.UTF-8", "C", true},
		{"C.UTF-8", "POSIX", "C", true},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if got := utf8Locale(); got != c.want {
			t.Errorf("LC_ALL=%q LC_CTYPE=%q LANG=%q: %v", c.all, c.ctype, c.lang, got)
		}
	}
}
