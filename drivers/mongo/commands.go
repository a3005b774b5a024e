package mongo

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The documents below are what connect-mongo 6 sends, key for key, with real
// values when a call is made and with placeholders when it is described.

func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// liveByID is the filter of connect-mongo's get. Its $or keeps mongod from the
// short cut that it has for a lone _id.
func liveByID(id, now any) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "$or", Value: bson.A{
		bson.D{{Key: "expires", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "expires", Value: bson.D{{Key: "$gt", Value: now}}}},
	}}}
}

func expiredBefore(now any) bson.D {
	return bson.D{{Key: "expires", Value: bson.D{{Key: "$lt", Value: now}}}}
}

// overwrite is the update of connect-mongo's set. A nil modified is left out.
func overwrite(id, session, expires, modified any) bson.D {
	fields := bson.D{{Key: "_id", Value: id}, {Key: "session", Value: session}, {Key: "expires", Value: expires}}
	if modified != nil {
		fields = append(fields, bson.E{Key: "lastModified", Value: modified})
	}
	return bson.D{{Key: "$set", Value: fields}}
}

// stored is the document that overwrite leaves: a server applies the fields of
// $set in the order of their names.
func stored(id, session, expires, modified any) bson.D {
	fields := bson.D{{Key: "_id", Value: id}, {Key: "expires", Value: expires}}
	if modified != nil {
		fields = append(fields, bson.E{Key: "lastModified", Value: modified})
	}
	return append(fields, bson.E{Key: "session", Value: session})
}

// extend is the update of connect-mongo's touch. A nil modified is left out.
func extend(expires, modified any) bson.D {
	var fields bson.D
	if modified != nil {
		fields = append(fields, bson.E{Key: "lastModified", Value: modified})
	}
	fields = append(fields, bson.E{Key: "expires", Value: expires})
	return bson.D{{Key: "$set", Value: fields}}
}

// createTTLIndex is the command of autoRemove "native", as recorded.
func createTTLIndex(collection string) bson.D {
	return bson.D{{Key: "createIndexes", Value: collection}, {Key: "indexes", Value: bson.A{bson.D{
		{Key: "background", Value: true},
		{Key: "expireAfterSeconds", Value: 0},
		{Key: "name", Value: "expires_1"},
		{Key: "key", Value: bson.D{{Key: "expires", Value: 1}}},
	}}}}
}

func wire(cfg drivers.Config) []drivers.WireCall {
	const id, session, expires, now = "<sid>", "<json>", "<expires>", "<now>"
	collection := cfg.Options.Text("collection")
	var modified any
	if cfg.Options.Duration("touch_after") > 0 {
		modified = now
	}
	live, put := liveByID(id, now), overwrite(id, session, expires, modified)
	if cfg.Client == drivers.Native {
		live, put = byID(id), stored(id, session, expires, modified)
	}
	calls := []drivers.WireCall{
		{Call: "open", Sends: []string{"listCollections", "create " + markOf(collection), "create " + collection}},
		{Call: "get", Sends: []string{fmt.Sprintf("find %s filter %s limit 1 singleBatch true", collection, text(live))}},
		{Call: "set", Sends: []string{fmt.Sprintf("update %s q %s u %s upsert true", collection, text(byID(id)), text(put))}},
		{Call: "touch", Sends: []string{fmt.Sprintf("update %s q %s u %s", collection, text(byID(id)), text(extend(expires, modified)))}},
		{Call: "destroy", Sends: []string{fmt.Sprintf("delete %s q %s limit 1", collection, text(byID(id)))}},
	}
	switch cfg.Options.Text("autoremove") {
	case removeNative:
		calls[0].Sends = append(calls[0].Sends, text(createTTLIndex(collection)))
	case removeInterval:
		calls = append(calls, drivers.WireCall{Call: "prune",
			Sends: []string{fmt.Sprintf("delete %s q %s limit 0", collection, text(expiredBefore(now)))}})
	}
	return calls
}

// text renders a document for people, its placeholders without quotes.
func text(doc bson.D) string {
	raw, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		panic(fmt.Sprintf("mongo: a document of this package is not valid: %v", err))
	}
	return placeholders.Replace(string(raw))
}

var placeholders = func() *strings.Replacer {
	var pairs []string
	for _, p := range []string{"<sid>", "<json>", "<expires>", "<now>"} {
		quoted, err := json.Marshal(p) // "<" as bson writes it or escaped
		if err != nil {
			panic(err)
		}
		pairs = append(pairs, string(quoted), p, `"`+p+`"`, p)
	}
	return strings.NewReplacer(pairs...)
}()
