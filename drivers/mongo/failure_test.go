package mongo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestRefusalsAreClassedByTheirCode(t *testing.T) {
	for code, c := range map[int]struct {
		name  string
		class drivers.Class
	}{
		13:    {"Unauthorized", drivers.ClassAuth},
		18:    {"AuthenticationFailed", drivers.ClassAuth},
		8000:  {"AtlasError", drivers.ClassAuth},
		50:    {"MaxTimeMSExpired", drivers.ClassTimeout},
		262:   {"ExceededTimeLimit", drivers.ClassTimeout},
		112:   {"WriteConflict", drivers.ClassBusy},
		10107: {"NotWritablePrimary", drivers.ClassReadOnly},
		13435: {"NotPrimaryNoSecondaryOk", drivers.ClassReadOnly},
		14031: {"OutOfDiskSpace", drivers.ClassOutOfMemory},
		2:     {"BadValue", drivers.ClassOther},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := connected(t, config(t, failing(mongotest.Refusal(code, c.name)).Start(t), drivers.Native, "autoremove", removeDisabled), nil)
			err := d.Destroy(t.Context(), "abc")
			if class := drivers.Classify(err); class != c.class || !strings.HasPrefix(err.Error(), "destroy session abc: ") || !strings.Contains(err.Error(), "refused by the test") {
				t.Errorf("%v: classed %s, want %s", err, class, c.class)
			}
		})
	}
}

// failing answers every delete with the same.
func failing(answer bson.D) mongotest.Fake {
	return func(command string, _ bson.Raw) bson.D {
		switch command {
		case "listCollections":
			return mongotest.NoCollections
		case "delete":
			return answer
		}
		return nil
	}
}

func TestAWriteErrorIsClassedToo(t *testing.T) {
	answer := bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "writeErrors", Value: bson.A{
		bson.D{{Key: "index", Value: 0}, {Key: "code", Value: 14031}, {Key: "errmsg", Value: "refused by the test"}},
	}}}
	d := connected(t, config(t, failing(answer).Start(t), drivers.Express, "autoremove", removeDisabled), nil)
	if err := d.Destroy(t.Context(), "abc"); drivers.Classify(err) != drivers.ClassOutOfMemory {
		t.Errorf("%v: classed %s", err, drivers.Classify(err))
	}
}

// A server that keeps one call waiting tells a full pool from a slow server.
func TestAWaitForAFullPoolIsPoolExhausted(t *testing.T) {
	for _, client := range modes {
		t.Run(string(client), func(t *testing.T) {
			t.Parallel()
			asked, release := make(chan struct{}, 1), make(chan struct{})
			d := connected(t, config(t, hanging(asked, release).Start(t), client, "autoremove", removeDisabled, "pool_size", "1"), nil)
			first := make(chan error)
			go func() { first <- d.Destroy(context.Background(), "first") }()
			<-asked
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := d.Destroy(ctx, "second")
			if drivers.Classify(err) != drivers.ClassPoolExhausted || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: classed %s", err, drivers.Classify(err))
			}
			close(release)
			if err := <-first; err != nil {
				t.Errorf("the call that had the connection: %v", err)
			}
		})
	}
}

// hanging answers deletes when release is closed; asked hears of each.
func hanging(asked chan<- struct{}, release <-chan struct{}) mongotest.Fake {
	return func(command string, _ bson.Raw) bson.D {
		switch command {
		case "listCollections":
			return mongotest.NoCollections
		case "delete":
			asked <- struct{}{}
			<-release
		}
		return nil
	}
}

func TestCloseEndsACallThatHangs(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 1), make(chan struct{})
	defer close(release)
	d := connected(t, config(t, hanging(asked, release).Start(t), drivers.Express, "autoremove", removeDisabled), nil)
	call := make(chan error)
	go func() { call <- d.Destroy(context.Background(), "abc") }()
	<-asked
	if err := d.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := <-call; !errors.Is(err, drivers.ErrClosed) {
		t.Errorf("the call in flight: %v", err)
	}
}
