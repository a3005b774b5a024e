package postgres_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// logged is a statement as the server logged it.
type logged struct {
	text   string // "execute <unnamed>: …" or "statement: …", white space folded
	params []string
}

var (
	logLine   = regexp.MustCompile(`^\S+ \S+ \S+ \[\d+\] (\w+):  (.*)$`)
	parameter = regexp.MustCompile(`\$\d+ = '((?:[^']|'')*)'`)
)

func (l *logged) setParams(text string) {
	for _, m := range parameter.FindAllStringSubmatch(text, -1) {
		l.params = append(l.params, strings.ReplaceAll(m[1], "''", "'"))
	}
}

func folded(text string) string { return strings.Join(strings.Fields(text), " ") }

// recorded is what connect-pg-simple sent: first the creation of the table, then
// the calls of a whole visit.
func recorded(t *testing.T) []logged {
	t.Helper()
	var all []logged
	for line := range strings.Lines(fixture(t, "pg-statements.txt")) {
		line = strings.TrimRight(line, "\n")
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(line, "    execute "), strings.HasPrefix(line, "    statement: "):
			all = append(all, logged{text: trimmed})
		case strings.HasPrefix(trimmed, "-- parameters: "):
			all[len(all)-1].setParams(trimmed)
		case strings.HasPrefix(line, "    \t"):
			all[len(all)-1].text += " " + trimmed
		}
	}
	for i := range all {
		all[i].text = folded(all[i].text)
	}
	if len(all) < 60 || !strings.HasPrefix(all[1].text, "statement: CREATE TABLE") {
		t.Fatalf("%d statements recorded", len(all))
	}
	return all
}

// logging makes the server log what a connection with these parameters sends. The
// lines don't tell whose they are, so the tests that log run alone.
var logging = []string{"log_statement", "all"}

// sent gives what the server has logged since the text before.
func sent(t *testing.T, before string) []logged {
	t.Helper()
	text := serverLog(t)
	var all []logged
	kind := ""
	for line := range strings.Lines(strings.TrimPrefix(text, before)) {
		line = strings.TrimRight(line, "\n")
		if m := logLine.FindStringSubmatch(line); m != nil {
			kind = m[1]
			switch {
			case kind == "LOG" && (strings.HasPrefix(m[2], "execute ") || strings.HasPrefix(m[2], "statement: ")):
				all = append(all, logged{text: m[2]})
			case kind == "DETAIL" && strings.HasPrefix(m[2], "parameters: "):
				all[len(all)-1].setParams(m[2])
			}
		} else if kind == "LOG" && strings.HasPrefix(line, "\t") && len(all) > 0 {
			all[len(all)-1].text += " " + line
		}
	}
	for i := range all {
		all[i].text = folded(all[i].text)
	}
	return all
}

const now = "now"

// replay makes the call that sent a recorded statement, and gives its parameters
// with "now" for the moment of the call.
func replay(t *testing.T, d driver, r logged) []string {
	t.Helper()
	verb, _, _ := strings.Cut(strings.TrimPrefix(r.text, "execute <unnamed>: "), " ")
	want := slices.Clone(r.params)
	var err error
	switch {
	case verb == "SELECT":
		want[1] = now
		if _, err = d.Get(t.Context(), r.params[0]); errors.Is(err, drivers.ErrNotFound) {
			err = nil
		}
	case verb == "INSERT":
		record := drivers.Record{ID: r.params[2], Value: []byte(r.params[0])}
		if record.Cookie, err = drivers.ParseCookie(record.Value); err != nil {
			t.Fatal(err)
		}
		if record.Cookie.Expires.IsZero() {
			want[1] = "now+86400"
		}
		err = d.Set(t.Context(), record)
	case verb == "UPDATE":
		seconds, bad := strconv.ParseInt(r.params[0], 10, 64)
		if bad != nil {
			t.Fatal(bad)
		}
		err = d.Touch(t.Context(), drivers.Record{ID: r.params[1], Cookie: drivers.Cookie{MaxAge: time.Hour, Expires: time.UnixMilli(seconds*1000 - 436)}})
	case strings.Contains(r.text, "WHERE sid"):
		err = d.Destroy(t.Context(), r.params[0])
	default:
		want[0] = now
		_, err = d.Prune(t.Context())
	}
	if err != nil {
		t.Fatalf("%s: %v", r.text, err)
	}
	return want
}

