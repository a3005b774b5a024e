package drivers

import (
	"net/url"
	"regexp"
	"strings"
)

const redacted = "xxxxx"

// secretParameter is a query parameter that holds a secret, such as sslpassword
// or tlsCertificateKeyFilePassword.
var secretParameter = regexp.MustCompile(`(?i)([?&;][^=&;]*(?:password|secret|token)[^=&;]*)=[^&;#]*`)

// Redact makes a target's URL printable: a password becomes xxxxx, and so do
// the values of query parameters that hold a secret. A path is returned as it is.
func Redact(raw string) string {
	scheme, rest, isURL := strings.Cut(raw, "://")
	if !isURL {
		return raw
	}
	at := strings.LastIndexByte(rest, '@')
	u, err := url.Parse(raw)
	if err == nil && !strings.ContainsAny(rest[:max(at, 0)], "/?#") {
		return secretParameter.ReplaceAllString(u.Redacted(), "$1="+redacted)
	}
	// Several hosts, or a character that was not percent-encoded: the last "@"
	// ends the password, whatever is in it.
	if at < 0 {
		return scheme + "://" + redacted
	}
	user, _, hasPassword := strings.Cut(rest[:at], ":")
	if hasPassword {
		user += ":" + redacted
	}
	return scheme + "://" + user + secretParameter.ReplaceAllString(rest[at:], "$1="+redacted)
}

// urlWithPassword is a URL in a text from its "://" to the last "@", or to the
// "…" where a quotation was cut: a password may hold anything. One whose password
// is hidden already ends there, so that the text behind it stays.
var urlWithPassword = regexp.MustCompile(`(://[^:@\n]*:)(?:` + redacted + `|.*)([@…])`)

// RedactText hides the passwords of all URLs in a message.
func RedactText(text string) string {
	return urlWithPassword.ReplaceAllString(text, "${1}"+redacted+"${2}")
}
