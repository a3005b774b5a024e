package cli

import (
	"os"
	"strings"
)

// utf8Locale tells whether a terminal shows more than ASCII, by the first of the
// variables that is set, as POSIX orders them.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
