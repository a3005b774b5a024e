package mongo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

// recorded gives the commands that the real middleware sent in one part of
// testdata/mongo-commands.txt.
func recorded(t *testing.T, part string) []bson.D {
	t.Helper()
	file, err := os.ReadFile("testdata/mongo-commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(file), "=== "+part)
	if !found {
		t.Fatalf("no recording of %q", part)
	}
	text, _, _ = strings.Cut(text, "\n===")
	var commands []bson.D
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		name, command, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if !strings.HasPrefix(command, `{"`+name+`":`) {
			continue // a step, an answer
		}
		var doc bson.D
		if err := bson.UnmarshalExtJSON([]byte(command), false, &doc); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		commands = append(commands, doc)
	}
	if len(commands) == 0 {
		t.Fatalf("nothing is recorded of %q", part)
	}
	return commands
}

// log collects the commands that a driver sends.
type log struct {
	lock sync.Mutex
	sent []bson.D
}

func (l *log) monitor(t *testing.T) *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		var doc bson.D
		if err := bson.Unmarshal(bytes.Clone(e.Command), &doc); err != nil {
			t.Errorf("%s: %v", e.Command, err)
		}
		l.lock.Lock()
		defer l.lock.Unlock()
		l.sent = append(l.sent, doc)
	}}
}

// take gives what was sent since the last take.
func (l *log) take() []bson.D {
	l.lock.Lock()
	defer l.lock.Unlock()
	sent := l.sent
	l.sent = nil
	return sent
}

