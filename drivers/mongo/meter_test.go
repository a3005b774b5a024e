package mongo

import (
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func metered(t *testing.T, answers map[string]bson.D) drivers.Reading {
	t.Helper()
	url := mongotest.Fake(func(command string, _ bson.Raw) bson.D {
		if command == "listCollections" {
			return mongotest.NoCollections
		}
		return answers[command]
	}).Start(t)
	d := connected(t, config(t, url, drivers.Express, "autoremove", removeDisabled), nil)
	reading, err := d.Meter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reading
}

func TestMeterReadsMongodsCounters(t *testing.T) {
	r := metered(t, map[string]bson.D{
		"serverStatus": {{Key: "ok", Value: 1},
			{Key: "opcounters", Value: bson.D{{Key: "insert", Value: 1000}, {Key: "query", Value: 400}, {Key: "update", Value: 30}, {Key: "delete", Value: 2}, {Key: "command", Value: 5000}}},
			{Key: "connections", Value: bson.D{{Key: "current", Value: 103}}}},
		"collStats": {{Key: "ok", Value: 1}, {Key: "size", Value: 1}, {Key: "storageSize", Value: 4096}, {Key: "totalIndexSize", Value: 512.0}},
		"count":     {{Key: "ok", Value: 1}, {Key: "n", Value: 7}},
	})
	for name, c := range map[string]struct {
		got  *int64
		want int64
	}{"calls": {r.AllCalls, 432}, "connections": {r.Connections, 103}, "bytes": {r.Bytes, 4608}, "expired": {r.ExpiredPresent, 7}} {
		if c.got == nil || *c.got != c.want {
			t.Errorf("%s: %v, want %d", name, c.got, c.want)
		}
	}
	if r.Calls != nil {
		t.Errorf("calls are told apart: %v", r.Calls)
	}
}

func TestMeterLeavesOutWhatIsRefused(t *testing.T) {
	no := mongotest.Refusal(13, "Unauthorized")
	r := metered(t, map[string]bson.D{"serverStatus": no, "collStats": no, "count": no})
	if r.AllCalls != nil || r.Connections != nil || r.Bytes != nil || r.ExpiredPresent != nil {
		t.Errorf("refused were all figures, given are %+v", r)
	}
}
