package drivers

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func optionStore() Store {
	return Store{Name: "thing", Schemes: []string{"thing", "things"}, Options: []Option{
		{Name: "prefix", Kind: KindString, Express: "sess:"},
		{Name: "pool_size", Kind: KindInt, Express: "10", Native: "50", Min: 1, Max: 500},
		{Name: "tries", Kind: KindInt, Express: "3"},
		{Name: "fsync", Kind: KindBool, Express: "true"},
		{Name: "wait", Kind: KindDuration, Express: "1s", Native: "5s", Min: int64(time.Millisecond)},
		{Name: "mode", Kind: KindChoice, Express: "delete", Choices: []string{"delete", "wal"}},
	}}
}

func TestOptionsHaveTheDefaultsOfTheClient(t *testing.T) {
	t.Parallel()
	for client, want := range map[Client]map[string]string{
		Express: {"prefix": "sess:", "pool_size": "10", "tries": "3", "fsync": "true", "wait": "1s", "mode": "delete"},
		Native:  {"prefix": "sess:", "pool_size": "50", "tries": "3", "fsync": "true", "wait": "5s", "mode": "delete"},
	} {
		o, err := optionStore().Resolve(client, nil)
		if err != nil || !maps.Equal(o.Texts(), want) {
			t.Errorf("%s: %v, %v; want %v", client, o.Texts(), err, want)
		}
	}
}

func TestOptionsAreTyped(t *testing.T) {
	t.Parallel()
	o, err := optionStore().Resolve(Native, map[string]string{"prefix": "", "pool_size": "7", "fsync": "0", "wait": "90m", "mode": "wal"})
	if err != nil {
		t.Fatal(err)
	}
	if o.Text("prefix") != "" || o.Int("pool_size") != 7 || o.Bool("fsync") || o.Duration("wait") != 90*time.Minute || o.Text("mode") != "wal" {
		t.Errorf("%v", o.Texts())
	}
	again, err := optionStore().Resolve(Native, o.Texts())
	if err != nil || !maps.Equal(again.Texts(), o.Texts()) {
		t.Errorf("the texts are read as %v, %v", again.Texts(), err)
	}
}

func TestAskingForAnUndeclaredOptionPanics(t *testing.T) {
	t.Parallel()
	o, err := optionStore().Resolve(Express, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(){
		"a name that is not there": func() { o.Text("nothing") },
		"another type":             func() { o.Int("prefix") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			ask()
		}()
	}
}

func TestWrongOptionsAreRefusedWithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"pool_size", "0", "thing.pool_size: \"0\" is not a whole number from 1 to 500"},
		{"pool_size", "501", "from 1 to 500"},
		{"pool_size", "1e3", "whole number"},
		{"pool_size", "0x10", "whole number"},
		{"pool_size", "1_0", "whole number"},
		{"pool_size", "１", "whole number"},
		{"pool_size", "", "whole number"},
		{"pool_size", "9223372036854775808", "whole number"},
		{"tries", "-1", "from 0 to 2147483647"},
		{"tries", "2147483648", "from 0 to 2147483647"},
		{"fsync", "maybe", "neither true nor false"},
		{"wait", "5", "such as 30s"},
		{"wait", "1us", "from 1ms to 8760h"},
		{"wait", "-1s", "from 1ms to 8760h"},
		{"wait", "8761h", "from 1ms to 8760h"},
		{"wait", "9999999h", "from 1ms to 8760h"},
		{"mode", "wall", `one of delete, wal (did you mean "wal"?)`},
		{"pool_sise", "5", `thing.pool_sise: no such option (did you mean "pool_size"?): thing has prefix, pool_size, tries`},
		{"POOL_SIZE", "5", `did you mean "pool_size"?`},
		{strings.Repeat("pool_size", 100_000), "5", "no such option: "},
	} {
		_, err := optionStore().Resolve(Express, map[string]string{c.name: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v; want %q", c.name, c.value, err, c.want)
		}
	}
	_, err := Store{Name: "bare"}.Resolve(Express, map[string]string{"x": "1"})
	if err == nil || !strings.Contains(err.Error(), "bare has no options") {
		t.Errorf("a store without options: %v", err)
	}
}

func TestStoresAreFoundByName(t *testing.T) {
	t.Parallel()
	if !slices.IsSortedFunc(Stores(), func(a, b Store) int { return order(a.Name) - order(b.Name) }) {
		t.Errorf("the order is %v", Names())
	}
	if s, err := Lookup("redis"); err != nil || s.Name != "redis" {
		t.Errorf("%s, %v", s.Name, err)
	}
	_, err := Lookup("rediss")
	if err == nil || !strings.Contains(err.Error(), `did you mean "redis"?`) || !strings.Contains(err.Error(), "memory, file, redis") {
		t.Errorf("%v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("the same name twice: no panic")
		}
	}()
	Register(Store{Name: "redis"})
}
