package mongo

import (
	"context"
	"fmt"
	"strconv"

	"github.com/sessionbench/bench/drivers"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// ask runs a command that reads; a nil answer is a refusal.
func (d *driver) ask(ctx context.Context, db *mongo.Database, command bson.D) (answer bson.Raw, err error) {
	err = d.call(ctx, "read the server's "+command[0].Key, func(ctx context.Context) (err error) {
		answer, err = db.RunCommand(ctx, command).Raw()
		return err
	})
	if err != nil && isRefusal(err) {
		return nil, nil
	}
	return answer, err
}

// Inspect reads what the server tells about itself. Settings that it does not
// know or that the user may not read are left out.
func (d *driver) Inspect(ctx context.Context) (drivers.Inspection, error) {
	var s server
	for _, read := range []struct {
		into    *bson.Raw
		command string
	}{
		{&s.build, "buildInfo"}, {&s.hello, "hello"}, {&s.status, "serverStatus"},
		{&s.options, "getCmdLineOpts"}, {&s.writes, "getDefaultRWConcern"},
	} {
		answer, err := d.ask(ctx, d.admin, bson.D{{Key: read.command, Value: 1}})
		if err != nil {
			return drivers.Inspection{}, err
		}
		*read.into = answer
	}
	concern := s.concern(d.opts.WriteConcern)
	return drivers.Inspection{
		Version:    s.version(),
		Settings:   s.settings(concern),
		Durability: s.durability(concern),
		TLS:        d.opts.TLSConfig != nil,
	}, nil
}

// server holds a server's answers; nil is one that it refused.
type server struct{ build, hello, status, options, writes bson.Raw }

// The names under Inspection.Settings["topology"].
const (
	standalone = "standalone"
	replicaSet = "replica set"
	sharded    = "sharded"
)

func (s server) topology() string {
	switch {
	case word(s.hello, "msg") == "isdbgrid":
		return sharded
	case word(s.hello, "setName") != "":
		return replicaSet
	}
	return standalone
}

// ferretDB gives FerretDB's version: "unknown" when it is embedded, "" when the
// server is something else.
func (s server) ferretDB() string {
	if v := word(s.build, "ferretdbVersion"); v != "" { // FerretDB 1
		return v
	}
	return word(s.build, "ferretdb", "version") // FerretDB 2
}

func (s server) version() string {
	v := word(s.build, "version")
	if ferret := s.ferretDB(); ferret != "" {
		return fmt.Sprintf("FerretDB %s, as MongoDB %s", ferret, v)
	}
	return v
}

// acknowledgement is the write concern that writes really have. A nil w is not
// known; a nil journal is not stated.
type acknowledgement struct {
	w       any
	journal *bool
}

// concern is the URL's write concern, else the cluster's default, else w:1. A
// standalone server has no default of its own.
func (s server) concern(url *writeconcern.WriteConcern) acknowledgement {
	var a acknowledgement
	if url != nil {
		a = acknowledgement{url.W, url.Journal}
	}
	if a.w != nil {
		return a
	}
	if s.topology() == standalone {
		a.w = 1
		return a
	}
	if s.writes == nil {
		return a
	}
	a.w = 1 // the default of a cluster that states none: MongoDB before 5.0
	switch w := lookup(s.writes, "defaultWriteConcern", "w"); w.Type {
	case bson.TypeString:
		a.w = w.StringValue()
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		a.w = int(w.AsInt64())
	}
	if journal, ok := lookup(s.writes, "defaultWriteConcern", "j").BooleanOK(); ok && a.journal == nil {
		a.journal = &journal
	}
	return a
}

func (a acknowledgement) String() string {
	text := "w:?"
	if a.w != nil {
		text = fmt.Sprintf("w:%v", a.w)
	}
	if a.journal != nil {
		text += fmt.Sprintf(" j:%v", *a.journal)
	}
	return text
}

func (s server) settings(concern acknowledgement) map[string]string {
	settings := map[string]string{"topology": s.topology(), "write_concern": concern.String()}
	add := func(name, value string) {
		if value != "" {
			settings[name] = value
		}
	}
	add("storage_engine", word(s.status, "storageEngine", "name"))
	add("replica_set", word(s.hello, "setName"))
	if list, ok := lookup(s.hello, "hosts").ArrayOK(); ok {
		if hosts, err := list.Values(); err == nil {
			add("replica_set_hosts", strconv.Itoa(len(hosts)))
		}
	}
	add("cache_bytes", number(s.status, "wiredTiger", "cache", "maximum bytes configured"))
	add("journal", word(s.options, "parsed", "storage", "journal", "enabled"))
	add("journal_commit_interval_ms", number(s.options, "parsed", "storage", "journal", "commitIntervalMs"))
	return settings
}

// durability follows "Acknowledgment Behavior" of MongoDB's manual on write
// concern: w:1 is acknowledged from memory and the journal is written every
// 100 ms; j:true waits for it, and so does w:majority where j is not stated
// (writeConcernMajorityJournalDefault). FerretDB acknowledges after the commit
// of its SQLite or PostgreSQL, both of which reach the disk by default; its
// users can't see their settings through it.
func (s server) durability(a acknowledgement) drivers.Durability {
	switch {
	case a.w == 0:
		return drivers.DurabilityNone
	case s.ferretDB() != "":
		return drivers.DurabilityCommit
	case volatile[word(s.status, "storageEngine", "name")]:
		return drivers.DurabilityNone
	case word(s.options, "parsed", "storage", "journal", "enabled") == "false":
		return drivers.DurabilitySeconds // a checkpoint a minute
	case a.journal != nil && *a.journal:
		return drivers.DurabilityCommit
	case a.w == nil:
		return ""
	case a.w == "majority" && a.journal == nil:
		return drivers.DurabilityCommit
	}
	return drivers.DurabilitySeconds
}

// volatile are the storage engines that keep nothing on disk.
var volatile = map[string]bool{"inMemory": true, "ephemeralForTest": true, "devnull": true}

// lookup finds a value; one that is absent has no type.
func lookup(doc bson.Raw, path ...string) bson.RawValue {
	if doc == nil {
		return bson.RawValue{}
	}
	v, err := doc.LookupErr(path...)
	if err != nil {
		return bson.RawValue{}
	}
	return v
}

// word gives a string or boolean as text, or "".
func word(doc bson.Raw, path ...string) string {
	v := lookup(doc, path...)
	if b, ok := v.BooleanOK(); ok {
		return strconv.FormatBool(b)
	}
	text, _ := v.StringValueOK()
	return text
}

// number gives a number as text, or "".
func number(doc bson.Raw, path ...string) string {
	if n, ok := lookup(doc, path...).AsInt64OK(); ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}
