package cli

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/sessionbench/bench/drivers/mongo/mongotest"
)

// fakeMongo answers commands as given, others as a mongod that is well, and
// remembers what it was asked.
type fakeMongo struct {
	answers map[string]bson.D
	mu      sync.Mutex
	asked   []string
}

func (f *fakeMongo) start(t *testing.T) (host string) {
	t.Helper()
	well := map[string]bson.D{
		"listCollections": mongotest.NoCollections,
		"update":          {{Key: "ok", Value: 1}, {Key: "n", Value: 1}, {Key: "nModified", Value: 1}},
		"delete":          {{Key: "ok", Value: 1}, {Key: "n", Value: 1}},
		"find":            found(),
	}
	return hostOf(t, mongotest.Fake(func(command string, _ bson.Raw) bson.D {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked = append(f.asked, command)
		if answer, ours := f.answers[command]; ours {
			return answer
		}
		return well[command]
	}).Start(t))
}

// found is the answer to find with these documents.
func found(documents ...any) bson.D {
	return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
		{Key: "id", Value: int64(0)}, {Key: "ns", Value: "app.sessions"}, {Key: "firstBatch", Value: append(bson.A{}, documents...)},
	}}}
}

func refused(code int, name, message string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: message}}
}

// The texts are mongod 8.0's.
func TestMongoAccounts(t *testing.T) {
	t.Parallel()
	failed := refused(18, "AuthenticationFailed", "Authentication failed.")
	nobody := refused(11, "UserNotFound", "Could not find user \"app\" for db \"admin\"")
	login := refused(13, "Unauthorized", "Command listCollections requires authentication")
	denied := func(command string) map[string]bson.D {
		return map[string]bson.D{
			command: refused(13, "Unauthorized", "not authorized on app to execute command { "+command+": \"sessions\" }"),
			// A fake has no accounts.
			"saslStart": {{Key: "ok", Value: 1}},
		}
	}
	const account = `: give a user and password in the URL that the server knows, and their database as \?authSource=NAME$`
	const grant = `: give the account the role readWrite on the database$`
	for _, c := range []struct {
		aTrouble
		user    string
		answers map[string]bson.D
		made    bool // a collection, which must go
	}{
		{aTrouble: aTrouble{name: "wrong password", says: `Authentication failed\. \(code 18\)` + account}, user: "app:" + secret + "@", answers: map[string]bson.D{"saslStart": failed}},
		{aTrouble: aTrouble{name: "unknown user", says: `Could not find user "app" for db "admin" \(code 11\)` + account}, user: "app:" + secret + "@", answers: map[string]bson.D{"saslStart": nobody}},
		{aTrouble: aTrouble{name: "no password", says: `requires authentication \(code 13\)` + account}, answers: map[string]bson.D{"listCollections": login}},
		{aTrouble: aTrouble{name: "may not look", says: `look for collection sessions: .*not authorized .*` + grant}, answers: denied("listCollections")},
		{aTrouble: aTrouble{name: "may not create", says: `create collection sessions: .*not authorized .*` + grant}, answers: denied("create")},
		{aTrouble: aTrouble{name: "may not index", says: `create the TTL index of sessions: .*not authorized .*` + grant}, answers: denied("createIndexes"), made: true},
		{aTrouble: aTrouble{name: "may not write", says: `a trial session: set session bench---\S+: .*not authorized .*` + grant}, answers: denied("update"), made: true},
		{aTrouble: aTrouble{name: "may not read", says: `a trial session: get session bench---\S+: .*not authorized .*` + grant}, answers: denied("find"), made: true},
		{aTrouble: aTrouble{name: "may not destroy", says: `a trial session: destroy session bench---\S+: .*not authorized .*` + grant}, answers: denied("delete"), made: true},
		{aTrouble: aTrouble{name: "reads elsewhere", says: `a trial session: bench---\S+ was stored and is not there: .*\?$`}, answers: nil, made: true},
	} {
		fake := &fakeMongo{answers: c.answers}
		c.target = "mongo=mongodb://" + c.user + fake.start(t) + "/app"
		c.run(t)
		t.Cleanup(func() {
			if slices.Contains(fake.asked, "drop") != c.made {
				t.Errorf("%s: a collection was made: %v, asked was %q", c.name, c.made, fake.asked)
			}
		})
	}
}

// A secondary is found out by what it says of itself, or where the URL wants no
// other server, by what it refuses.
func TestMongoSecondary(t *testing.T) {
	t.Parallel()
	fake := &fakeMongo{answers: map[string]bson.D{
		"create": refused(10107, "NotWritablePrimary", "not primary"),
	}}
	host := fake.start(t)
	hello := slices.DeleteFunc(slices.Clone(mongotest.Hello), func(e bson.E) bool { return strings.HasPrefix(e.Key, "isWritablePrimary") })
	fake.mu.Lock()
	fake.answers["hello"] = append(hello, bson.D{
		{Key: "isWritablePrimary", Value: false}, {Key: "secondary", Value: true}, {Key: "setName", Value: "rs0"},
		{Key: "hosts", Value: bson.A{host}}, {Key: "me", Value: host},
	}...)
	fake.mu.Unlock()
	const primary = `: give the addresses of the whole replica set, the primary's among them, and its name as \?replicaSet=NAME$`
	aTrouble{name: "its set has no other", target: "mongo=mongodb://" + host + "/app?replicaSet=rs0", silent: true, says: `no primary was found in time, only a secondary` + primary}.run(t)
	aTrouble{name: "alone", target: "mongo=mongodb://" + host + "/app?directConnection=true", says: `create collection sessions: .*not primary .*` + primary}.run(t)
}

func TestMongoWithoutTTLIndexes(t *testing.T) {
	t.Parallel()
	aTrouble{
		name: "FerretDB as it is", target: "mongo=" + mongotest.URL(t) + "app", inTurn: true,
		says: `create the TTL index of sessions: .* needs --set mongo\.autoremove=disabled\)$`,
	}.run(t)
}
