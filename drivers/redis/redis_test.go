package redis

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
)

func TestConformance(t *testing.T) {
	url := address(t)
	drivertest.Run(t, drivertest.Setup{
		Store: "redis",
		Place: func(testing.TB) (string, map[string]string) {
			return url, map[string]string{"prefix": place()}
		},
		Troubles: troubles,
	})
}

// dump is a session as connect-redis left it.
func dump(t *testing.T) (id string, ttl time.Duration, value string) {
	t.Helper()
	text, err := os.ReadFile("testdata/redis-dump.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	fields := strings.Split(line, "\t")
	if len(fields) != 3 {
		t.Fatalf("testdata/redis-dump.txt has %q", fields)
	}
	seconds, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(fields[0], "sess:"), time.Duration(seconds) * time.Second, fields[2]
}

func TestSetLeavesWhatConnectRedisLeft(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		id, lifetime, value := dump(t)
		prefix := place()
		d := connect(t, config(t, address(t), client, "prefix", prefix))
		r := drivers.Record{ID: id, Value: []byte(value), Cookie: drivers.NewCookie(time.Now(), lifetime)}
		if err := d.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		c := plain(t)
		if got := c.Get(t.Context(), prefix+id).Val(); got != value {
			t.Errorf("left %s, want %s", got, value)
		}
		if kind := c.Type(t.Context(), prefix+id).Val(); kind != "string" {
			t.Errorf("left a %s", kind)
		}
		if ttl := c.TTL(t.Context(), prefix+id).Val(); ttl > lifetime || ttl < lifetime-time.Minute {
			t.Errorf("left a TTL of %v, want %v", ttl, lifetime)
		}
	})
}

func TestGetReadsWhatConnectRedisLeft(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		id, lifetime, value := dump(t)
		prefix := place()
		d := connect(t, config(t, address(t), client, "prefix", prefix))
		if err := plain(t).Set(t.Context(), prefix+id, value, lifetime).Err(); err != nil {
			t.Fatal(err)
		}
		if r, err := d.Get(t.Context(), id); err != nil || string(r.Value) != value {
			t.Errorf("get: %s, %v; want %s", r.Value, err, value)
		}
	})
}

func TestOptionsChangeWhatIsLeft(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		const forEver = -1
		cases := []struct {
			name     string
			settings []string
			lifetime time.Duration // of the cookie; 0: none
			set      time.Duration // TTL after set; 0: no key
			touched  time.Duration // TTL after a touch to two hours
		}{
			{"default", nil, time.Hour, time.Hour, 2 * time.Hour},
			{"session cookie", nil, 0, 24 * time.Hour, 2 * time.Hour},
			{"ttl", []string{"ttl", "600"}, 0, 10 * time.Minute, 2 * time.Hour},
			{"ttl does not change a cookie's", []string{"ttl", "600"}, time.Hour, time.Hour, 2 * time.Hour},
			{"disable_touch", []string{"disable_touch", "true"}, time.Hour, time.Hour, time.Hour},
			{"disable_ttl", []string{"disable_ttl", "true"}, time.Hour, forEver, forEver},
			{"a session that is over", nil, -time.Second, 0, 0},
			{"a session that is over, disable_ttl", []string{"disable_ttl", "true"}, -time.Second, 0, 0},
		}
		c := plain(t)
		for _, tc := range cases {
			prefix := place()
			d := connect(t, config(t, address(t), client, append(tc.settings, "prefix", prefix)...))
			check := func(when string, want time.Duration) {
				t.Helper()
				got := c.TTL(t.Context(), prefix+"id").Val()
				if want == 0 {
					want = -2 // no such key
				}
				if got > want || got < want-time.Minute {
					t.Errorf("%s: TTL %v after %s, want %v", tc.name, got, when, want)
				}
			}
			r := drivers.Record{ID: "id", Value: []byte(`{"cookie":{}}`), Cookie: drivers.NewCookie(time.Now(), tc.lifetime)}
			if err := d.Set(t.Context(), r); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			check("set", tc.set)
			r.Cookie = drivers.NewCookie(time.Now(), 2*time.Hour)
			if err := d.Touch(t.Context(), r); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			check("touch", tc.touched)
		}
	})
}

func TestTouchOfASessionThatIsOverRemovesIt(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		d := connect(t, config(t, address(t), client, "prefix", place()))
		r := drivertest.Record("id", time.Hour, 0, "")
		if err := d.Set(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		r.Cookie = drivers.NewCookie(time.Now(), -time.Minute)
		if err := d.Touch(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Get(t.Context(), r.ID); err != drivers.ErrNotFound {
			t.Errorf("get: %v, want %v", err, drivers.ErrNotFound)
		}
	})
}

func TestLifetimesAreRoundedUpToSeconds(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_800_000_000_000)
	d := &driver{ttl: 86400}
	for _, c := range []struct {
		left time.Duration
		want int64
	}{
		{time.Millisecond, 1}, {time.Second, 1}, {1001 * time.Millisecond, 2}, {1500 * time.Millisecond, 2},
		{time.Hour, 3600}, {-time.Millisecond, 0}, {-time.Second, -1}, {-1500 * time.Millisecond, -1},
	} {
		if got := d.secondsLeft(drivers.NewCookie(now, c.left), now.Add(900*time.Microsecond)); got != c.want {
			t.Errorf("%v left: %d s, want %d", c.left, got, c.want)
		}
	}
	if got := d.secondsLeft(drivers.Cookie{}, now); got != 86400 {
		t.Errorf("no expires: %d s", got)
	}
}

func TestCleanLeavesKeysThatThePatternWouldMatch(t *testing.T) {
	bothClients(t, func(t *testing.T, client drivers.Client) {
		own := place()
		d := connect(t, config(t, address(t), client, "prefix", own+`*[a-z]?\`))
		other := connect(t, config(t, address(t), client, "prefix", own+`xb?`))
		r := drivertest.Record("run1-a", time.Hour, 0, "")
		for _, d := range []*driver{d, other} {
			if err := d.Set(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.Clean(t.Context(), "run1-", drivertest.AnyID); n != 1 || err != nil {
			t.Errorf("clean: %d, %v; want 1", n, err)
		}
		if _, err := other.Get(t.Context(), r.ID); err != nil {
			t.Errorf("another prefix's session: %v", err)
		}
		if n, err := d.Clean(t.Context(), "", drivertest.AnyID); err == nil {
			t.Errorf("clean of everything: removed %d, want an error", n)
		}
	})
}
