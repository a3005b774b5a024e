package cli

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/internal/faultproxy"
	"github.com/sessionbench/bench/internal/testserver"
)

// long is a run that goes on until it is interrupted.
func long(r room, out string, more ...string) []string {
	return append([]string{"--warmup=0s", "--duration=5m", "--sessions=200", "--workers=2", "--out=" + filepath.Join(r.temp, out)}, more...)
}

// soon is one that is over soon.
func soon(r room, more ...string) []string {
	return append([]string{"--warmup=0s", "--duration=100ms", "--sessions=50", "--workers=2", "--out=" + filepath.Join(r.temp, "soon")}, more...)
}

// interrupted ends a run and wants its result, in which nothing is lost.
func interrupted(t *testing.T, r room, run *terminal, out string) {
	t.Helper()
	run.signal(t, syscall.SIGINT)
	if status := run.end(t); status != exitInterrupted {
		t.Errorf("exit %d\n%s", status, run.text())
	}
	result := theOnly(t, filepath.Join(r.temp, out))
	if all := result.Summary.Operations["all"]; !result.Interrupted || result.Summary.Violations.Total() > 0 || len(all.Errors) > 0 {
		t.Errorf("interrupted %v, violations %+v, errors %v", result.Interrupted, result.Summary.Violations, all.Errors)
	}
}

func TestASecondBenchIsNoLeftover(t *testing.T) {
	t.Parallel()
	url := testserver.OwnRedis(t).URL
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(options)
	t.Cleanup(func() { c.Close() })
	r := newRoom(t)
	provider := r.start(t, long(r, "provider", "--store=redis", "--backend=process")...)
	user := r.start(t, long(r, "user", "--store=redis="+url)...)
	provider.until(t, " steady")
	user.until(t, " steady")
	folders, processes := r.runFolders(t), processesIn(r.temp)

	for name, args := range map[string][]string{
		"a run in the same store": soon(r, "--store=redis="+url),
		"a run that provides":     soon(r, "--store=redis", "--backend=process"),
		"clean":                   {"clean"},
		"clean of the store":      {"clean", "redis=" + url},
	} {
		status, said := r.bench(t, args...)
		if status != exitDone || strings.Contains(said, "removed the") {
			t.Errorf("%s: exit %d\n%s", name, status, said)
		}
		if name == "clean of the store" && !(strings.Contains(said, "removed 0 sessions") && strings.Contains(said, "sessions of a bench that is running")) {
			t.Errorf("%s: it says\n%s", name, said)
		}
	}
	if n, err := c.DBSize(t.Context()).Result(); err != nil || n < 150 {
		t.Errorf("of 200 sessions there are %d, %v", n, err)
	}
	if now := r.runFolders(t); len(folders) != 2 || strings.Join(now, " ") != strings.Join(folders, " ") {
		t.Errorf("folders %q, before %q", now, folders)
	}
	if now := processesIn(r.temp); len(now) < len(processes) || len(processes) == 0 {
		t.Errorf("processes %q, before %q", now, processes)
	}
	interrupted(t, r, provider, "provider")
	interrupted(t, r, user, "user")
	if n, err := c.DBSize(t.Context()).Result(); err != nil || n != 0 || len(r.runFolders(t)) > 0 {
		t.Errorf("left: %d keys, folders %q, %v", n, r.runFolders(t), err)
	}
}

// Runs on one PostgreSQL work in one table, that of connect-pg-simple, whichever
// of them made it. The last one drops it, and none before: also not while another
// has no sessions yet, or cleans up between two rounds.
func TestRunsAtOnceShareATableAndTheLastOneDropsIt(t *testing.T) {
	t.Parallel()
	url := testserver.OwnPostgres(t).URL
	there := func() (is bool) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if err := conn.QueryRow(t.Context(), `SELECT to_regclass('session') IS NOT NULL`).Scan(&is); err != nil {
			t.Fatal(err)
		}
		return is
	}
	r := newRoom(t)
	store := "--store=postgres=" + url
	waiting := r.start(t, long(r, "waiting", store, "--start-at="+time.Now().Add(time.Hour).Format(time.RFC3339))...)
	waiting.until(t, "waiting until")
	for name, args := range map[string][]string{"a run": soon(r, store), "clean": {"clean", "postgres=" + url}} {
		if status, said := r.bench(t, args...); status != exitDone || !there() {
			t.Errorf("%s beside one that waits: exit %d, the table is there: %v\n%s", name, status, there(), said)
		}
	}
	second := r.start(t, long(r, "second", store)...)
	second.until(t, " steady")
	waiting.signal(t, syscall.SIGINT)
	if status := waiting.end(t); status != exitInterrupted || !there() {
		t.Errorf("the one that made it: exit %d, the table is there: %v\n%s", status, there(), waiting.text())
	}
	interrupted(t, r, second, "second")
	if there() {
		t.Error("the last one left the table")
	}
}

