package cli

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
)

// foreign is a store in which other people's data is.
type foreign struct {
	target string   // as --store takes it
	args   []string // that it needs
	taken  bool     // the place of the sessions is there already, and needs --use-existing
	// dump is all that is in the store, as its own tools see it, down to where a
	// row lies and when a file was written.
	dump func(t *testing.T) string
}

// Whatever becomes of a run, other people's data is as it was and none of its own
// is left, unless it was told to keep it.
func TestOtherPeoplesDataIsUntouched(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) foreign{
		"redis":                      foreignRedis,
		"a table of postgres":        func(t *testing.T) foreign { return foreignPostgres(t, true) },
		"a database of postgres":     func(t *testing.T) foreign { return foreignPostgres(t, false) },
		"a collection of mongo":      func(t *testing.T) foreign { return foreignMongo(t, true) },
		"a database of mongo":        func(t *testing.T) foreign { return foreignMongo(t, false) },
		"a folder of sessions":       func(t *testing.T) foreign { return foreignFolder(t, true) },
		"a folder of other things":   func(t *testing.T) foreign { return foreignFolder(t, false) },
		"a table of an SQLite file":  func(t *testing.T) foreign { return foreignSQLite(t, true) },
		"an SQLite file of an other": func(t *testing.T) foreign { return foreignSQLite(t, false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			v := &visit{foreign: f, room: newRoom(t), before: f.dump(t)}
			v.all(t)
		})
	}
}

// visit is all that bench does to one store.
type visit struct {
	foreign
	room
	before string
}

func (v *visit) all(t *testing.T) {
	if v.taken {
		v.refused(t)
		v.args = append(v.args, "--use-existing")
	}
	v.ends(t, "a run", exitDone)
	v.same(t, "a run")
	v.ends(t, "a run of the native client", exitDone, "--client=native")
	v.same(t, "a run of the native client")
	if status := v.signalled(t, syscall.SIGINT); status != exitInterrupted {
		t.Errorf("interrupted: exit %d", status)
	}
	v.same(t, "an interrupt")
	v.clean(t)
	v.same(t, "cleaning what is clean")
	v.signalled(t, syscall.SIGKILL)
	v.clean(t)
	v.same(t, "a kill and bench clean")
	v.ends(t, "a run with --keep", exitDone, "--keep")
	if v.dump(t) == v.before {
		t.Error("--keep kept nothing")
	}
	v.clean(t)
	v.same(t, "--keep and bench clean")
}

// refused wants one line that names the way to go on.
func (v *visit) refused(t *testing.T) {
	t.Helper()
	said := v.ends(t, "a place that is taken", exitUsage)
	if strings.Count(said, "\n") != 1 || !strings.Contains(said, "is already there: --use-existing works in it") {
		t.Errorf("a place that is taken: it says\n%s", said)
	}
	v.same(t, "a refusal")
}

func (v *visit) same(t *testing.T, after string) {
	t.Helper()
	if now := v.dump(t); now != v.before {
		t.Errorf("after %s there is\n%s\nand before there was\n%s", after, now, v.before)
		v.before = now
	}
}

// ends runs bench in the store; it must end with the status.
func (v *visit) ends(t *testing.T, what string, want int, more ...string) (said string) {
	t.Helper()
	status, said := v.bench(t, v.run(append([]string{"--duration=100ms"}, more...)...)...)
	if status != want {
		t.Errorf("%s: exit %d, not %d\n%s", what, status, want, said)
	}
	return said
}

func (v *visit) run(more ...string) []string {
	return slices.Concat([]string{"--store=" + v.target, "--warmup=0s", "--sessions=40", "--workers=2"}, v.args, more)
}

// signalled sends a signal to a run that is in the midst of its load.
func (v *visit) signalled(t *testing.T, sig syscall.Signal) (status int) {
	t.Helper()
	run := v.start(t, v.run("--duration=60s")...)
	run.until(t, " steady")
	time.Sleep(50 * time.Millisecond) // some way into the load
	run.signal(t, sig)
	return run.end(t)
}

