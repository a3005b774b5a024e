package drivertest

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// IDs makes session ids like uid-safe(24): 32 characters of base64url, all with
// the same first 8, which no other IDs has.
type IDs struct {
	Prefix string
	made   atomic.Int64
}

// NewIDs returns an IDs with a prefix of its own.
func NewIDs() *IDs { return &IDs{Prefix: random(6)} }

func random(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Next makes an id. Each has a "-" and a "_", which stores could take for
// something else. It is safe for concurrent use.
func (ids *IDs) Next() string {
	n := strconv.FormatInt(ids.made.Add(1), 36)
	return ids.Prefix + "-" + strings.Repeat("0", 6-len(n)) + n + "_" + random(12)
}

// Value is a session's JSON text as the recorded ones have it: the cookie, then
// user, csrf and n. More JSON members may follow in extra, such as `"a":1,"b":2`.
func Value(c drivers.Cookie, n int, extra string) []byte {
	value := append([]byte(`{"cookie":`), c.AppendJSON(nil)...)
	value = append(value, `,"user":{"id":42,"name":"alice"},"csrf":"Zm9vYmFy","n":`...)
	value = strconv.AppendInt(value, int64(n), 10)
	if extra != "" {
		value = append(append(value, ','), extra...)
	}
	return append(value, '}')
}

// Record is a session that is saved now and lives for the given lifetime; 0
// makes one with a session cookie.
func Record(id string, lifetime time.Duration, n int, extra string) drivers.Record {
	c := drivers.NewCookie(time.Now(), lifetime)
	return drivers.Record{ID: id, Value: Value(c, n, extra), Cookie: c}
}

// Padding is a JSON member of the given size in bytes, for Value's extra.
func Padding(size int) string {
	const around = len(`"pad":""`)
	return `"pad":"` + strings.Repeat("x", max(0, size-around)) + `"`
}