// matches compares parameters. A moment lies between two others, in whole
// seconds rounded up.
func matches(got, want []string, before, after time.Time) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		if !strings.HasPrefix(w, now) {
			return g == w
		}
		var later int64
		fmt.Sscanf(w, now+"+%d", &later)
		n, err := strconv.ParseInt(g, 10, 64)
		const msPerSecond = 1000
		return err == nil && (n-later)*msPerSecond >= before.UnixMilli() && (n-later-1)*msPerSecond < after.UnixMilli()
	})
}

func TestExpressSendsWhatConnectPgSimpleSent(t *testing.T) {
	url := ownDatabase(t, logging...)
	before := serverLog(t)
	d := connect(t, config(t, url, drivers.Express))
	all := recorded(t)
	opened := sent(t, before)
	if len(opened) != 2 || opened[0].text != all[0].text || !slices.Equal(opened[0].params, all[0].params) {
		t.Fatalf("open sent %q", opened)
	}
	if added, ok := strings.CutPrefix(opened[1].text, all[1].text); !ok || !strings.HasPrefix(added, ` COMMENT ON TABLE "session" IS `) {
		t.Errorf("open sent\n%s, recorded is\n%s", opened[1].text, all[1].text)
	}
	compare(t, d, all[2:], func(statement string) string { return statement })
}

func TestNativeSendsTheSameStatementsPrepared(t *testing.T) {
	url := ownDatabase(t, logging...)
	d := connect(t, config(t, url, drivers.Native))
	compare(t, d, recorded(t)[2:], prepared)
}

// prepared is a recorded statement as the native client sends it.
func prepared(statement string) string {
	sql := strings.TrimPrefix(statement, "execute <unnamed>: ")
	verb, _, _ := strings.Cut(sql, " ")
	name := map[string]string{"SELECT": "get", "INSERT": "set", "UPDATE": "touch", "DELETE": "destroy"}[verb]
	if name == "" || strings.HasPrefix(sql, sqlOfPrune) || strings.HasPrefix(sql, "SELECT to_regclass") {
		return statement
	}
	return "execute bench_" + name + ": " + sql
}

const sqlOfPrune = `DELETE FROM "session" WHERE expire <`

// compare replays recorded calls and compares what the server logged for each.
func compare(t *testing.T, d driver, all []logged, as func(statement string) string) {
	t.Helper()
	for _, r := range all {
		log, start := serverLog(t), time.Now()
		want := replay(t, d, r)
		got := sent(t, log)
		if len(got) != 1 || got[0].text != as(r.text) || !matches(got[0].params, want, start, time.Now()) {
			t.Errorf("sent\n%q, recorded is\n%q", got, r)
		}
	}
}

func TestWireIsWhatIsSent(t *testing.T) {
	t.Parallel()
	store, err := drivers.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	unnamed := func(statement string) string { return statement }
	for client, as := range map[drivers.Client]func(string) string{drivers.Express: unnamed, drivers.Native: prepared} {
		known := map[string]bool{}
		for _, r := range recorded(t) {
			known[strings.TrimPrefix(strings.TrimPrefix(as(r.text), "execute <unnamed>: "), "statement: ")] = true
		}
		for _, call := range store.Wire(config(t, "", client)) {
			for _, line := range call.Sends {
				line, _, _ = strings.Cut(folded(line), " COMMENT ON TABLE")
				if !known[line] {
					t.Errorf("%s: %s: %s is not among what was recorded", client, call.Call, line)
				}
			}
		}
	}
	for _, call := range store.Wire(config(t, "", drivers.Express, "table", "t", "schema", "s", "disable_touch", "true", "prune_interval", "0s")) {
		text := strings.Join(call.Sends, "\n")
		if call.Call == "prune" || call.Call == "touch" && !strings.Contains(text, "nothing") || call.Call == "get" && !strings.Contains(text, `"s"."t"`) {
			t.Errorf("%s sends %s", call.Call, text)
		}
	}
}
