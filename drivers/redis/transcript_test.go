package redis

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
)

// recording is a part of testdata/redis-monitor.txt: what MONITOR printed while
// connect-redis ran with some options.
type recording struct {
	title    string
	commands []string
}

func recordings(t *testing.T) []recording {
	t.Helper()
	text, err := os.ReadFile("testdata/redis-monitor.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "=== "); ok {
			all = append(all, recording{title: title})
		} else if n := len(all); n > 0 && strings.HasPrefix(line, `"`) && !setByHand(line) {
			all[n-1].commands = append(all[n-1].commands, line)
		}
	}
	return all
}

// setByHand tells the two sessions that no middleware made.
func setByHand(line string) bool {
	return strings.HasPrefix(line, `"SET" "sess:a" `) || strings.HasPrefix(line, `"SET" "sess:b" `)
}

// words takes a line of MONITOR apart, which quotes as C does.
func words(t *testing.T, line string) []string {
	t.Helper()
	var list []string
	for rest := line; rest != ""; rest = strings.TrimPrefix(rest, " ") {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list, rest = append(list, word), rest[len(quoted):]
	}
	return list
}

// replay makes the call that sent a recorded command.
func replay(t *testing.T, d *driver, words []string) {
	t.Helper()
	r := drivers.Record{Cookie: drivers.NewCookie(time.Now(), time.Hour)}
	if len(words) > 1 {
		r.ID = strings.TrimPrefix(words[1], "sess:")
	}
	var err error
	switch words[0] {
	case "GET":
		if _, err = d.Get(t.Context(), r.ID); err == drivers.ErrNotFound {
			err = nil
		}
	case "SET":
		r.Value = []byte(words[2])
		if strings.Contains(words[2], `"expires":null`) {
			r.Cookie = drivers.Cookie{}
		}
		err = d.Set(t.Context(), r)
	case "EXPIRE":
		r.Cookie = lasting(t, words[2])
		err = d.Touch(t.Context(), r)
	case "DEL":
		err = d.Destroy(t.Context(), r.ID)
	case "SCAN":
		_, err = d.Count(t.Context())
	default:
		t.Fatalf("recorded was %q", words)
	}
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
}

// lasting is a cookie that ends in so many seconds, or that has no end if they
// are the store's own lifetime.
func lasting(t *testing.T, seconds string) drivers.Cookie {
	t.Helper()
	n, err := strconv.Atoi(seconds)
	if err != nil {
		t.Fatal(err)
	}
	if n == 86400 {
		return drivers.Cookie{}
	}
	return drivers.NewCookie(time.Now(), time.Duration(n)*time.Second)
}

// monitor gives the commands of others that the server got, without time and
// client, until stop is called.
func monitor(t *testing.T) (next func() string) {
	t.Helper()
	c := plain(t)
	conn, err := c.Options().Dialer(t.Context(), "tcp", hostPort(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, 1<<20)
	read := func() string {
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatalf("MONITOR ended: %v", lines.Err())
		}
		return lines.Text()
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	if line := read(); line != "+OK" {
		t.Fatalf("MONITOR: %s", line)
	}
	return func() string {
		_, command, _ := strings.Cut(read(), "] ")
		return command
	}
}

// The tests below run alone: MONITOR shows everybody's commands.

// optionsOf are the options with which a part was recorded, if the driver's calls
// make its commands.
func optionsOf(title string) (settings []string, known bool) {
	switch {
	case strings.HasPrefix(title, "disableTouch"):
		return []string{"disable_touch", "true"}, true
	case strings.HasPrefix(title, "disableTTL"):
		return []string{"disable_ttl", "true"}, true
	case strings.HasPrefix(title, "store.") && title != "store.length": // no call of a request's
		return nil, false
	}
	return nil, true
}

func TestExpressSendsWhatConnectRedisSent(t *testing.T) {
	compare(t, drivers.Express, func(line string) []string { return words(t, line) })
}

// go-redis writes some words in lower case, which the server does not tell apart.
func TestNativeSendsTheSameCommands(t *testing.T) {
	compare(t, drivers.Native, func(line string) []string {
		list := words(t, line)
		for i, w := range list {
			if i == 0 || list[0] == "SET" && i == 3 || list[0] == "SCAN" && i%2 == 0 {
				list[i] = strings.ToUpper(w)
			}
		}
		return list
	})
}

// compare replays every recorded call, and compares what the server got.
func compare(t *testing.T, client drivers.Client, read func(line string) []string) {
	next := monitor(t)
	compared := 0
	for _, r := range recordings(t) {
		settings, known := optionsOf(r.title)
		if !known {
			continue
		}
		d := connect(t, config(t, address(t), client, settings...))
		for !slices.Equal(read(next()), []string{"PING"}) {
		}
		for _, line := range r.commands {
			want := words(t, line)
			switch r.title {
			case "set with an already expired cookie":
				if err := d.Set(t.Context(), drivers.Record{ID: "sidX", Value: []byte("{}"), Cookie: lasting(t, "-5")}); err != nil {
					t.Error(err)
				}
			default:
				replay(t, d, want)
			}
			if got := read(next()); !slices.Equal(got, want) {
				t.Errorf("%s: sent\n%q, recorded is\n%q", r.title, got, want)
			}
			compared++
		}
		if settings != nil { // both recorded without a command for touch
			sendsNothing(t, d, next)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if compared < 90 {
		t.Errorf("only %d commands were compared", compared)
	}
}

// sendsNothing makes a touch, and a get to see what the server got before it.
func sendsNothing(t *testing.T, d *driver, next func() string) {
	t.Helper()
	if err := d.Touch(t.Context(), drivers.Record{ID: "touched", Cookie: lasting(t, "60")}); err != nil {
		t.Error(err)
	}
	if _, err := d.Get(t.Context(), "after"); err != drivers.ErrNotFound {
		t.Error(err)
	}
	if got := words(t, next()); !strings.EqualFold(strings.Join(got, " "), "GET sess:after") {
		t.Errorf("touch sent %q", got)
	}
}

// TestWireIsWhatIsSent holds the documentation to the server's own view.
func TestWireIsWhatIsSent(t *testing.T) {
	next := monitor(t)
	for _, settings := range [][]string{nil, {"prefix", "p:"}, {"disable_touch", "true"}, {"disable_ttl", "true"}} {
		cfg := config(t, address(t), drivers.Express, settings...)
		d := connect(t, cfg)
		r := drivers.Record{ID: "<id>", Value: []byte("<json>"), Cookie: lasting(t, "60")}
		calls := map[string]func() error{
			"get":     func() error { _, err := d.Get(t.Context(), r.ID); return err },
			"set":     func() error { return d.Set(t.Context(), r) },
			"touch":   func() error { return d.Touch(t.Context(), r) },
			"destroy": func() error { return d.Destroy(t.Context(), r.ID) },
		}
		for _, w := range wire(cfg) {
			if call, ok := calls[w.Call]; ok && strings.HasPrefix(w.Sends[0], "nothing ") {
				continue // sendsNothing has them
			} else if ok {
				if err := call(); err != nil && err != drivers.ErrNotFound {
					t.Error(err)
				}
			}
			for _, line := range w.Sends {
				want, _, _ := strings.Cut(strings.ReplaceAll(line, "<ttl>", "60"), ";")
				if got := strings.Join(words(t, next()), " "); got != want {
					t.Errorf("%s with %q sent %s; wire says %s", w.Call, settings, got, want)
				}
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
