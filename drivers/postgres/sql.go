package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sessionbench/bench/drivers"
)

// What connect-pg-simple sends, character for character, for its default table.
// Like its own code, this replaces the quoted name for another table.
const (
	sqlGet     = `SELECT sess FROM "session" WHERE sid = $1 AND expire >= to_timestamp($2)`
	sqlSet     = `INSERT INTO "session" (sess, expire, sid) SELECT $1, to_timestamp($2), $3 ON CONFLICT (sid) DO UPDATE SET sess=$1, expire=to_timestamp($2) RETURNING sid`
	sqlTouch   = `UPDATE "session" SET expire = to_timestamp($1) WHERE sid = $2 RETURNING sid`
	sqlDestroy = `DELETE FROM "session" WHERE sid = $1`
	sqlPrune   = `DELETE FROM "session" WHERE expire < to_timestamp($1)`
	sqlFind    = `SELECT to_regclass($1::text)`
	sqlCreate  = `CREATE TABLE "session" (
  "sid" varchar NOT NULL COLLATE "default",
  "sess" json NOT NULL,
  "expire" timestamp(6) NOT NULL
)
WITH (OIDS=FALSE);

ALTER TABLE "session" ADD CONSTRAINT "session_pkey" PRIMARY KEY ("sid") NOT DEFERRABLE INITIALLY IMMEDIATE;

CREATE INDEX "IDX_session_expire" ON "session" ("expire");
`
)

// mark is the comment of a table that bench made, by which a later run knows it.
const mark = "made by bench, which drops it"

// What bench sends besides. A marked table is dropped when nobody has sessions
// in it, which the lock makes sure of.
const (
	sqlMark     = `COMMENT ON TABLE "session" IS '` + mark + `'`
	sqlMarkOf   = `SELECT obj_description(to_regclass($1::text), 'pg_class')`
	sqlProbe    = `SELECT sess, expire, sid FROM "session" LIMIT 0`
	sqlDropMade = `DO $$ BEGIN
IF obj_description(to_regclass('"session"'), 'pg_class') = '` + mark + `' THEN
LOCK TABLE "session";
IF NOT EXISTS (SELECT FROM "session") THEN DROP TABLE "session"; END IF;
END IF;
EXCEPTION WHEN undefined_table THEN NULL; -- another run was quicker
END $$`
	sqlCount  = `SELECT count(*) FROM "session"`
	sqlLoad   = `INSERT INTO "session" (sess, expire, sid) SELECT sess, to_timestamp(expire), sid FROM unnest($1::json[], $2::float8[], $3::varchar[]) AS r(sess, expire, sid) ON CONFLICT (sid) DO UPDATE SET sess=excluded.sess, expire=excluded.expire`
	sqlRemove = `DELETE FROM "session" WHERE sid = ANY($1::varchar[])`
	sqlList   = `SELECT sid FROM "session" WHERE starts_with(sid, $1)`
)

// table is one table of sessions.
type table struct{ schema, name string }

func tableOf(o drivers.Options) table { return table{o.Text(optSchema), o.Text(optTable)} }

// quoted is the name as connect-pg-simple's quotedTable gives it.
func (t table) quoted() string {
	if t.schema == "" {
		return pgx.Identifier{t.name}.Sanitize()
	}
	return pgx.Identifier{t.schema, t.name}.Sanitize()
}

// sql makes a statement one about this table.
func (t table) sql(statement string) string {
	return strings.ReplaceAll(statement, `"session"`, t.quoted())
}

// literal makes a statement, in which the table's name also stands within a
// string, one about this table.
func (t table) literal(statement string) string {
	inString := `'` + strings.ReplaceAll(t.quoted(), `'`, `''`) + `'`
	return t.sql(strings.ReplaceAll(statement, `'"session"'`, inString))
}

// create is the definition and the mark, which the server takes as one
// transaction. The names of a table's indexes must be its own.
func (t table) create() string {
	named := strings.NewReplacer(
		`"session"`, t.quoted(),
		`"session_pkey"`, pgx.Identifier{t.name + "_pkey"}.Sanitize(),
		`"IDX_session_expire"`, pgx.Identifier{"IDX_" + t.name + "_expire"}.Sanitize(),
	)
	return named.Replace(sqlCreate + sqlMark)
}

// The names of the prepared statements.
const (
	nameGet     = "bench_get"
	nameSet     = "bench_set"
	nameTouch   = "bench_touch"
	nameDestroy = "bench_destroy"
)

// statement is what one kind of call sends.
type statement struct {
	name string
	sql  string
	// prepared is its description, the same on every connection; nil for the
	// express client, which prepares nothing. Open alone sets it.
	prepared *pgconn.StatementDescription
}

// wire gives the statements as the server logs them, without its word for those
// that have no name.
func wire(cfg drivers.Config) []drivers.WireCall {
	t := tableOf(cfg.Options)
	call := func(kind drivers.Call, name, sql string) drivers.WireCall {
		sends := t.sql(sql)
		if cfg.Client == drivers.Native {
			sends = "execute " + name + ": " + sends
		}
		return drivers.WireCall{Call: kind.String(), Sends: []string{sends}}
	}
	opening := drivers.WireCall{Call: "open", Sends: []string{sqlFind}}
	if cfg.Options.Bool(optCreateTable) {
		opening.Sends = append(opening.Sends, t.create())
	}
	touch := call(drivers.Touch, nameTouch, sqlTouch)
	if cfg.Options.Bool(optDisableTouch) {
		touch.Sends = []string{"nothing (disable_touch)"}
	}
	calls := []drivers.WireCall{
		opening, call(drivers.Get, nameGet, sqlGet), call(drivers.Set, nameSet, sqlSet), touch,
		call(drivers.Destroy, nameDestroy, sqlDestroy),
	}
	if cfg.Options.Duration(optPruneInterval) > 0 {
		calls = append(calls, drivers.WireCall{Call: "prune", Sends: []string{t.sql(sqlPrune)}})
	}
	return calls
}
