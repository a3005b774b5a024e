package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// counting is a server of the test's own that counts calls, with a client of it.
type counting struct {
	target string // as --store takes it
	args   []string
	apart  bool // it tells the calls apart
	// call makes the four calls of a session store, one each.
	call func() error
	// publish makes all calls so far show in the server's counters. It returns how
	// many calls that took.
	publish func() (int64, error)
}

func countingServers() map[string]func(t *testing.T) counting {
	return map[string]func(t *testing.T) counting{"redis": countingRedis, "postgres": countingPostgres, "mongo": countingMongo}
}

func countingRedis(t *testing.T) counting {
	url := testserver.OwnRedis(t).URL
	opts, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(opts)
	t.Cleanup(func() { c.Close() })
	return counting{
		target: "redis=" + url, apart: true, publish: published,
		call: func() error {
			ctx := t.Context()
			for _, done := range []goredis.Cmder{c.Set(ctx, "theirs", 1, 0), c.Get(ctx, "theirs"), c.Expire(ctx, "theirs", time.Hour), c.Del(ctx, "theirs")} {
				if err := done.Err(); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// published is what a server needs that publishes its counters at once.
func published() (int64, error) { return 0, nil }

// PostgreSQL counts by database, which is the test's own. Each of its processes
// publishes its counters a second later, and when idle ten, unless it is told to.
func countingPostgres(t *testing.T) counting {
	url := databaseOf(t, testserver.Postgres(t))
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	run := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		return err
	}
	if err := run(`CREATE TABLE theirs (id int PRIMARY KEY, n int)`); err != nil {
		t.Fatal(err)
	}
	return counting{
		target: "postgres=" + url,
		call: func() error {
			for _, sql := range []string{`INSERT INTO theirs VALUES (1, 1)`, `SELECT n FROM theirs WHERE id = 1`, `UPDATE theirs SET n = 2`, `DELETE FROM theirs`} {
				if err := run(sql); err != nil {
					return err
				}
			}
			return nil
		},
		publish: func() (int64, error) { return 1, run(`SELECT pg_stat_force_next_flush(), count(*) FROM theirs`) },
	}
}

// databaseOf makes a database of the test's own on a server.
func databaseOf(t *testing.T, server string) (address string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	name := "counted_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func countingMongo(t *testing.T) counting {
	url := strings.TrimRight(mongotest.URL(t), "/") + "/counted"
	c, err := mongo.Connect(options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(context.Background()) })
	theirs := c.Database("counted").Collection("theirs")
	return counting{
		target: "mongo=" + url, args: []string{"--set=mongo.autoremove=disabled", "--sessions=20"}, publish: published,
		call: func() error {
			ctx, one := t.Context(), bson.D{{Key: "_id", Value: 1}}
			for n := range 2 {
				set := bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: n}}}}
				if _, err := theirs.UpdateOne(ctx, one, set, options.UpdateOne().SetUpsert(true)); err != nil {
					return err
				}
			}
			if err := theirs.FindOne(ctx, one).Err(); err != nil {
				return err
			}
			_, err := theirs.DeleteOne(ctx, one)
			return err
		},
	}
}

// bothClients runs a test in each client mode.
func bothClients(t *testing.T, open func(t *testing.T) counting, test func(t *testing.T, s counting)) {
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		t.Run(string(client), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.args = append(s.args, "--client="+string(client))
			test(t, s)
		})
	}
}

// What bench says that it sent, the server says that it got: each call, and no other.
func TestTheServerCountsWhatBenchSent(t *testing.T) {
	t.Parallel()
	for name, open := range countingServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bothClients(t, open, func(t *testing.T, s counting) {
				r := newRoom(t)
				run := brief(r, s.target, append(s.args, "--warmup=100ms", "--duration=500ms")...)
				r.types(t, nil, run...).wants(t, exitDone)
				s.counted(t, theOnly(t, r.results()), 0)
			})
		})
	}
}

// counted wants a server's count of what bench sent and, of each call, so many
// more that the second client made.
func (s *counting) counted(t *testing.T, r *results.Result, more int64) {
	t.Helper()
	c := r.Summary.ServerCalls
	if c == nil {
		t.Fatalf("not counted: %v", r.Rounds[0].Unavailable)
	}
	all := int64(0)
	for name, theirs := range map[string]*int64{"get": c.Get, "set": c.Set, "touch": c.Touch, "destroy": c.Destroy} {
		ours := c.Ours[name]
		all += ours
		if ours == 0 {
			t.Errorf("bench sent no %s", name)
		}
		if s.apart && (theirs == nil || *theirs != ours+more) {
			t.Errorf("%s: the server counted %v, bench sent %d and others %d", name, text(theirs), ours, more)
		}
	}
	if s.apart {
		return
	}
	if c.All == nil || *c.All != all+4*more {
		t.Errorf("the server counted %s, bench sent %d and others %d", text(c.All), all, 4*more)
	}
}

func text(n *int64) string {
	if n == nil {
		return "nothing"
	}
	return fmt.Sprint(*n)
}

// A second client that makes 100 calls a second while bench measures shows as just
// these calls: those that it made before and after do not.
func TestASecondClientShowsAsForeignCalls(t *testing.T) {
	t.Parallel()
	for name, open := range countingServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bothClients(t, open, func(t *testing.T, s counting) {
				r := newRoom(t)
				s.use(t, 50, 0)
				run := r.start(t, paced(r, s.target, append(s.args, "--rate=100/s", "--duration=5m")...)[1:]...)
				run.until(t, " steady") // the counters have been read
				foreign := s.use(t, 30, 4*time.Second/100)
				run.signal(t, syscall.SIGINT) // and are read again
				if status := run.end(t); status != exitInterrupted {
					t.Errorf("exit %d\n%s", status, run.text())
				}
				s.use(t, 50, 0)
				result := theOnly(t, r.results())
				if c := result.Summary.ServerCalls; c == nil {
					t.Errorf("not counted: %v", result.Rounds[0].Unavailable)
				} else if c.ForeignCalls == nil || *c.ForeignCalls != foreign {
					t.Errorf("%s calls are foreign, and others made %d", text(c.ForeignCalls), foreign)
				}
			})
		})
	}
}

// use makes the four calls so many times, one time after the other begins so much
// later, and returns how many calls the server counts.
func (s *counting) use(t *testing.T, times int, every time.Duration) int64 {
	t.Helper()
	began := time.Now()
	for n := range times {
		time.Sleep(time.Until(began.Add(time.Duration(n) * every)))
		if err := s.call(); err != nil {
			t.Fatal(err)
		}
	}
	more, err := s.publish()
	if err != nil {
		t.Fatal(err)
	}
	return int64(4*times) + more
}