// A server that does not end keeps bench waiting, and then a second signal does
// not.
func TestASecondSignalLeavesAtOnce(t *testing.T) {
	t.Parallel()
	installed(t, "redis", "redis-server")
	r := newRoom(t)
	run := r.start(t, long(r, "results", "--store=redis", "--backend=process")...)
	run.until(t, " steady")
	server := processesIn(r.runFolders(t)[0])
	if len(server) != 1 {
		t.Fatalf("servers %q", server)
	}
	number, _, _ := strings.Cut(server[0], " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	run.signal(t, syscall.SIGTERM)
	time.Sleep(sameInterrupt + 200*time.Millisecond) // until then it counts as the same
	run.signal(t, syscall.SIGTERM)
	if status := run.end(t); status != 128+int(syscall.SIGTERM) {
		t.Errorf("exit %d\n%s", status, run.text())
	}
	eventually(t, "processes", func() []string { return processesIn(r.temp) })
	folders := r.runFolders(t)
	if status, said := r.bench(t, soon(r, "--store=memory")...); status != exitDone || len(folders) != 1 || !strings.Contains(said, "removed the folder "+folders[0]) {
		t.Errorf("the next start: exit %d, folders %q\n%s", status, folders, said)
	}
}

// As nohup wants it.
func TestAHangupThatIsIgnoredStaysSo(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	command := append([]string{"sh", "-c", `trap "" HUP; exec bench "$@"`, "sh"}, soon(r, "--store=memory", "--duration=700ms")...)
	run := r.startAs(t, command...)
	run.until(t, " steady")
	run.signal(t, syscall.SIGHUP)
	if status := run.end(t); status != exitDone || theOnly(t, filepath.Join(r.temp, "soon")).Interrupted {
		t.Errorf("exit %d\n%s", status, run.text())
	}
}

// What a run can't take away, since the server is gone, it says in one line; it is
// found when the server is back, and other people's is not.
func TestWhatAServerThatWentAwayKeptIsFoundLater(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) foreign{
		"redis":    foreignRedis,
		"postgres": func(t *testing.T) foreign { return foreignPostgres(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			v := &visit{foreign: f, room: newRoom(t), before: f.dump(t)}
			direct := v.target
			var proxy *faultproxy.Proxy
			v.target, proxy = behindProxy(t, direct)
			if v.taken {
				v.args = append(v.args, "--use-existing")
			}
			run := v.start(t, v.run("--duration=3s", "--drain=1s", "--connect-timeout=1s")...)
			run.until(t, " steady")
			proxy.Away()
			if status := run.end(t); status != exitFailed || !strings.Contains(run.text(), "are left in the store, where bench clean") {
				t.Errorf("exit %d\n%s", status, run.text())
			}
			proxy.Back()
			v.target = direct
			v.clean(t)
			v.same(t, "a server that went away, and bench clean")
		})
	}
}

// behindProxy is the target with a proxy's address in place of the server's.
func behindProxy(t *testing.T, target string) (string, *faultproxy.Proxy) {
	t.Helper()
	_, rest, _ := strings.Cut(target, "://")
	address, _, _ := strings.Cut(rest[strings.LastIndexByte(rest, '@')+1:], "/")
	proxy := faultproxy.New(t, address)
	return strings.Replace(target, address, proxy.Addr(), 1), proxy
}

// A table of another shape is refused in one line, and is not touched.
func TestATableOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) foreign{
		"postgres": func(t *testing.T) foreign {
			f := foreignPostgres(t, false)
			conn, err := pgx.Connect(t.Context(), strings.TrimPrefix(f.target, "postgres="))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(t.Context(), `CREATE TABLE session (id text, data text); INSERT INTO session VALUES ('bench---1', 'x')`); err != nil {
				t.Fatal(err)
			}
			return f
		},
		"sqlite": func(t *testing.T) foreign {
			f := foreignSQLite(t, false)
			f.args = append(f.args, "--set=sqlite.table=session_of_another_shape")
			db := openSQLite(t, strings.TrimPrefix(f.target, "sqlite="))
			if _, err := db.ExecContext(t.Context(), `CREATE TABLE session_of_another_shape (sid, expired, sess, more); INSERT INTO session_of_another_shape VALUES ('bench---1', 1, 'x', 2)`); err != nil {
				t.Fatal(err)
			}
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			v := &visit{foreign: f, room: newRoom(t), before: f.dump(t)}
			v.refused(t)
			said := v.ends(t, "with --use-existing", exitUnavailable, "--use-existing")
			if strings.Count(said, "\n") != 1 || strings.Contains(said, "goroutine") {
				t.Errorf("it says\n%s", said)
			}
			v.same(t, "a refusal")
		})
	}
}
