package cli

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/internal/testserver"
)

// ownRedis is a server of the test's own, and a client of an account that stays.
func ownRedis(t *testing.T, args ...string) (host string, admin *goredis.Client) {
	t.Helper()
	options, err := goredis.ParseURL(testserver.OwnRedis(t, args...).URL)
	if err != nil {
		t.Fatal(err)
	}
	first := goredis.NewClient(options)
	tell(t, first, "ACL SETUSER admin on nopass ~* &* +@all")
	first.Close()
	admin = goredis.NewClient(&goredis.Options{Addr: options.Addr, Username: "admin", Password: "any", PoolSize: 1, MaxRetries: -1})
	t.Cleanup(func() { admin.Close() })
	return options.Addr, admin
}

// tell sends a command that must succeed.
func tell(t *testing.T, c *goredis.Client, command string) {
	t.Helper()
	var words []any
	for _, word := range strings.Fields(command) {
		words = append(words, word)
	}
	if err := c.Do(t.Context(), words...).Err(); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
}

// keepsKeys wants exactly these keys in a server when the test is over.
func keepsKeys(t *testing.T, admin *goredis.Client, want ...string) {
	t.Helper()
	t.Cleanup(func() {
		keys, err := admin.Keys(context.Background(), "*").Result()
		if err != nil || strings.Join(keys, " ") != strings.Join(want, " ") {
			t.Errorf("the server holds %q, %v; want %q", keys, err, want)
		}
	})
}

func TestRedisAccounts(t *testing.T) {
	t.Parallel()
	host, admin := ownRedis(t)
	tell(t, admin, "SET sess:somebody hers")
	keepsKeys(t, admin, "sess:somebody")
	tell(t, admin, "ACL SETUSER other on >another ~* +@all")
	for user, rules := range map[string]string{
		"app": "~* +@all", "noset": "~* +@all -set", "noget": "~* +@all -get", "noexpire": "~* +@all -expire -pexpire",
		"nodel": "~* +@all -del", "nounlink": "~* +@all -unlink", "elsewhere": "~other:* +@all", "noping": "~* +@all -ping",
	} {
		tell(t, admin, "ACL SETUSER "+user+" on >"+secret+" "+rules)
	}
	tell(t, admin, "ACL SETUSER default resetpass >another")
	at := func(user string) string { return "redis=redis://" + user + ":" + secret + "@" + host }

	const unknown = `WRONGPASS .*: give a user and password in the URL that the server knows$`
	const grant = `: the account needs \+ping \+get \+set \+expire \+del \+unlink, and the keys of the prefix: see ACL SETUSER$`
	for _, c := range []aTrouble{
		{name: "wrong password", target: at("other"), says: unknown},
		{name: "unknown user", target: at("nobody"), says: unknown},
		{name: "no password", target: "redis=redis://" + host, says: `NOAUTH .*: give a user and password in the URL that the server knows$`},
		{name: "may not ping", target: at("noping"), says: `^bench: open redis .*NOPERM .*'ping'.*` + grant},
		{name: "may not write", target: at("noset"), says: `a trial session: SET sess:bench---\S+: NOPERM .*'set'.*` + grant},
		{name: "may not read", target: at("noget"), says: `a trial session: GET sess:bench---\S+: NOPERM .*'get'.*` + grant},
		{name: "may not expire", target: at("noexpire"), says: `a trial session: EXPIRE sess:bench---\S+: NOPERM .*'expire'.*` + grant},
		{name: "may not destroy", target: at("nodel"), says: `a trial session: DEL sess:bench---\S+: NOPERM .*'del'.*` + grant},
		{name: "may not clean up", target: at("nounlink"), says: `a trial session: UNLINK: NOPERM .*'unlink'.*` + grant},
		{name: "other keys only", target: at("elsewhere"), says: `a trial session: DEL sess:bench---\S+: NOPERM .*` + grant},
		{name: "no such database", target: at("app") + "/99", says: `ERR DB index is out of range: give a database that the server has, such as /0, or raise its databases$`},
	} {
		c.run(t)
	}
}

func TestRedisServersThatTakeNoSessions(t *testing.T) {
	t.Parallel()
	at := func(host string) string { return "redis=redis://app:" + secret + "@" + host }
	const account = "ACL SETUSER app on >" + secret + " ~* +@all"

	replica, admin := ownRedis(t)
	tell(t, admin, account)
	tell(t, admin, "REPLICAOF 127.0.0.1 1")
	keepsKeys(t, admin)
	aTrouble{
		name: "a read-only replica", target: at(replica),
		says: `a trial session: DEL sess:bench---\S+: READONLY .*: the server is a read-only replica: give the primary's address$`,
	}.run(t)

	full, admin := ownRedis(t)
	tell(t, admin, account)
	tell(t, admin, "CONFIG SET maxmemory 1")
	keepsKeys(t, admin)
	aTrouble{
		name: "out of memory", target: at(full),
		says: `a trial session: SET sess:bench---\S+: OOM .*: raise the server's maxmemory, or remove keys$`,
	}.run(t)

	busy, admin := ownRedis(t)
	tell(t, admin, "CONFIG SET maxclients 1")
	keepsKeys(t, admin)
	aTrouble{
		name: "out of connections", target: at(busy),
		says: `max number of clients reached: end some of the server's clients, or raise its maxclients$`,
	}.run(t)
}

// Two nodes have half of the slots each: a session belongs here or there.
func TestRedisCluster(t *testing.T) {
	t.Parallel()
	const clusters = `: the server is a node of a Redis Cluster, whose redirections connect-redis's client does not follow: give one outside a cluster$`
	node := func() (host, bus string, admin *goredis.Client) {
		_, bus, _ = net.SplitHostPort(nobody(t))
		host, admin = ownRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		return host, bus, admin
	}
	one, _, admin := node()
	other, bus, otherAdmin := node()
	tell(t, admin, "ACL SETUSER app on >"+secret+" ~* +@all")
	keepsKeys(t, admin)
	keepsKeys(t, otherAdmin)
	at := "redis=redis://app:" + secret + "@" + one
	t.Run("without slots", func(t *testing.T) {
		aTrouble{name: "without slots", target: at, says: `CLUSTERDOWN .*` + clusters}.types(t, "--store="+at)
	})
	tell(t, admin, "CLUSTER ADDSLOTSRANGE 0 8191")
	tell(t, otherAdmin, "CLUSTER ADDSLOTSRANGE 8192 16383")
	host, port, _ := net.SplitHostPort(other)
	tell(t, admin, "CLUSTER MEET "+host+" "+port+" "+bus)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if info, err := admin.ClusterInfo(t.Context()).Result(); err == nil && strings.Contains(info, "cluster_state:ok") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the two nodes did not become a cluster")
		}
	}
	aTrouble{name: "two nodes", target: at, says: `a trial session: .*(MOVED|CROSSSLOT) .*` + clusters}.run(t)
}
