// Package mongo speaks to MongoDB as connect-mongo 6 with the Node driver 7
// does, and as a Go service would. Importing it registers the store "mongo".
package mongo

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// The values of the option autoremove, named as connect-mongo's autoRemove.
const (
	removeNative   = "native"   // the server's TTL index
	removeInterval = "interval" // a timer of the middleware
	removeDisabled = "disabled"
)

func init() { drivers.Register(Store) }

// Store is the store "mongo".
var Store = drivers.Store{
	Name:       "mongo",
	Title:      "MongoDB",
	Middleware: "connect-mongo 6 with mongodb 7",
	Schemes:    []string{"mongodb", "mongodb+srv"},
	TLS:        "?tls=true is with TLS, ?tls=false without",
	Options: []drivers.Option{
		{Name: "collection", Kind: drivers.KindString, Express: "sessions",
			Doc: "collection of the sessions"},
		{Name: "database", Kind: drivers.KindString,
			Doc: `database; empty: the URL's, or "test"`},
		{Name: "ttl", Kind: drivers.KindDuration, Express: "336h", Min: int64(time.Second),
			Doc: "lifetime of a session whose cookie has none"},
		{Name: "autoremove", Kind: drivers.KindChoice, Express: removeNative,
			Choices: []string{removeNative, removeInterval, removeDisabled},
			Doc:     "who removes expired sessions: the server's TTL index, a timer, nobody"},
		{Name: "autoremove_interval", Kind: drivers.KindDuration, Express: "10m", Min: int64(time.Second),
			Doc: "time between two removals with autoremove=interval"},
		{Name: "touch_after", Kind: drivers.KindDuration, Express: "0s",
			Doc: "touch a session only when its last write is this old; 0s: always"},
		{Name: "pool_size", Kind: drivers.KindInt, Express: "100", Min: 1, Max: 10_000,
			Doc: "most connections to a server; the URL's maxPoolSize wins"},
	},
	Facts:  facts,
	Wire:   wire,
	Check:  check,
	Advice: advice,
	Open:   open,
}

const defaultDatabase = "test" // the Node driver's

// database is the one that holds the collection.
func database(cfg drivers.Config) string {
	if name := cfg.Options.Text("database"); name != "" {
		return name
	}
	_, rest, _ := strings.Cut(cfg.URL, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, path, _ := strings.Cut(rest, "/")
	if name, err := url.PathUnescape(path); err == nil && name != "" {
		return name
	}
	return defaultDatabase
}

// poolSize is the most connections to one server; 0: no limit. It reads the URL
// itself, since the official parser asks the DNS about a mongodb+srv one.
func poolSize(cfg drivers.Config) int {
	_, query, _ := strings.Cut(cfg.URL, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if n, err := strconv.Atoi(value); err == nil && strings.EqualFold(name, "maxPoolSize") {
			return n
		}
	}
	return cfg.Options.Int("pool_size")
}
