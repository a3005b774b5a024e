// Package redis speaks to Redis, and to Valkey and others with its protocol, as
// connect-redis 9 and 10 do: one string key a session, which the server expires.
//
// The express client has one connection that the commands of all callers share,
// as node-redis has (link.go); the native one is go-redis with its pool.
package redis

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/sessionbench/bench/drivers"
)

func init() {
	drivers.Register(drivers.Store{
		Name:       "redis",
		Title:      "Redis",
		Middleware: "connect-redis 9/10 with node-redis 6",
		Schemes:    []string{"redis", "rediss", "unix"},
		TLS:        "rediss:// is with TLS, redis:// without",
		Options: []drivers.Option{
			{Name: "prefix", Kind: drivers.KindString, Express: "sess:", Doc: "what every key starts with"},
			{Name: "ttl", Kind: drivers.KindInt, Express: "86400", Doc: "lifetime in seconds of a session whose cookie has none", Min: 1},
			{Name: "disable_touch", Kind: drivers.KindBool, Express: "false", Doc: "touch sends nothing: a session ends its maxAge after the last write"},
			{Name: "disable_ttl", Kind: drivers.KindBool, Express: "false", Doc: "keys without expiry, which never leave the server; touch sends nothing"},
			{Name: "pool_size", Kind: drivers.KindInt, Express: "1", Native: strconv.Itoa(10 * runtime.GOMAXPROCS(0)), Doc: "connections at most; the express client has exactly one", Min: 1, Max: 10_000},
		},
		Facts:  facts,
		Wire:   wire,
		Check:  check,
		Advice: advice,
		Open: func(ctx context.Context, cfg drivers.Config) (drivers.Driver, error) {
			return open(ctx, cfg)
		},
	})
}

func facts(cfg drivers.Config) drivers.Facts {
	f := drivers.Facts{
		Granularity:     time.Second,
		DefaultLifetime: time.Duration(cfg.Options.Int("ttl")) * time.Second,
		TouchMissing:    drivers.TouchSilent,
		TouchLazy:       cfg.Options.Bool("disable_touch") || cfg.Options.Bool("disable_ttl"),
		Connections:     cfg.Options.Int("pool_size"),
		Purge:           drivers.Purge{By: "server"},
		Notes: []drivers.Note{
			{Name: drivers.NoteExpiry, Text: "lifetimes are whole seconds, rounded up, and counted by the server; nobody compares cookie.expires", Source: "connect-redis 10, getTTL"},
			{Name: drivers.NoteLifetime, Source: "connect-redis 10, option ttl"},
			{Name: drivers.NoteTouch, Text: "EXPIRE: the value, and the cookie.expires in it, stay as they were", Source: "connect-redis 10, touch"},
			{Name: drivers.NoteTouchMissing, Text: "EXPIRE of no key is no error", Source: "connect-redis 10, touch; measured"},
			{Name: drivers.NoteMiss, Source: "connect-redis 10, get"},
			{Name: drivers.NotePurge, Text: "an expired key is freed when it is asked for, or in the server's active cycle, a little later", Source: "redis.io, EXPIRE, “How Redis expires keys”"},
		},
	}
	if cfg.Options.Bool("disable_ttl") {
		f.DefaultLifetime = 0
		f.Granularity = drivers.Forever
		f.Purge.By = "never"
		f.Notes = append(f.Notes, drivers.Note{Name: "disable_ttl", Text: "no key has an expiry: sessions stay readable for ever", Source: "connect-redis 10, set"})
	}
	if cfg.Client == drivers.Native {
		f.Notes = append(f.Notes,
			drivers.Note{Name: drivers.NoteConnections, Text: "opened when they are needed; callers wait for one", Source: "go-redis 9 options: PoolSize"},
			drivers.Note{Name: "retries", Text: "none; go-redis's own time limits of a call (3 s) are off too: the run's --timeout alone ends a call", Source: "go-redis 9 options: MaxRetries, ReadTimeout"},
			drivers.Note{Name: "outage", Text: "after as many failed dials as the pool has connections, calls fail at once, and go-redis tries the server once a second", Source: "go-redis 9, internal/pool tryDial"})
		return f
	}
	f.Notes = append(f.Notes,
		drivers.Note{Name: drivers.NoteConnections, Text: "whatever the concurrency: what callers ask at the same moment is written together", Source: "node-redis 6, client/index.ts, #maybeScheduleWrite"},
		drivers.Note{Name: "outage", Text: "while the server is away, calls wait until it is back, their context ends, or they stayed unsent for 5 s; what was sent when the connection broke fails at once, and is not sent again", Source: "node-redis 6, commands-queue.ts flushWaitingForReply, defaults.ts DEFAULT_COMMAND_TIMEOUT"},
		drivers.Note{Name: "reconnect", Text: "at once, then after 100 ms, twice as long each time up to 2 s, and up to 200 ms more, without end", Source: "node-redis 6, socket.ts defaultReconnectStrategy"})
	return f
}

// wire lists what the calls send. For commands of one key the driver knows no
// other spelling than these constants.
func wire(cfg drivers.Config) []drivers.WireCall {
	key := cfg.Options.Text("prefix") + "<id>"
	set := cmdSet + " " + key + " <json>"
	touch := cmdExpire + " " + key + " <ttl>"
	if cfg.Options.Bool("disable_ttl") {
		touch = "nothing (disable_ttl)"
	} else {
		set += " " + argEX + " <ttl>"
	}
	if cfg.Options.Bool("disable_touch") {
		touch = "nothing (disable_touch)"
	}
	return []drivers.WireCall{
		{Call: "open", Sends: []string{cmdHello + " 3", cmdPing}},
		{Call: "get", Sends: []string{cmdGet + " " + key}},
		{Call: "set", Sends: []string{set + "; " + cmdDel + " when ttl <= 0"}},
		{Call: "touch", Sends: []string{touch}},
		{Call: "destroy", Sends: []string{cmdDel + " " + key}},
	}
}
