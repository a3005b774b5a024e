package mongo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
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

// TestWireIsWhatIsSent holds the documentation to the commands that are watched.
// The TTL index, which FerretDB has not, is TestTheTTLIndexIsConnectMongos's.
func TestWireIsWhatIsSent(t *testing.T) {
	url := mongotest.URL(t)
	for _, client := range []drivers.Client{drivers.Express, drivers.Native} {
		for _, remove := range []string{removeDisabled, removeInterval} {
			for _, after := range []string{"0s", "1h"} {
				t.Run(fmt.Sprintf("%s autoremove=%s touch_after=%s", client, remove, after), func(t *testing.T) {
					cfg := config(t, url, client, "autoremove", remove, "touch_after", after)
					sent := sentByEachCall(t, cfg)
					for _, w := range wire(cfg) {
						if w.Call != "open" && !slices.Equal(w.Sends, sent[w.Call]) {
							t.Errorf("%s sent\n%q; wire says\n%q", w.Call, sent[w.Call], w.Sends)
						}
					}
				})
			}
		}
	}
}

// sentByEachCall makes each call, and describes the commands as Wire does.
func sentByEachCall(t *testing.T, cfg drivers.Config) map[string][]string {
	t.Helper()
	d, l := watched(t, cfg)
	r := drivers.Record{ID: "<sid>", Value: []byte("<json>"), Cookie: drivers.NewCookie(time.Now(), time.Hour)}
	if err := d.Set(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	d.modified.last.Store(r.ID, time.Now().Add(-2*time.Hour)) // else touch_after keeps touch from sending
	l.take()
	sent := map[string][]string{}
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"touch", func() error { return d.Touch(t.Context(), r) }},
		{"get", func() error { _, err := d.Get(t.Context(), r.ID); return err }},
		{"set", func() error { return d.Set(t.Context(), r) }},
		{"destroy", func() error { return d.Destroy(t.Context(), r.ID) }},
		{"prune", func() error { _, err := (pruning{d}).Prune(t.Context()); return err }},
	} {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, command := range l.take() {
			sent[c.name] = append(sent[c.name], described(command))
		}
	}
	return sent
}

// described renders a command: its name, its collection and what it says.
func described(command bson.D) string {
	parts := []string{command[0].Key, command[0].Value.(string)}
	for _, e := range command[1:] {
		switch v := e.Value.(type) {
		case bson.A: // updates, deletes: one statement
			for _, part := range v[0].(bson.D) {
				parts = append(parts, part.Key, shown(part))
			}
		case bson.D:
			if e.Key == "filter" {
				parts = append(parts, e.Key, shown(e))
			}
		default:
			if e.Key == "limit" || e.Key == "singleBatch" {
				parts = append(parts, e.Key, shown(e))
			}
		}
	}
	return strings.Join(parts, " ")
}

// shown is a value with placeholders for moments.
func shown(e bson.E) string {
	if doc, ok := e.Value.(bson.D); ok {
		return text(placed(doc).(bson.D))
	}
	return fmt.Sprint(e.Value)
}

func placed(v any) any {
	switch v := v.(type) {
	case bson.D:
		doc := bson.D{}
		for _, e := range v {
			value := placed(e.Value)
			if _, moment := value.(bson.DateTime); moment && e.Key == "expires" {
				value = "<expires>"
			} else if moment {
				value = "<now>"
			}
			doc = append(doc, bson.E{Key: e.Key, Value: value})
		}
		return doc
	case bson.A:
		list := bson.A{}
		for _, e := range v {
			list = append(list, placed(e))
		}
		return list
	}
	return v
}
