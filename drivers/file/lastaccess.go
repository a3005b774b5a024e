package file

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// lastAccessKey is the member that session-file-store keeps in each session, in
// epoch milliseconds.
const lastAccessKey = `"__lastAccess":`

// setLastAccess gives the session with __lastAccess set: where the key is when
// the session has it already, else as the last one, as JSON.stringify would.
func setLastAccess(value []byte, now time.Time) []byte {
	text := make([]byte, 0, len(value)+len(lastAccessKey)+16)
	if start, end, ok := lastAccess(value); ok {
		text = append(text, value[:start]...)
		text = strconv.AppendInt(text, now.UnixMilli(), 10)
		return append(text, value[end:]...)
	}
	last := bytes.LastIndexByte(value, '}')
	if last < 0 {
		return append(text, value...)
	}
	text = append(text, value[:last]...)
	if before := bytes.TrimRight(text, " \t\r\n"); len(before) > 0 && before[len(before)-1] != '{' {
		text = append(text, ',')
	}
	text = append(text, lastAccessKey...)
	text = strconv.AppendInt(text, now.UnixMilli(), 10)
	return append(text, '}')
}

// lastAccess finds where the value of __lastAccess stands: value[start:end].
// Sessions may have the same key deeper inside, or in a text.
func lastAccess(value []byte) (start, end int, ok bool) {
	at := bytes.LastIndex(value, []byte(lastAccessKey))
	if at < 0 {
		return 0, 0, false
	}
	// Mostly it is the last member: nothing but digits and the object's end follow.
	start = at + len(lastAccessKey)
	if end = digits(value, start); end > start && end == len(value)-1 && value[end] == '}' {
		return start, end, true
	}
	depth, inString := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		if !inString && depth == 1 && c == '"' && bytes.HasPrefix(value[i:], []byte(lastAccessKey)) {
			start = i + len(lastAccessKey)
			return start, digits(value, start), true
		}
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '['):
			depth++
		case !inString && (c == '}' || c == ']'):
			depth--
		}
	}
	return 0, 0, false
}

func digits(value []byte, from int) int {
	for from < len(value) && '0' <= value[from] && value[from] <= '9' {
		from++
	}
	return from
}

// expired is session-file-store's isExpired: __lastAccess + (originalMaxAge or
// ttl) lies before now. A session without __lastAccess never expires, since NaN
// is before nothing.
func expired(value []byte, ttl time.Duration, now time.Time) bool {
	start, end, ok := lastAccess(value)
	if !ok {
		return false
	}
	accessed, err := strconv.ParseInt(string(value[start:end]), 10, 64)
	if err != nil {
		return false
	}
	lifetime := ttl
	if maxAge := originalMaxAge(value); maxAge != 0 {
		lifetime = maxAge
	}
	return accessed+lifetime.Milliseconds() < now.UnixMilli()
}

func originalMaxAge(value []byte) time.Duration {
	c, err := drivers.ParseCookie(value)
	if err == nil {
		return c.MaxAge
	}
	// Somebody else's session, whose first key is not the cookie.
	var session struct {
		Cookie struct {
			OriginalMaxAge float64 `json:"originalMaxAge"`
		} `json:"cookie"`
	}
	if json.Unmarshal(value, &session) != nil {
		return 0
	}
	return time.Duration(session.Cookie.OriginalMaxAge * float64(time.Millisecond))
}
