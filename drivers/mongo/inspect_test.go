package mongo

import (
	"testing"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestDurabilityFollowsWriteConcernAndEngine(t *testing.T) {
	standalone := bson.D(nil)
	set := bson.D{{Key: "setName", Value: "rs0"}, {Key: "hosts", Value: bson.A{"a:1", "b:1", "c:1"}}}
	majority := bson.D{{Key: "ok", Value: 1}, {Key: "defaultWriteConcern", Value: bson.D{{Key: "w", Value: "majority"}, {Key: "wtimeout", Value: 0}}}}
	none := bson.D{{Key: "ok", Value: 1}}
	forbidden := mongotest.Refusal(13, "Unauthorized")
	inMemory := bson.D{{Key: "ok", Value: 1}, {Key: "storageEngine", Value: bson.D{{Key: "name", Value: "inMemory"}}}}
	wiredTiger := bson.D{{Key: "ok", Value: 1}, {Key: "storageEngine", Value: bson.D{{Key: "name", Value: "wiredTiger"}}}}
	noJournal := bson.D{{Key: "ok", Value: 1}, {Key: "parsed", Value: bson.D{{Key: "storage", Value: bson.D{{Key: "journal", Value: bson.D{{Key: "enabled", Value: false}}}}}}}}
	for name, c := range map[string]struct {
		query                          string
		hello, writes, status, options bson.D
		concern                        string
		want                           drivers.Durability
	}{
		"standalone, default":             {"", standalone, majority, wiredTiger, none, "w:1", drivers.DurabilitySeconds},
		"standalone, journal":             {"?journal=true", standalone, none, wiredTiger, none, "w:1 j:true", drivers.DurabilityCommit},
		"standalone, majority":            {"?w=majority", standalone, none, wiredTiger, none, "w:majority", drivers.DurabilityCommit},
		"standalone, unacknowledged":      {"?w=0", standalone, none, wiredTiger, none, "w:0", drivers.DurabilityNone},
		"standalone, in memory":           {"?w=majority", standalone, none, inMemory, none, "w:majority", drivers.DurabilityNone},
		"standalone, no journal":          {"", standalone, none, wiredTiger, noJournal, "w:1", drivers.DurabilitySeconds},
		"set, default since 5.0":          {"", set, majority, wiredTiger, none, "w:majority", drivers.DurabilityCommit},
		"set, default before 5.0":         {"", set, none, wiredTiger, none, "w:1", drivers.DurabilitySeconds},
		"set, majority, not to the disk":  {"?w=majority&journal=false", set, none, wiredTiger, none, "w:majority j:false", drivers.DurabilitySeconds},
		"set, w:1 in the URL":             {"?w=1", set, majority, wiredTiger, none, "w:1", drivers.DurabilitySeconds},
		"set, default may not be read":    {"", set, forbidden, forbidden, forbidden, "w:?", ""},
		"set, journal, w may not be read": {"?journal=true", set, forbidden, forbidden, forbidden, "w:? j:true", drivers.DurabilityCommit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := mongotest.Fake(func(command string, doc bson.Raw) bson.D {
				switch command {
				case "listCollections":
					return mongotest.NoCollections
				case "hello":
					if doc == nil { // the handshake: a set would be looked for at its hosts
						return nil
					}
					return append(append(bson.D{}, mongotest.Hello...), c.hello...)
				case "getDefaultRWConcern":
					return c.writes
				case "serverStatus":
					return c.status
				case "getCmdLineOpts":
					return c.options
				case "buildInfo":
					return bson.D{{Key: "ok", Value: 1}, {Key: "version", Value: "8.0.4"}}
				}
				return nil
			}).Start(t)
			direct := "?directConnection=true" // the set's other members are nowhere
			if c.query != "" {
				direct = c.query + "&directConnection=true"
			}
			d := connected(t, config(t, url+direct, drivers.Express, "autoremove", removeDisabled), nil)
			got, err := d.Inspect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got.Durability != c.want || got.Settings["write_concern"] != c.concern || got.Version != "8.0.4" {
				t.Errorf("durability %q, want %q; write concern %q, want %q; version %q", got.Durability, c.want, got.Settings["write_concern"], c.concern, got.Version)
			}
		})
	}
}