func (v *visit) clean(t *testing.T) {
	t.Helper()
	args := slices.DeleteFunc(slices.Clone(v.args), func(arg string) bool { return arg == "--use-existing" })
	if status, said := v.bench(t, append([]string{"clean", v.target}, args...)...); status != exitDone {
		t.Errorf("clean: exit %d\n%s", status, said)
	}
}

// almostOurs are ids that begin as ours do, or nearly so.
func almostOurs() []string {
	random := make([]byte, 18)
	rand.Read(random)
	return []string{
		"bench---" + base64.RawURLEncoding.EncodeToString(random), "bench---", "bench---mine", "bench--", "Bench---" + strings.Repeat("a", 24),
		"bench-_-" + strings.Repeat("a", 24), "bench",
	}
}

const theirs = `{"cookie":{"originalMaxAge":1000,"expires":"2001-01-01T00:00:00.000Z","httpOnly":true,"path":"/"},"user":"hers"}`

func foreignRedis(t *testing.T) foreign {
	url := testserver.OwnRedis(t).URL
	opts, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(opts)
	t.Cleanup(func() { c.Close() })
	ctx := t.Context()
	p := c.Pipeline()
	for _, id := range append(almostOurs(), "somebody") {
		p.Set(ctx, "sess:"+id, theirs, 0)
		p.Set(ctx, id, theirs, time.Hour)
	}
	p.RPush(ctx, "sess:bench---list", 1, 2)
	p.HSet(ctx, "bench:hash", "a", "b")
	p.ZAdd(ctx, "sess:", goredis.Z{Score: 1, Member: "m"})
	if _, err := p.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	return foreign{target: "redis=" + url, dump: func(t *testing.T) string { return dumpRedis(t, c) }}
}

func dumpRedis(t *testing.T, c *goredis.Client) string {
	t.Helper()
	ctx := t.Context()
	keys, err := c.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	var lines strings.Builder
	for _, key := range keys {
		value, err := c.Dump(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		ends, err := c.PExpireTime(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%q %d %q\n", key, ends, value)
	}
	return lines.String()
}

func foreignPostgres(t *testing.T, taken bool) foreign {
	url := testserver.OwnPostgres(t, "autovacuum=off").URL
	run := func(sql string, args ...any) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE TABLE orders (id int PRIMARY KEY, note text);
		INSERT INTO orders VALUES (1, 'bench---'), (2, NULL);
		CREATE INDEX "IDX_session_expires" ON orders (note);
		CREATE TABLE sessions (sid varchar PRIMARY KEY, sess json, expire timestamp);
		INSERT INTO sessions VALUES ('bench---1', '{}', now())`)
	if taken {
		schema, err := os.ReadFile(filepath.Join("..", "..", "drivers", "postgres", "testdata", "pg-table.sql"))
		if err != nil {
			t.Fatal(err)
		}
		run(string(schema))
		run(`COMMENT ON TABLE session IS 'ours'; CREATE INDEX ours ON session ((sess->>'user'))`)
		for i, id := range append(almostOurs(), "somebody") {
			run(`INSERT INTO session VALUES ($1, $2, now() + $3 * interval '1 day')`, id, theirs, i%2*10-5)
		}
	}
	return foreign{target: "postgres=" + url, taken: taken, dump: func(t *testing.T) string { return dumpPostgres(t, url) }}
}

func dumpPostgres(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	list := func(sql string) []string {
		t.Helper()
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	lines := list(`SELECT concat_ws(' ', oid, relname, relkind, relfilenode, obj_description(oid), CASE relkind WHEN 'i' THEN pg_get_indexdef(oid) END)
		FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid`)
	for _, table := range list(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`) {
		lines = append(lines, table)
		lines = append(lines, list(`SELECT concat_ws(' ', r.ctid, r.xmin, r.xmax, r::text) FROM `+pgx.Identifier{table}.Sanitize()+` r ORDER BY r.ctid`)...)
	}
	return strings.Join(lines, "\n")
}

func foreignMongo(t *testing.T, taken bool) foreign {
	url := mongotest.URL(t)
	c, err := mongo.Connect(options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(context.Background()) })
	db := c.Database("app")
	collections := []string{"orders", "session"}
	if taken {
		collections = append(collections, "sessions")
	}
	for _, name := range collections {
		var documents []any
		for _, id := range append(almostOurs(), "somebody") {
			documents = append(documents, bson.D{{Key: "_id", Value: id}, {Key: "expires", Value: time.Unix(1, 0)}, {Key: "session", Value: theirs}})
		}
		if _, err := db.Collection(name).InsertMany(t.Context(), documents); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Collection(name).Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "session", Value: 1}}}); err != nil {
			t.Fatal(err)
		}
	}
	return foreign{
		target: "mongo=" + strings.TrimRight(url, "/") + "/app", args: []string{"--set=mongo.autoremove=disabled"}, taken: taken,
		dump: func(t *testing.T) string { return dumpMongo(t, db) },
	}
}

