package cli

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sessionbench/bench/containers"
	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/testserver"
	"github.com/sessionbench/bench/results"
)

// However a store is provided, its driver reads the class that was asked for, from
// the settings that are in the result.
func TestAStoreHasTheDurabilityAskedFor(t *testing.T) {
	t.Setenv("TMPDIR", passable(t))
	redis := map[string]map[string]string{
		"none":    {"save": "", "appendonly": "no"},
		"seconds": {"save": "", "appendonly": "yes", "appendfsync": "everysec"},
		"commit":  {"save": "", "appendonly": "yes", "appendfsync": "always"},
	}
	postgres := map[string]map[string]string{
		"none":    {"fsync": "off"},
		"seconds": {"fsync": "on", "synchronous_commit": "off"},
		"commit":  {"fsync": "on", "synchronous_commit": "on"},
	}
	for _, c := range []struct {
		name string
		args func(t *testing.T) []string
		want map[string]map[string]string // by class: settings of the result
	}{
		{"memory", always("--store=memory"), map[string]map[string]string{"none": {"persistence": "none"}}},
		{"file", always("--store=file"), map[string]map[string]string{"seconds": {"fsync_file": "false"}, "commit": {"fsync_file": "true"}}},
		{"sqlite", always("--store=sqlite"), map[string]map[string]string{
			"seconds": {"synchronous": "normal", "journal_mode": "wal"},
			"commit":  {"synchronous": "full", "journal_mode": "delete"},
		}},
		{"sqlite, native", always("--store=sqlite", "--client=native"), map[string]map[string]string{
			"seconds": {"synchronous": "normal", "journal_mode": "wal"},
			"commit":  {"synchronous": "full", "journal_mode": "wal"},
		}},
		{"redis by process", func(t *testing.T) []string {
			installed(t, "redis", "redis-server")
			return []string{"--store=redis", "--backend=process"}
		}, redis},
		{"postgres by process", func(t *testing.T) []string {
			installed(t, "postgres", "/usr/lib/postgresql/*/bin/initdb")
			return []string{"--store=postgres", "--backend=process"}
		}, postgres},
		{"redis by container", func(t *testing.T) []string {
			return []string{"--store=redis", "--backend=container", "--image=redis=" + image(t, "redis")}
		}, redis},
		{"postgres by container", func(t *testing.T) []string {
			return []string{"--store=postgres", "--backend=container", "--image=postgres=" + image(t, "postgres")}
		}, postgres},
	} {
		for class, settings := range c.want {
			t.Run(c.name+" "+class, func(t *testing.T) {
				r := resultWith(t, append(c.args(t), "--durability="+class)...)
				if r.Target.Durability != class {
					t.Errorf("the durability is %q", r.Target.Durability)
				}
				for name, want := range settings {
					if got, has := r.Target.Settings[name]; got != want || !has {
						t.Errorf("%s is %q, not %q: %v", name, got, want, r.Target.Settings)
					}
				}
			})
		}
	}
}

func always(args ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return args }
}

