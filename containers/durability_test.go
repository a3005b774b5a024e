package containers

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/sessionbench/bench/drivers"
	_ "github.com/sessionbench/bench/drivers/all"
)

func TestDurabilitiesAreTheServersOrThoseOfTheDriversOptions(t *testing.T) {
	t.Parallel()
	const none, seconds, commit = drivers.DurabilityNone, drivers.DurabilitySeconds, drivers.DurabilityCommit
	for name, want := range map[string][]drivers.Durability{
		"memory":   {none},
		"file":     {seconds, commit},
		"sqlite":   {seconds, commit},
		"redis":    {none, seconds, commit},
		"postgres": {none, seconds, commit},
		"mongo":    {seconds, commit},
	} {
		s, err := drivers.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Durabilities(s); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if rec := recipes[name]; !slices.Contains(want, rec.durability) {
			t.Errorf("%s is %q unless asked otherwise", name, rec.durability)
		}
	}
	if got := Durabilities(drivers.Store{Name: "unheard-of"}); got != nil {
		t.Errorf("a store without a recipe: %v", got)
	}
}

// A server that is installed here is asked for each class, and its driver reads it.
func TestADriverReadsTheDurabilityThatTheServerWasStartedWith(t *testing.T) {
	t.Parallel()
	for _, name := range servers {
		s, err := drivers.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, class := range append(Durabilities(s), "") {
			t.Run(name+" "+string(class), func(t *testing.T) {
				t.Parallel()
				needServer(t, name)
				r, _ := begin(t)
				b, err := r.Provide(t.Context(), Request{Target: target(name), Mode: Process, Durability: class})
				if err != nil {
					t.Fatal(err)
				}
				want := class
				if want == "" {
					want = recipes[name].durability
				}
				if got := durabilityOf(t, s, b.URL); got.Durability != want {
					t.Errorf("%q, want %q: %v", got.Durability, want, got.Settings)
				}
			})
		}
	}
}

// durabilityOf asks a store with the driver's defaults.
func durabilityOf(t *testing.T, s drivers.Store, url string) drivers.Inspection {
	t.Helper()
	opts, err := s.Resolve(drivers.Express, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := drivers.Open(t.Context(), s.Name, drivers.Config{URL: url, Client: drivers.Express, Options: opts})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	in, err := d.(drivers.Inspector).Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// What mongod does is its clients' choice: the URL has it.
func TestTheURLOfAMongoAsksForTheJournalWhereACommitIsAskedFor(t *testing.T) {
	t.Parallel()
	for class, want := range map[drivers.Durability]bool{"": false, drivers.DurabilitySeconds: false, drivers.DurabilityCommit: true} {
		s := settings{class: mongoRecipe.classes[mongoRecipe.asked(Request{Durability: class})]}
		opts := options.Client().ApplyURI(mongoRecipe.url("127.0.0.1:27017", s))
		if err := opts.Validate(); err != nil {
			t.Fatal(err)
		}
		wc := opts.WriteConcern
		if got := wc != nil && wc.Journal != nil && *wc.Journal; got != want || opts.Direct == nil || !*opts.Direct {
			t.Errorf("%q: journal %v, direct %v", class, got, opts.Direct)
		}
	}
}

// Whoever writes to the disk is told where there is none.
func TestTheDurabilityDecidesWhetherTheDiskCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		store string
		class drivers.Durability
		want  bool
	}{
		{"memory", "", false},
		{"file", "", true},
		{"redis", "", false},
		{"redis", drivers.DurabilityNone, false},
		{"redis", drivers.DurabilitySeconds, true},
		{"postgres", "", true},
		{"postgres", drivers.DurabilityNone, false},
		{"mongo", "", true},
	} {
		if got := recipes[c.store].usesDisk(Request{Durability: c.class}); got != c.want {
			t.Errorf("%s with %q: %v", c.store, c.class, got)
		}
	}
}