func dumpMongo(t *testing.T, db *mongo.Database) string {
	t.Helper()
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var lines []string
	add := func(cursor *mongo.Cursor, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var all []bson.Raw
		if err := cursor.All(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, document := range all {
			texts = append(texts, document.String())
		}
		slices.Sort(texts)
		lines = append(lines, texts...)
	}
	for _, name := range names {
		lines = append(lines, name)
		add(db.Collection(name).Find(t.Context(), bson.D{}))
		add(db.Collection(name).Indexes().List(t.Context()))
	}
	return strings.Join(lines, "\n")
}

func foreignFolder(t *testing.T, taken bool) foreign {
	dir := filepath.Join(t.TempDir(), "a folder")
	files := []string{"notes.txt", "bench---", "bench---mine.txt", "bench---mine.json.bak", "probe.1", "below/bench---mine.json"}
	if taken {
		for _, id := range append(almostOurs(), "somebody") {
			files = append(files, id+".json", id+".json.123")
		}
	}
	for _, name := range files {
		path := filepath.Join(dir, name)
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(theirs), 0o640), os.Chtimes(path, time.Unix(1, 2), time.Unix(3, 4)))
		if err != nil {
			t.Fatal(err)
		}
	}
	return foreign{target: "file=" + dir, taken: taken, dump: func(t *testing.T) string { return dumpFolder(t, dir) }}
}

func dumpFolder(t *testing.T, dir string) string {
	t.Helper()
	var lines strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil || e.IsDir() {
			fmt.Fprintln(&lines, path)
			return err
		}
		text, err := os.ReadFile(path)
		stat := info.Sys().(*syscall.Stat_t)
		fmt.Fprintln(&lines, path, info.Mode(), stat.Ino, stat.Uid, info.ModTime().UnixNano(), stat.Ctim.Nano(), string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

func foreignSQLite(t *testing.T, taken bool) foreign {
	path := filepath.Join(t.TempDir(), "app.db")
	db := openSQLite(t, path)
	run := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(`PRAGMA user_version = 7; PRAGMA application_id = 1`)
	run(`CREATE TABLE session (sid PRIMARY KEY, expired, sess); INSERT INTO session VALUES ('bench---1', 1, '{}'); CREATE INDEX mine ON session (expired)`)
	if taken {
		run(`CREATE TABLE sessions (sid PRIMARY KEY, expired, sess); CREATE INDEX ours ON sessions (expired)`)
		for i, id := range append(almostOurs(), "somebody") {
			run(`INSERT INTO sessions VALUES (?, ?, ?)`, id, float64(time.Now().UnixMilli()+int64(i%2*10-5)*1e6), theirs)
		}
	}
	return foreign{
		target: "sqlite=" + path, args: []string{"--set=sqlite.journal_mode=delete"}, taken: taken,
		dump: func(t *testing.T) string { return dumpSQLite(t, db) },
	}
}

func openSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func dumpSQLite(t *testing.T, db *sql.DB) string {
	t.Helper()
	list := func(query string) (lines []string) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return lines
	}
	lines := list(`SELECT concat_ws(' ', type, name, sql) FROM sqlite_master ORDER BY name`)
	for _, pragma := range []string{"user_version", "application_id", "journal_mode", "integrity_check"} {
		lines = append(lines, list("PRAGMA "+pragma)...)
	}
	for _, table := range list(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		lines = append(lines, table)
		lines = append(lines, list(`SELECT concat_ws(' ', rowid, quote(sid), quote(expired), typeof(expired), quote(sess)) FROM `+table+` ORDER BY rowid`)...)
	}
	return strings.Join(lines, "\n")
}
