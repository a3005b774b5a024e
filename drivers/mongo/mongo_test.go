package mongo

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/drivertest"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestConformance(t *testing.T) {
	url := mongotest.URL(t)
	var places atomic.Int64
	drivertest.Run(t, drivertest.Setup{
		Store: "mongo",
		Place: func(testing.TB) (string, map[string]string) {
			return url + "bench", map[string]string{
				"collection": fmt.Sprintf("place%d", places.Add(1)), "autoremove": removeInterval,
			}
		},
		Troubles: ferret(url).troubles(),
	})
}

// config is a Config of the given mode; settings are pairs of name and value.
func config(t *testing.T, url string, client drivers.Client, settings ...string) drivers.Config {
	t.Helper()
	given := map[string]string{}
	for i := 0; i < len(settings); i += 2 {
		given[settings[i]] = settings[i+1]
	}
	o, err := Store.Resolve(client, given)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Config{URL: url, Client: client, Options: o, ConnectTimeout: 30 * time.Second}
}

// connected opens a driver whose commands are watched, and closes it with the test.
func connected(t *testing.T, cfg drivers.Config, commands *event.CommandMonitor) *driver {
	t.Helper()
	d, err := connect(t.Context(), cfg, commands)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// plain is a client of the test's own.
func plain(t *testing.T, url string) *mongo.Client {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(context.Background()) })
	return c
}
