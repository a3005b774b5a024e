package interop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
)

// store is one store that a middleware and a driver have in common.
type store struct {
	name string
	// clients are the driver's modes whose data the middleware reads.
	clients []drivers.Client
	// place makes a place for sessions that nobody else uses.
	place func(t testing.TB) place
}

// place is where a test's sessions are: as the driver names it, as the
// middleware does, and as somebody who looks at the data itself.
type place struct {
	url      string
	settings map[string]string
	options  map[string]any
	// purging are further options, with which the middleware purges every second
	// or at its start; nil: the server does.
	purging map[string]any
	// alone says that one test at a time may use the place.
	alone bool
	look  func(t testing.TB, id string) stored
}

// stored is a session as it lies in the store; the zero one is not there.
type stored struct {
	// shape is what stays the same for every session: types, fields, rights.
	shape string
	value string
	// expires is when the store takes the session for expired.
	expires time.Time
}

// stores has no memory: a MemoryStore is an object of its own process, which no
// other one can reach.
var stores = []store{
	{"redis", both, redisPlace},
	{"postgres", both, postgresPlace},
	{"mongo", both, mongoPlace},
	// The native client's files say when they expire by their modification time,
	// and session-file-store's by __lastAccess.
	{"file", []drivers.Client{drivers.Express}, filePlace},
	{"sqlite", both, sqlitePlace},
}

var both = []drivers.Client{drivers.Express, drivers.Native}

var places atomic.Int64

func unique(name string) string { return fmt.Sprintf("%s%d", name, places.Add(1)) }

func redisPlace(t testing.TB) place {
	url, prefix := testserver.Redis(t), unique("place")+":"
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(options)
	t.Cleanup(func() { c.Close() })
	return place{
		url: url, settings: map[string]string{"prefix": prefix},
		options: map[string]any{"url": url, "prefix": prefix},
		look: func(t testing.TB, id string) stored {
			t.Helper()
			value, err := c.Get(t.Context(), prefix+id).Result()
			if errors.Is(err, goredis.Nil) {
				return stored{}
			}
			end, endErr := c.PExpireTime(t.Context(), prefix+id).Result()
			kind, kindErr := c.Type(t.Context(), prefix+id).Result()
			if err := errors.Join(err, endErr, kindErr); err != nil {
				t.Fatal(err)
			}
			return stored{kind, value, time.UnixMilli(end.Milliseconds())}
		},
	}
}

func postgresPlace(t testing.TB) place {
	// connect-pg-simple names the indexes of every table alike, so that only a
	// schema has room for a second one.
	url, schema := testserver.Postgres(t), unique("place")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	lock := make(chan struct{}, 1)
	return place{
		url: url, settings: map[string]string{"schema": schema},
		options: map[string]any{"conString": url, "schemaName": schema, "createTableIfMissing": true, "pruneSessionInterval": false},
		purging: map[string]any{"pruneSessionInterval": 1},
		look: func(t testing.TB, id string) (s stored) {
			t.Helper()
			lock <- struct{}{} // one connection for one query at a time
			defer func() { <-lock }()
			row := conn.QueryRow(t.Context(), `SELECT concat_ws(' ', pg_typeof(sid), pg_typeof(sess), pg_typeof(expire)), sess::text,
				expire AT TIME ZONE current_setting('TimeZone') FROM `+schema+`.session WHERE sid = $1`, id)
			if err := row.Scan(&s.shape, &s.value, &s.expires); err != nil && !errors.Is(err, pgx.ErrNoRows) {
				t.Fatal(err)
			}
			return s
		},
	}
}

func mongoPlace(t testing.TB) place {
	url := mongotest.URL(t)
	c, err := mongo.Connect(mongooptions.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(context.Background()) })
	return place{
		url: url + "bench", settings: map[string]string{"autoremove": "interval"},
		options: map[string]any{"mongoUrl": url, "dbName": "bench", "autoRemove": "disabled"},
		purging: map[string]any{"autoRemove": "interval", "autoRemoveInterval": 1.0 / 60},
		look: func(t testing.TB, id string) (s stored) {
			t.Helper()
			doc, err := c.Database("bench").Collection("sessions").FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Raw()
			if errors.Is(err, mongo.ErrNoDocuments) {
				return stored{}
			}
			if err != nil {
				t.Fatal(err)
			}
			fields, err := doc.Elements()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fields {
				s.shape += f.Key() + " " + f.Value().Type.String() + "; "
			}
			s.value, s.expires = doc.Lookup("session").StringValue(), doc.Lookup("expires").Time()
			return s
		},
	}
}

// lastAccess is what session-file-store adds to each session.
var lastAccess = regexp.MustCompile(`,"__lastAccess":(\d+)`)

// plain is a session's text without what its store added.
func plain(value string) string { return lastAccess.ReplaceAllString(value, "") }

func filePlace(t testing.TB) place {
	folder := filepath.Join(t.TempDir(), "sessions")
	return place{
		url: folder, options: map[string]any{"path": folder, "reapInterval": -1},
		purging: map[string]any{"reapInterval": 1},
		look: func(t testing.TB, id string) (s stored) {
			t.Helper()
			files, err := filepath.Glob(filepath.Join(folder, id+"*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files { // one, unless a temporary one was left
				info, err := os.Stat(f)
				if err != nil {
					t.Fatal(err)
				}
				s.shape += strings.TrimPrefix(filepath.Base(f), id) + " " + info.Mode().String() + "; "
			}
			if len(files) == 0 {
				return s
			}
			value, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			s.value = string(value)
			s.expires = fileExpires(t, s.value)
			return s
		},
	}
}

// fileExpires is __lastAccess + originalMaxAge, or an hour.
func fileExpires(t testing.TB, value string) time.Time {
	t.Helper()
	found := lastAccess.FindStringSubmatch(value)
	if found == nil {
		return time.Time{}
	}
	accessed, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := drivers.ParseCookie([]byte(value))
	if err != nil {
		t.Fatal(err)
	}
	if cookie.MaxAge == 0 {
		cookie.MaxAge = time.Hour
	}
	return time.UnixMilli(accessed).Add(cookie.MaxAge)
}

// sqlitePlace looks with the driver's own library: it is the one SQLite of this
// process, and connect-sqlite3's is the one of the app's.
func sqlitePlace(t testing.TB) place {
	folder := t.TempDir()
	file := filepath.Join(folder, "sessions")
	return place{
		url: file, settings: map[string]string{"journal_mode": "delete"},
		options: map[string]any{"dir": folder},
		purging: map[string]any{},
		alone:   true,
		look: func(t testing.TB, id string) (s stored) {
			t.Helper()
			db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var end float64
			row := db.QueryRowContext(t.Context(), "SELECT typeof(sid) || ' ' || typeof(expired) || ' ' || typeof(sess), sess, expired FROM sessions WHERE sid = ?", id)
			if err := row.Scan(&s.shape, &s.value, &end); errors.Is(err, sql.ErrNoRows) {
				return s
			} else if err != nil {
				t.Fatal(err)
			}
			s.expires = time.UnixMilli(int64(end))
			return s
		},
	}
}
