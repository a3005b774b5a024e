package mongo

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"github.com/sessionbench/bench/internal/faultproxy"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ferret is the address of the tests' FerretDB.
type ferret string

// troubles bring about each class of failure. With one connection a call that
// leaves it broken, or does not give it back, leaves none for the next. What only
// mongod says (FerretDB has neither rights, replicas, conflicts nor quotas) is
// said in the server's place, by mongod's codes.
func (f ferret) troubles() map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble {
	return map[drivers.Class]func(testing.TB, drivers.Client) *drivertest.Trouble{
		drivers.ClassRefused:          f.refused,
		drivers.ClassReset:            f.reset,
		drivers.ClassTooManyOpenFiles: f.tooManyOpenFiles,
		drivers.ClassPoolExhausted:    f.poolExhausted,
		drivers.ClassBusy:             f.refusing(112, "WriteConflict"),
		drivers.ClassAuth:             f.refusing(13, "Unauthorized"),
		drivers.ClassReadOnly:         f.refusing(10107, "NotWritablePrimary"),
		drivers.ClassOutOfMemory:      f.refusing(14031, "OutOfDiskSpace"),
	}
}

// through is the server behind a proxy. The driver's end leaves no connection
// there.
func (f ferret) through(t testing.TB) (*faultproxy.Proxy, string) {
	t.Helper()
	p, url := drivertest.Through(t, string(f))
	t.Cleanup(func() {
		for deadline := time.Now().Add(30 * time.Second); p.Open() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d connections are still open", p.Open())
			}
		}
	})
	return p, url
}

// someTime is what a call is given that would wait for a server, or a connection.
const someTime = 200 * time.Millisecond

// refused is a server that is away.
func (f ferret) refused(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	p, url := f.through(t)
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "1"}, Timeout: someTime,
		StartWith: func(t testing.TB, d drivers.Driver) {
			p.Away()
			drivertest.AwaitFailure(t, d, drivers.ClassRefused)
		},
		Stop: func(testing.TB) { p.Back() },
	}
}

// reset breaks the connections as soon as a call comes on one.
func (f ferret) reset(t testing.TB, client drivers.Client) *drivertest.Trouble {
	collection := "broken" + string(client)
	p, url := f.through(t)
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "1", "collection": collection},
		Start: func(testing.TB) { p.On(collection, p.Reset) },
		Stop:  func(testing.TB) { p.On("", nil) },
	}
}

// tooManyOpenFiles leaves no descriptor for a second connection.
func (f ferret) tooManyOpenFiles(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	p, url := f.through(t)
	var give, release func()
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "2"},
		StartWith: func(t testing.TB, d drivers.Driver) {
			release = drivertest.Hold(t, d, p)
			give = drivertest.UseAllDescriptors(t)
		},
		Stop: func(testing.TB) { give(); release() },
	}
}

// poolExhausted has another call keep the one connection.
func (f ferret) poolExhausted(t testing.TB, _ drivers.Client) *drivertest.Trouble {
	p, url := f.through(t)
	var release func()
	return &drivertest.Trouble{
		URL: url, Settings: map[string]string{"pool_size": "1"}, Timeout: someTime,
		StartWith: func(t testing.TB, d drivers.Driver) { release = drivertest.Hold(t, d, p) },
		Stop:      func(testing.TB) { release() },
	}
}

// refusing answers the calls with an error in the server's place.
func (f ferret) refusing(code int, name string) func(testing.TB, drivers.Client) *drivertest.Trouble {
	return func(t testing.TB, _ drivers.Client) *drivertest.Trouble {
		var on atomic.Bool
		between := mongotest.Fake(func(command string, _ bson.Raw) bson.D {
			switch command {
			case "find", "update", "delete":
				if on.Load() {
					return mongotest.Refusal(code, name)
				}
			}
			return nil
		})
		return &drivertest.Trouble{
			URL: between.Before(t, string(f)), Settings: map[string]string{"pool_size": "1"},
			Start: func(testing.TB) { on.Store(true) },
			Stop:  func(testing.TB) { on.Store(false) },
		}
	}
}
