package cli

import (
	"slices"
	"testing"
)

func TestCommasSplitTargetsAndNotTheHostsOfAURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"memory":                                    {"memory"},
		"redis,postgres,mongo":                      {"redis", "postgres", "mongo"},
		"redis:7.4,redis:8":                         {"redis:7.4", "redis:8"},
		"redis@pool_size=5,sqlite=./db":             {"redis@pool_size=5", "sqlite=./db"},
		"mongo=mongodb://a:1,b:2/db":                {"mongo=mongodb://a:1,b:2/db"},
		"mongo=mongodb://a,b/db,redis":              {"mongo=mongodb://a,b/db", "redis"},
		"mongo=mongodb://a,redis@client=native":     {"mongo=mongodb://a", "redis@client=native"},
		"mongo=mongodb://a,redis.example.com/db":    {"mongo=mongodb://a,redis.example.com/db"},
		"mongo=mongodb://u:p,w@a/db,memory":         {"mongo=mongodb://u:p,w@a/db", "memory"},
		"redis=redis://a/0,postgres=postgres://b/c": {"redis=redis://a/0", "postgres=postgres://b/c"},
		"file=./a,b":                                {"file=./a", "b"}, // b is then no store, and said to be none
		"memory,":                                   {"memory", ""},
		"redis,,memory":                             {"redis", "", "memory"},
	} {
		if got := splitTargets(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}

func TestATargetsOwnOptionsAreStrongerThanThoseOfTheRun(t *testing.T) {
	t.Parallel()
	f := runFlags{
		stores: []string{"redis@pool_size=5@client=native,redis"},
		set:    []string{"redis.pool_size=9", "redis.prefix=app:"},
		client: "express",
	}
	targets, err := f.targets()
	if err != nil {
		t.Fatal(err)
	}
	if len(targets) != 2 {
		t.Fatalf("%d targets", len(targets))
	}
	for i, want := range []struct{ client, poolSize string }{{"native", "5"}, {"express", "9"}} {
		got := targets[i]
		if string(got.Client) != want.client || got.Settings["pool_size"] != want.poolSize || got.Settings["prefix"] != "app:" {
			t.Errorf("target %d: client %s, settings %v", i+1, got.Client, got.Settings)
		}
	}
}