// replay makes the driver call that a recorded command came from.
func replay(t *testing.T, d *driver, command bson.D) error {
	t.Helper()
	if filter, ok := at(command, "filter").(bson.D); ok {
		_, err := d.Get(t.Context(), at(filter, "_id").(string))
		return err
	}
	statement, ok := at(command, "deletes").(bson.A)
	if ok {
		return d.Destroy(t.Context(), at(statement[0].(bson.D), "q", "_id").(string))
	}
	update := at(command, "updates").(bson.A)[0].(bson.D)
	r := drivers.Record{ID: at(update, "q", "_id").(string)}
	if value, ok := at(update, "u", "$set", "session").(string); ok {
		r.Value = []byte(value)
		cookie, err := drivers.ParseCookie(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		r.Cookie = cookie
		return d.Set(t.Context(), r)
	}
	r.Cookie.Expires = at(update, "u", "$set", "expires").(bson.DateTime).Time()
	return d.Touch(t.Context(), r)
}

func at(doc bson.D, path ...string) any {
	for i := range doc {
		if doc[i].Key != path[0] {
			continue
		}
		if inner, ok := doc[i].Value.(bson.D); ok && len(path) > 1 {
			return at(inner, path[1:]...)
		}
		return doc[i].Value
	}
	return nil
}

// rendered renders a command without the session's and the database's name,
// the order of its top-level keys, and the moments that are the client's now.
func rendered(t *testing.T, command bson.D, clock func(path string) bool) string {
	t.Helper()
	command = slices.DeleteFunc(slices.Clone(command), func(e bson.E) bool { return e.Key == "lsid" || e.Key == "$db" })
	slices.SortFunc(command, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	raw, err := bson.MarshalExtJSON(masked(command, "", clock), false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func masked(v any, path string, clock func(string) bool) any {
	switch v := v.(type) {
	case bson.D:
		var doc bson.D
		for _, e := range v {
			doc = append(doc, bson.E{Key: e.Key, Value: masked(e.Value, e.Key, clock)})
		}
		return doc
	case bson.A:
		var list bson.A
		for _, e := range v {
			list = append(list, masked(e, path, clock))
		}
		return list
	case bson.DateTime:
		if clock(path) {
			return "now"
		}
	}
	return v
}

// nowOnly are the dates that always are the client's now. A session without
// maxAge also ends at a moment counted from it.
func nowOnly(key string) bool { return key == "$gt" || key == "lastModified" || key == "$lt" }
func anyDate(string) bool     { return true }

func TestExpressSendsWhatConnectMongoSent(t *testing.T) {
	url := mongotest.URL(t)
	for part, c := range map[string]struct {
		touchAfter string
		clock      func(string) bool
	}{
		"default options":            {"0s", nowOnly},
		"touchAfter=24h":             {"24h", nowOnly},
		"no maxAge":                  {"0s", anyDate},
		"touch of a missing session": {"0s", nowOnly},
	} {
		t.Run(part, func(t *testing.T) {
			d, l := watched(t, config(t, url, drivers.Express, "autoremove", removeDisabled, "touch_after", c.touchAfter))
			for _, want := range recorded(t, part) {
				if err := replay(t, d, want); err != nil && !errors.Is(err, drivers.ErrNotFound) {
					t.Errorf("%v: %v", want, err)
				}
				l.expect(t, want, c.clock)
			}
		})
	}
}

// watched opens a driver on a collection that it makes and that ends with the test.
func watched(t *testing.T, cfg drivers.Config) (*driver, *log) {
	t.Helper()
	l := &log{}
	d := connected(t, cfg, l.monitor(t))
	t.Cleanup(func() {
		if err := d.Drop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	l.take()
	return d, l
}

// expect compares the one command that was sent since the last look.
func (l *log) expect(t *testing.T, want bson.D, clock func(string) bool) {
	t.Helper()
	sent := l.take()
	if len(sent) != 1 {
		t.Fatalf("sent were %d commands: %v; wanted %v", len(sent), sent, want)
	}
	if got, want := rendered(t, sent[0], clock), rendered(t, want, clock); got != want {
		t.Errorf("sent     %s\nrecorded %s", got, want)
	}
}

func TestCountIsConnectMongosLength(t *testing.T) {
	d, l := watched(t, config(t, mongotest.URL(t), drivers.Express, "autoremove", removeDisabled))
	if _, err := d.Count(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.expect(t, recorded(t, "store.length")[0], nowOnly)
}

func TestPruneIsConnectMongosIntervalButAcknowledged(t *testing.T) {
	d, l := watched(t, config(t, mongotest.URL(t), drivers.Express, "autoremove", removeInterval))
	if _, err := (pruning{d}).Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := recorded(t, "autoRemove=interval")[0]
	for i := range want {
		if want[i].Key == "writeConcern" {
			want[i].Value = bson.D{{Key: "w", Value: 1}} // recorded is 0
		}
	}
	l.expect(t, want, nowOnly)
}

func TestADeadlineIsNotSentByExpress(t *testing.T) {
	d, l := watched(t, config(t, mongotest.URL(t), drivers.Express, "autoremove", removeDisabled))
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := d.Destroy(ctx, "QA57V8oCO8ZoagnIt3bz5EGo3PO12xlI"); err != nil {
		t.Fatal(err)
	}
	l.expect(t, recorded(t, "default options")[0], nowOnly)
}

func TestWireDescribesWhatIsSent(t *testing.T) {
	for client, want := range map[drivers.Client]map[string]string{
		drivers.Express: {
			"get":     `find s filter {"_id":<sid>,"$or":[{"expires":{"$exists":false}},{"expires":{"$gt":<now>}}]} limit 1 singleBatch true`,
			"set":     `update s q {"_id":<sid>} u {"$set":{"_id":<sid>,"session":<json>,"expires":<expires>}} upsert true`,
			"touch":   `update s q {"_id":<sid>} u {"$set":{"expires":<expires>}}`,
			"destroy": `delete s q {"_id":<sid>} limit 1`,
			"open":    `{"createIndexes":"s","indexes":[{"background":true,"expireAfterSeconds":0,"name":"expires_1","key":{"expires":1}}]}`,
		},
		drivers.Native: {
			"get": `find s filter {"_id":<sid>} limit 1 singleBatch true`,
			"set": `update s q {"_id":<sid>} u {"_id":<sid>,"expires":<expires>,"session":<json>} upsert true`,
		},
	} {
		for _, c := range wire(config(t, "", client, "collection", "s")) {
			if w, ok := want[c.Call]; ok && !slices.Contains(c.Sends, w) {
				t.Errorf("%s %s:\n%q lacks\n%q", client, c.Call, c.Sends, w)
			}
		}
	}
}
