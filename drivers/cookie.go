package drivers

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Cookie is what express-session keeps of a cookie's lifetime inside the
// session, under "cookie".
type Cookie struct {
	// MaxAge is originalMaxAge: the lifetime that each request renews. It counts
	// only when Expires is set.
	MaxAge time.Duration
	// Expires is when the session ends, in whole milliseconds. Zero is a session
	// cookie: the store's default lifetime applies.
	Expires time.Time
}

// NewCookie is the cookie of a session that is saved now with the given
// lifetime, as express-session's Cookie sets it: expires is now + maxAge.
// Without a lifetime (0) it is a session cookie.
func NewCookie(now time.Time, maxAge time.Duration) Cookie {
	if maxAge == 0 {
		return Cookie{}
	}
	return Cookie{MaxAge: maxAge, Expires: now.Add(maxAge).Truncate(time.Millisecond)}
}

const isoMillis = "2006-01-02T15:04:05.000Z"

// AppendJSON appends the cookie as express-session's Cookie.toJSON gives it for
// its default attributes: originalMaxAge and expires first, then httpOnly, path.
func (c Cookie) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = c.appendLifetime(dst)
	return append(dst, `,"httpOnly":true,"path":"/"}`...)
}

func (c Cookie) appendLifetime(dst []byte) []byte {
	return c.appendExpires(append(c.appendMaxAge(dst), ','))
}

func (c Cookie) appendMaxAge(dst []byte) []byte {
	dst = append(dst, `"originalMaxAge":`...)
	if c.Expires.IsZero() {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, c.MaxAge.Milliseconds(), 10)
}

func (c Cookie) appendExpires(dst []byte) []byte {
	dst = append(dst, `"expires":`...)
	if c.Expires.IsZero() {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = c.Expires.UTC().AppendFormat(dst, isoMillis)
	return append(dst, '"')
}

var errNoCookie = errors.New(`the session does not start with {"cookie":{`)

const cookieStart = `{"cookie":{`

// cookieObject splits a session's JSON text into what stands before, in and
// after the braces of its leading cookie object. The cookie's values are
// scalars, so its end is the first brace outside a string.
func cookieObject(value []byte) (before, inside, after []byte, err error) {
	if !bytes.HasPrefix(value, []byte(cookieStart)) {
		return nil, nil, nil, errNoCookie
	}
	start := len(cookieStart)
	inString := false
	for i := start; i < len(value); i++ {
		switch c := value[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c == '}' && !inString:
			return value[:start], value[start:i], value[i:], nil
		}
	}
	return nil, nil, nil, errNoCookie
}

// ParseCookie reads the lifetime from a session's JSON text.
func ParseCookie(value []byte) (Cookie, error) {
	_, inside, _, err := cookieObject(value)
	if err != nil {
		return Cookie{}, err
	}
	var c Cookie
	if text, ok := scalar(inside, "expires"); ok && text != "null" {
		text, err := strconv.Unquote(text)
		if err == nil {
			c.Expires, err = time.Parse(time.RFC3339, text)
		}
		if err != nil {
			return Cookie{}, fmt.Errorf("the session's cookie.expires: %w", err)
		}
	}
	if text, ok := scalar(inside, "originalMaxAge"); ok && text != "null" {
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Cookie{}, fmt.Errorf("the session's cookie.originalMaxAge: %w", err)
		}
		c.MaxAge = time.Duration(ms * float64(time.Millisecond))
	}
	return c, nil
}

// scalar finds a key's value in the inside of a flat JSON object.
func scalar(inside []byte, key string) (string, bool) {
	start := bytes.Index(inside, []byte(`"`+key+`":`))
	if start < 0 {
		return "", false
	}
	rest := inside[start+len(key)+3:]
	inString := false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c == ',' && !inString:
			return string(rest[:i]), true
		}
	}
	return string(rest), true
}

// AppendRenewed appends value with its cookie's originalMaxAge and expires
// replaced by c's where they stand, and every other attribute as it was: what a
// store that rewrites the session on touch stores.
func AppendRenewed(dst, value []byte, c Cookie) ([]byte, error) {
	before, inside, after, err := cookieObject(value)
	if err != nil {
		return dst, err
	}
	dst = append(dst, before...)
	var hasMaxAge, hasExpires bool
	for len(inside) > 0 {
		key, pair, rest := nextPair(inside)
		switch string(key) {
		case "originalMaxAge":
			dst, hasMaxAge = c.appendMaxAge(dst), true
		case "expires":
			dst, hasExpires = c.appendExpires(dst), true
		default:
			dst = append(dst, pair...)
		}
		dst, inside = append(dst, ','), rest
	}
	if !hasMaxAge {
		dst = append(c.appendMaxAge(dst), ',')
	}
	if !hasExpires {
		dst = append(c.appendExpires(dst), ',')
	}
	return append(dst[:len(dst)-1], after...), nil
}

// nextPair cuts the first "key":scalar off the inside of a flat JSON object.
func nextPair(inside []byte) (key, pair, rest []byte) {
	end, colon, inString := len(inside), -1, false
scan:
	for i := 0; i < len(inside); i++ {
		switch c := inside[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c == ':' && !inString && colon < 0:
			colon = i
		case c == ',' && !inString:
			end = i
			break scan
		}
	}
	pair = inside[:end]
	if end < len(inside) {
		rest = inside[end+1:]
	}
	if colon > 0 {
		key = bytes.Trim(inside[:colon], `"`)
	}
	return key, pair, rest
}