// resultOf runs bench and returns its one result.
func resultWith(t *testing.T, args ...string) *results.Result {
	t.Helper()
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	all := append(args, "--out="+out, "--duration=300ms", "--warmup=0s", "--sessions=30", "--workers=3", "--no-progress")
	if status := Main(all, &stdout, &stderr); status != exitDone {
		t.Fatalf("exit %d\n%s%s", status, &stdout, &stderr)
	}
	files, err := filepath.Glob(filepath.Join(out, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d results, %v", len(files), err)
	}
	r, err := results.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A server that is there already is measured when it has the class, and refused,
// untouched, when it has another one or does not say.
func TestAServerThatIsThereKeepsItsDurability(t *testing.T) {
	t.Parallel()
	host, admin := ownRedis(t, "--appendonly", "yes", "--appendfsync", "everysec")
	tell(t, admin, "SET sess:somebody hers")
	keepsKeys(t, admin, "sess:somebody")
	tell(t, admin, "ACL SETUSER hosted on >"+secret+" ~* +@all -config")
	tell(t, admin, "ACL SETUSER app on >"+secret+" ~* +@all")
	at := func(user string) string { return "redis=redis://" + user + ":" + secret + "@" + host }
	if r := resultWith(t, "--store="+at("app"), "--durability=seconds"); r.Target.Durability != "seconds" {
		t.Errorf("the durability is %q", r.Target.Durability)
	}

	const left = `: bench does not change a store that is there already; set it up for `
	for _, c := range []aTrouble{
		{name: "less", target: at("app"), args: []string{"--durability=commit"},
			says: `^bench: redis=\S+: --durability=commit is asked for, and the store's durability is seconds` + left + `commit, or leave --durability out$`},
		{name: "more", target: at("app"), args: []string{"--durability=none"},
			says: `--durability=none is asked for, and the store's durability is seconds` + left + `none,`},
		{name: "hidden", target: at("hosted"), args: []string{"--durability=seconds"},
			says: `^bench: redis=\S+: --durability=seconds is asked for, and the store's durability is unknown: it does not show the settings that decide it; leave --durability out$`},
	} {
		c.run(t)
	}
}

func TestAPostgresThatIsThereKeepsItsDurability(t *testing.T) {
	t.Parallel()
	url := testserver.OwnPostgres(t, "synchronous_commit=off").URL
	other := aTrouble{says: `--durability=commit is asked for, and the store's durability is seconds: bench does not change`}
	other.types(t, "--store=postgres="+url, "--durability=commit")
	// The table that was made for it is gone: else this run would find it.
	if r := resultWith(t, "--store=postgres="+url, "--durability=seconds"); r.Target.Durability != "seconds" {
		t.Errorf("the durability is %q", r.Target.Durability)
	}
}

func TestAMongoThatIsThereKeepsItsDurability(t *testing.T) {
	t.Parallel()
	target := "--store=mongo@database=durability@autoremove=disabled=" + mongotest.URL(t)
	other := aTrouble{says: `--durability=seconds is asked for, and the store's durability is commit: bench does not change`}
	other.types(t, target, "--durability=seconds")
	if r := resultWith(t, target, "--durability=commit"); r.Target.Durability != "commit" {
		t.Errorf("the durability is %q", r.Target.Durability)
	}
}

// Where a provided server turns out to have another class, an image's that takes no
// arguments for one, that is no run either.
func TestAnotherDurabilityThanAskedForIsNeverSilent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode          containers.Mode
		asked, has    drivers.Durability
		unknown, want string
	}{
		{containers.Process, "", "", "", ""},
		{containers.Process, "", drivers.DurabilityNone, "", ""},
		{containers.External, drivers.DurabilityNone, drivers.DurabilityNone, "", ""},
		{containers.Container, drivers.DurabilityCommit, drivers.DurabilityNone, "", "durability is none$"},
		{containers.Container, drivers.DurabilityCommit, "", "", "durability is unknown: it does not show the settings"},
		{containers.External, drivers.DurabilityCommit, "", "no answer", "durability is unknown: no answer$"},
		{containers.External, drivers.DurabilityNone, drivers.DurabilityCommit, "", "durability is commit: bench does not change a store"},
	} {
		p := provided{target: drivers.Target{Text: "thing"}, backend: &containers.Backend{Mode: c.mode}}
		p.about.Durability = string(c.has)
		if c.unknown != "" {
			p.about.Unavailable = map[string]string{"durability": c.unknown}
		}
		err := p.keeps(c.asked)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !regexp.MustCompile("^thing: .*"+c.want).MatchString(err.Error())) {
			t.Errorf("%s: %q of %q: %v, want %s", c.mode, c.has, c.asked, err, c.want)
		}
	}
}

func TestAStoreInMemoryHasNoDurability(t *testing.T) {
	disk := drivertest.NewDisk(t, 64<<20)
	t.Setenv("TMPDIR", disk.Folder)
	for _, store := range []string{"file", "sqlite"} {
		var stdout, stderr bytes.Buffer
		status := Main([]string{"--store=" + store, "--durability=commit", "--out=" + t.TempDir(), "--no-progress"}, &stdout, &stderr)
		want := regexp.MustCompile(`(?m)^bench: ` + store + `: --durability=commit is asked for, and the store's durability is none, as \S+ is in memory \(tmpfs\): set TMPDIR to a folder on a disk$`)
		if status != exitUnavailable || stdout.Len() > 0 || !want.MatchString(stderr.String()) {
			t.Errorf("%s: exit %d\n%s%s", store, status, &stdout, strings.TrimSpace(stderr.String()))
		}
	}
}
