package cli

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sessionbench/bench/internal/testserver"
)

// superuser is a connection to a server of the tests.
func superuser(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func run(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// dropAfter ends what a test made in the shared server.
func dropAfter(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	t.Cleanup(func() {
		for _, sql := range statements {
			if _, err := conn.Exec(context.Background(), sql); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

// inDatabase is the address of a server's database.
func inDatabase(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func TestPostgresAccounts(t *testing.T) {
	t.Parallel()
	shared := testserver.Postgres(t)
	host := hostOf(t, shared)
	root := superuser(t, shared)
	roles := []string{"app", "other", "nocreate", "noinsert", "noupdate", "noselect", "nodelete", "crowded", "outsider"}
	for _, role := range roles {
		run(t, root, `CREATE ROLE trouble_`+role+` LOGIN PASSWORD '`+secret+`'`)
		dropAfter(t, root, `DROP ROLE trouble_`+role)
	}
	run(t, root, `CREATE DATABASE trouble`, `CREATE DATABASE trouble_frozen OWNER trouble_app`, `CREATE DATABASE trouble_closed`,
		`ALTER ROLE trouble_other PASSWORD 'another'`, `ALTER ROLE trouble_crowded CONNECTION LIMIT 0`,
		`REVOKE CONNECT ON DATABASE trouble_closed FROM PUBLIC`, `ALTER DATABASE trouble_frozen SET default_transaction_read_only = on`)
	dropAfter(t, root, `DROP DATABASE trouble WITH (FORCE)`, `DROP DATABASE trouble_frozen WITH (FORCE)`, `DROP DATABASE trouble_closed WITH (FORCE)`)
	inside := superuser(t, inDatabase(t, shared, "trouble"))
	run(t, inside,
		`CREATE TABLE theirs (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`,
		`INSERT INTO theirs VALUES ('hers', '{}', now() + interval '1 day')`,
		`CREATE TABLE binary_json (sid varchar PRIMARY KEY, sess jsonb NOT NULL, expire timestamp(6) NOT NULL)`,
		`CREATE TABLE zoned (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`,
		`CREATE FUNCTION earlier() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.expire = NEW.expire - interval ''1 hour''; RETURN NEW; END'`,
		`CREATE TRIGGER earlier BEFORE INSERT ON zoned FOR EACH ROW EXECUTE FUNCTION earlier()`,
		`CREATE TABLE unlike (id int)`,
		`GRANT ALL ON binary_json, zoned, unlike TO trouble_app`,
		`GRANT SELECT, UPDATE, DELETE ON theirs TO trouble_noinsert`, `GRANT SELECT, INSERT, DELETE ON theirs TO trouble_noupdate`,
		`GRANT INSERT, UPDATE, DELETE ON theirs TO trouble_noselect`, `GRANT SELECT, INSERT, UPDATE ON theirs TO trouble_nodelete`)
	keepsTables(t, inside, "binary_json 0", "theirs 1", "unlike 0", "zoned 0")
	at := func(user, database string) string {
		return "postgres=postgres://trouble_" + user + ":" + secret + "@" + host + "/" + database
	}
	in := func(table string) []string { return []string{"--set=postgres.table=" + table, "--use-existing"} }

	const unknown = `password authentication failed for user "trouble_\w+" \(SQLSTATE 28P01\): give a user and password in the URL that the server knows$`
	const grant = `permission denied for table theirs \(SQLSTATE 42501\): grant the account SELECT, INSERT, UPDATE and DELETE on it$`
	const trial = `a trial session: (set|get|touch|destroy) session bench---\S+: `
	for _, c := range []aTrouble{
		{name: "wrong password", target: at("other", "trouble"), says: unknown},
		{name: "unknown user", target: at("nobody", "trouble"), says: unknown},
		{name: "no password", target: "postgres=postgres://trouble_app@" + host + "/trouble", says: unknown},
		{name: "no such database", target: at("app", "nowhere"), says: `database "nowhere" does not exist \(SQLSTATE 3D000\): create it, or give the name of another at the end of the URL$`},
		{name: "no such schema", target: at("app", "trouble"), args: []string{"--set=postgres.schema=nowhere"}, says: `create the table "nowhere"\."session": schema "nowhere" does not exist \(SQLSTATE 3F000\): create it, or set another with --set postgres\.schema$`},
		{name: "may not connect", target: at("outsider", "trouble_closed"), says: `permission denied for database "trouble_closed" \(SQLSTATE 42501\): grant the account CONNECT on it$`},
		{name: "may not create", target: at("nocreate", "trouble"), says: `create the table "session": permission denied for schema public \(SQLSTATE 42501\): grant the account CREATE on it, or have the table made and use it with --use-existing$`},
		{name: "may not write", target: at("noinsert", "trouble"), args: in("theirs"), says: trial + grant},
		{name: "may not expire", target: at("noupdate", "trouble"), args: in("theirs"), says: trial + grant},
		{name: "may not read", target: at("noselect", "trouble"), args: in("theirs"), says: `look into the table "theirs": ` + grant},
		{name: "may not destroy", target: at("nodelete", "trouble"), args: in("theirs"), says: trial + grant},
		{name: "out of connections", target: at("crowded", "trouble"), says: `too many connections for role "trouble_crowded" \(SQLSTATE 53300\): end some of the server's connections, or allow the account, the database or the server more$`},
		{name: "read-only", target: at("app", "trouble_frozen"), says: `create the table "session": cannot execute CREATE TABLE in a read-only transaction \(SQLSTATE 25006\): give the primary's address, or a database or account with default_transaction_read_only off$`},
		{name: "another table", target: at("app", "trouble"), args: in("unlike"), says: `look into the table "unlike": column "sess" does not exist \(SQLSTATE 42703\): it is no table of connect-pg-simple: give another name with --set postgres\.table$`},
		{name: "jsonb", target: at("app", "trouble"), args: in("binary_json"), says: `a trial session: session bench---\S+ holds no csrf token of ours, and it was stored with one: does the store keep the text as it is given\?$`},
		{name: "over when it is stored", target: at("app", "trouble"), args: in("zoned"), says: `a trial session: bench---\S+ was stored and is not there: does another server answer the reads, or does the store's clock or time zone change between two connections\?$`},
	} {
		c.run(t)
	}
}

// keepsTables wants these tables, each with its number of rows, when the test is
// over.
func keepsTables(t *testing.T, conn *pgx.Conn, want ...string) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.Background()
		rows, err := conn.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
		if err != nil {
			t.Error(err)
			return
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Error(err)
		}
		for i, table := range tables {
			var count string
			if err := conn.QueryRow(ctx, `SELECT count(*)::text FROM `+table).Scan(&count); err != nil {
				t.Error(err)
			}
			tables[i] += " " + count
		}
		if !slices.Equal(tables, want) {
			t.Errorf("the database holds %q, want %q", tables, want)
		}
	})
}

// The server itself refuses who comes without TLS.
func TestPostgresWantsTLS(t *testing.T) {
	t.Parallel()
	address := testserver.OwnPostgres(t).URL
	conn := superuser(t, address)
	run(t, conn,
		`CREATE ROLE app LOGIN PASSWORD '`+secret+`'`,
		`CREATE TEMP TABLE rules (line text)`, `INSERT INTO rules VALUES ('hostssl all app 127.0.0.1/32 scram-sha-256'), ('host all postgres 127.0.0.1/32 scram-sha-256')`,
		`COPY rules TO PROGRAM 'cat > pg_hba.conf'`, `SELECT pg_reload_conf()`)
	for rules := 0; rules != 2; {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_hba_file_rules WHERE database IS NOT NULL`).Scan(&rules); err != nil {
			t.Fatal(err)
		}
	}
	aTrouble{
		name: "plain to TLS alone", target: "postgres=postgres://app:" + secret + "@" + hostOf(t, address) + "/postgres?sslmode=disable",
		says: `no pg_hba\.conf entry .*no encryption \(SQLSTATE 28000\): ask for TLS with \?sslmode=require$`,
	}.run(t)
}

// A real standby, which follows a primary: its refusal differs from that of a
// database that is read-only by a setting.
func TestPostgresHotStandby(t *testing.T) {
	t.Parallel()
	address := testserver.OwnPostgres(t).URL
	primary := superuser(t, address)
	var bin, data string
	if err := primary.QueryRow(t.Context(), `SELECT setting, current_setting('data_directory') FROM pg_config WHERE name = 'BINDIR'`).Scan(&bin, &data); err != nil {
		t.Fatal(err)
	}
	standby, port := data+"-standby", freePort(t)
	// What the server runs for us runs under its own account, which must own the copy.
	shell := func(command string) string {
		return `COPY (SELECT 1) TO PROGRAM '` + command + ` >>` + standby + `.log 2>&1'`
	}
	run(t, primary, shell(bin+"/pg_basebackup --checkpoint=fast --no-sync -R -D "+standby+" -d "+address))
	t.Cleanup(func() {
		if _, err := primary.Exec(context.Background(), shell(bin+"/pg_ctl stop -m immediate -D "+standby)); err != nil {
			t.Error(err)
		}
	})
	run(t, primary, shell(bin+`/pg_ctl start -D `+standby+` -o "-p `+port+` -k `+filepath.Dir(data)+`"`))
	at := strings.Replace(address, hostOf(t, address), "127.0.0.1:"+port, 1)
	const advice = ` in a read-only transaction \(SQLSTATE 25006\): give the primary's address, or a database or account with default_transaction_read_only off$`
	t.Run("without the table", aTrouble{
		name: "standby", target: "postgres=" + at, says: `create the table "session": cannot execute CREATE TABLE` + advice,
	}.run)
	run(t, primary, `CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`)
	follower := superuser(t, at)
	for there := false; !there; {
		if err := follower.QueryRow(t.Context(), `SELECT to_regclass('session') IS NOT NULL`).Scan(&there); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("with the table", aTrouble{
		name: "standby", target: "postgres=" + at, args: []string{"--use-existing"}, says: `a trial session: .*cannot execute DELETE` + advice,
	}.run)
}

// freePort is a port of 127.0.0.1 where nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
