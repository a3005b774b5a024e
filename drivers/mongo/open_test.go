package mongo

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

const password = "s3cret%2Fpass"

// opened fails to open, with one line that shows no password.
func opened(t *testing.T, cfg drivers.Config) error {
	t.Helper()
	d, err := drivers.Open(t.Context(), "mongo", cfg)
	if err == nil {
		d.Close()
		t.Fatal("open succeeded")
	}
	text := err.Error()
	if strings.Contains(text, "s3cret") || strings.Contains(text, "pass@") || strings.Contains(text, "\n") {
		t.Errorf("not one line without a password: %s", text)
	}
	return err
}

func TestAWrongPasswordIsAuth(t *testing.T) {
	url := strings.Replace(mongotest.URL(t), "://", "://app:"+password+"@", 1)
	err := opened(t, config(t, url, drivers.Express))
	if class := drivers.Classify(err); class != drivers.ClassAuth {
		t.Errorf("%v: classed %s", err, class)
	}
}

func TestARefusedPortIsSaidAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	for _, client := range modes {
		cfg := config(t, "mongodb://app:"+password+"@"+addr+"/", client)
		cfg.ConnectTimeout = 0 // would wait for 30 s
		err := opened(t, cfg)
		if class := drivers.Classify(err); class != drivers.ClassRefused || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%v: classed %s", err, class)
		}
		if errors.Is(err, drivers.ErrClosed) {
			t.Errorf("%v: tells of the driver, not of the server", err)
		}
	}
}

// The URL's hosts alone decide: a member of their set may be away.
func TestOpenGivesUpWhenTheLastHostOfTheURLIsLost(t *testing.T) {
	t.Parallel()
	var lost error
	failed := allHopeless([]string{"One", "two:27018"}, func(err error) { lost = err })
	for _, c := range []struct {
		host string
		ends bool
	}{{"one:27017", false}, {"one:27017", false}, {"member:27017", false}, {"two:27018", true}} {
		failed(&event.ServerHeartbeatFailedEvent{ConnectionID: c.host + "[-1]", Failure: syscall.ECONNREFUSED})
		if (lost != nil) != c.ends {
			t.Errorf("after %s: %v", c.host, lost)
		}
	}
	if !errors.Is(lost, syscall.ECONNREFUSED) {
		t.Errorf("given up because of %v", lost)
	}
}

func TestABadURLDoesNotShowItsPassword(t *testing.T) {
	for _, url := range []string{
		"mongodb://app:s3cret/pass@localhost/", "mongodb://app:s3cret%zzpass@localhost/",
		"mongodb://app:s3cret:pass@localhost/", "mongodb://app:s3cretpass@localhost/?maxPoolSize=many",
	} {
		opened(t, config(t, url, drivers.Express))
	}
}

func TestAServerWithoutTTLIndexesSaysWhatToSet(t *testing.T) {
	url := mongotest.URL(t)
	err := opened(t, config(t, url, drivers.Express))
	if !strings.Contains(err.Error(), "--set mongo.autoremove=disabled") || !strings.Contains(err.Error(), "expireAfterSeconds") {
		t.Errorf("%v: does not say what to do", err)
	}
	names, err := plain(t, url).Database(defaultDatabase).ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) != 0 {
		t.Errorf("left are %v, %v", names, err)
	}
}

func TestTheTTLIndexIsConnectMongos(t *testing.T) {
	want := rendered(t, recorded(t, "autoRemove=native")[0], nowOnly)
	var got string
	url := mongotest.Fake(func(command string, doc bson.Raw) bson.D {
		switch command {
		case "listCollections":
			return mongotest.NoCollections
		case "createIndexes":
			var sent bson.D
			if err := bson.Unmarshal(doc, &sent); err != nil {
				t.Error(err)
			}
			got = rendered(t, sent, nowOnly)
		}
		return nil
	}).Start(t)
	connected(t, config(t, url, drivers.Express), nil)
	if got != want {
		t.Errorf("sent     %s\nrecorded %s", got, want)
	}
}

func TestACollectionThatIsThereIsNotTaken(t *testing.T) {
	cfg := config(t, mongotest.URL(t)+"app", drivers.Express, "autoremove", removeDisabled, "collection", "carts")
	connected(t, cfg, nil)
	err := opened(t, cfg)
	if !errors.Is(err, drivers.ErrExists) || !strings.Contains(err.Error(), "carts") || !strings.Contains(err.Error(), "--use-existing") {
		t.Errorf("%v: does not name the collection and --use-existing", err)
	}
	cfg.UseExisting = true
	connected(t, cfg, nil)
}

// Two runs that begin at the same moment find no collection, and one makes it.
func TestACollectionThatAppearsMeanwhileIsNotTakenEither(t *testing.T) {
	made := "" // the last that was
	url := mongotest.Fake(func(command string, doc bson.Raw) bson.D {
		switch name, _ := doc.Lookup(command).StringValueOK(); {
		case command == "listCollections":
			return mongotest.NoCollections
		case command == "create" && name == "sessions":
			return mongotest.Refusal(namespaceExists, "NamespaceExists")
		case command == "create":
			made = name
		case command == "drop":
			made = ""
		}
		return nil
	}).Start(t)
	cfg := config(t, url, drivers.Express)
	if err := opened(t, cfg); !errors.Is(err, drivers.ErrExists) || !strings.Contains(err.Error(), "--use-existing") {
		t.Errorf("%v: does not name --use-existing", err)
	}
	if made != markOf("sessions") {
		t.Errorf("the other's collection lost its mark: %q", made)
	}
	cfg.UseExisting = true
	connected(t, cfg, nil)
}

func TestTheDatabaseIsTheOptionsElseTheURLs(t *testing.T) {
	for _, c := range []struct{ url, option, want string }{
		{"mongodb://h", "", "test"},
		{"mongodb://h/", "", "test"},
		{"mongodb://h/?tls=true", "", "test"},
		{"mongodb://u:p%2Fq@a:1,b:2/my%20db?tls=true", "", "my db"},
		{"mongodb+srv://h/shop", "", "shop"},
		{"mongodb://h/shop", "other", "other"},
	} {
		if got := database(config(t, c.url, drivers.Express, "database", c.option)); got != c.want {
			t.Errorf("%s with database=%q: %q, want %q", c.url, c.option, got, c.want)
		}
	}
}

func TestTheURLsOptionsWin(t *testing.T) {
	for _, c := range []struct {
		url    string
		client drivers.Client
		pool   int
		retry  bool
	}{
		{"mongodb://h/", drivers.Express, 100, true},
		{"mongodb://h/", drivers.Native, 100, false},
		{"mongodb://h/?maxpoolsize=7&retryWrites=false", drivers.Express, 7, false},
		{"mongodb://h/?retryWrites=true&maxPoolSize=0", drivers.Native, 0, true},
	} {
		cfg := config(t, c.url, c.client)
		opts, err := clientOptions(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if int(*opts.MaxPoolSize) != c.pool || *opts.RetryWrites != c.retry || *opts.MaxConnecting != 2 {
			t.Errorf("%s %s: pool %d, retry %v, connecting %d", c.client, c.url, *opts.MaxPoolSize, *opts.RetryWrites, *opts.MaxConnecting)
		}
		want := c.pool + monitors
		if c.pool == 0 {
			want = -1 // no limit
		}
		if got := facts(cfg).Connections; got != want {
			t.Errorf("%s: facts say %d connections, want %d", c.url, got, want)
		}
	}
}
