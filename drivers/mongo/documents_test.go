package mongo

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessionbench/bench/drivers"
	"github.com/sessionbench/bench/drivers/mongo/mongotest"
	"go.mongodb.org/mongo-driver/v2/bson"
)

var modes = []drivers.Client{drivers.Express, drivers.Native}

// fixture is a document that connect-mongo wrote: as canonical extended JSON,
// and as the session that it holds.
func fixture(t *testing.T) (string, drivers.Record) {
	t.Helper()
	file, err := os.ReadFile("testdata/mongo-docs.ejson")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(strings.TrimSpace(string(file)), "\n")
	var doc struct {
		ID      string `bson:"_id"`
		Session string
	}
	if err := bson.UnmarshalExtJSON([]byte(text), true, &doc); err != nil {
		t.Fatal(err)
	}
	cookie, err := drivers.ParseCookie([]byte(doc.Session))
	if err != nil {
		t.Fatal(err)
	}
	return text, drivers.Record{ID: doc.ID, Value: []byte(doc.Session), Cookie: cookie}
}

// left gives a stored document as canonical extended JSON.
func left(t *testing.T, d *driver, id string) string {
	t.Helper()
	raw, err := d.sessions.FindOne(t.Context(), byID(id)).Raw()
	if err != nil {
		t.Fatal(err)
	}
	text, err := bson.MarshalExtJSON(raw, true, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocumentsAreConnectMongos(t *testing.T) {
	url := mongotest.URL(t)
	want, r := fixture(t)
	for _, client := range modes {
		t.Run(string(client), func(t *testing.T) {
			d, _ := watched(t, config(t, url, client, "autoremove", removeDisabled))
			for name, store := range map[string]func() error{
				"set":  func() error { return d.Set(t.Context(), r) },
				"load": func() error { return d.Load(t.Context(), slices.Values([]drivers.Record{r})) },
			} {
				for _, time := range []string{"first", "second"} {
					if err := store(); err != nil {
						t.Fatalf("%s %s: %v", time, name, err)
					}
					if got := left(t, d, r.ID); got != want {
						t.Errorf("%s %s left\n%s, connect-mongo leaves\n%s", time, name, got, want)
					}
				}
				if err := d.Destroy(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestConnectMongosDocumentsAreRead(t *testing.T) {
	url := mongotest.URL(t)
	text, r := fixture(t)
	for _, client := range modes {
		t.Run(string(client), func(t *testing.T) {
			d, _ := watched(t, config(t, url, client, "autoremove", removeDisabled))
			var doc bson.D
			if err := bson.UnmarshalExtJSON([]byte(text), true, &doc); err != nil {
				t.Fatal(err)
			}
			doc[1].Value = bson.NewDateTimeFromTime(time.Now().Add(time.Hour)) // the recorded one may be over
			if _, err := d.sessions.InsertOne(t.Context(), doc); err != nil {
				t.Fatal(err)
			}
			got, err := d.Get(t.Context(), r.ID)
			if err != nil || !bytes.Equal(got.Value, r.Value) {
				t.Errorf("get gave %s, %v; connect-mongo wrote %s", got.Value, err, r.Value)
			}
		})
	}
}

func TestASubDocumentIsRefused(t *testing.T) {
	d, _ := watched(t, config(t, mongotest.URL(t), drivers.Express, "autoremove", removeDisabled))
	if _, err := d.sessions.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "x"}, {Key: "session", Value: bson.D{{Key: "n", Value: 1}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "stringify:false") {
		t.Errorf("get: %v; want one that names connect-mongo's option", err)
	}
}

func TestASessionCookieLivesForTTL(t *testing.T) {
	url := mongotest.URL(t)
	for _, client := range modes {
		d, _ := watched(t, config(t, url, client, "autoremove", removeDisabled, "ttl", "24h"))
		r := drivers.Record{ID: "x", Value: []byte(`{"cookie":{"originalMaxAge":null,"expires":null}}`)}
		for name, call := range map[string]func() error{
			"set":   func() error { return d.Set(t.Context(), r) },
			"touch": func() error { return errors.Join(d.Set(t.Context(), r), d.Touch(t.Context(), r)) },
		} {
			before := time.Now().Truncate(time.Millisecond).Add(24 * time.Hour)
			if err := call(); err != nil {
				t.Fatal(err)
			}
			var doc struct{ Expires time.Time }
			if err := d.sessions.FindOne(t.Context(), byID(r.ID)).Decode(&doc); err != nil {
				t.Fatal(err)
			}
			if after := time.Now().Add(24 * time.Hour); doc.Expires.Before(before) || doc.Expires.After(after) {
				t.Errorf("%s %s: ends at %v, not between %v and %v", client, name, doc.Expires, before, after)
			}
		}
		if err := d.Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTouchAfterSavesYoungTouches(t *testing.T) {
	url := mongotest.URL(t)
	for _, client := range modes {
		t.Run(string(client), func(t *testing.T) {
			d, l := watched(t, config(t, url, client, "autoremove", removeDisabled, "touch_after", "1h"))
			r := drivers.Record{ID: "x", Value: []byte(`{"cookie":{}}`), Cookie: drivers.NewCookie(time.Now(), 2*time.Hour)}
			if err := d.Set(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			touches := func(want int) {
				t.Helper()
				if _, err := d.Get(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
				l.take()
				if err := d.Touch(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if sent := l.take(); len(sent) != want {
					t.Errorf("the touch sent %v; want %d commands", sent, want)
				}
			}
			touches(0)
			old := bson.D{{Key: "$set", Value: bson.D{{Key: "lastModified", Value: bson.NewDateTimeFromTime(time.Now().Add(-2 * time.Hour))}}}}
			if _, err := d.sessions.UpdateOne(t.Context(), byID(r.ID), old); err != nil {
				t.Fatal(err)
			}
			touches(1)
			touches(0) // the touch renewed lastModified
			if _, err := d.sessions.UpdateOne(t.Context(), byID(r.ID), bson.D{{Key: "$unset", Value: bson.D{{Key: "lastModified", Value: ""}}}}); err != nil {
				t.Fatal(err)
			}
			touches(1)
			touches(1) // connect-mongo's touch does not start a lastModified
		})
	}
}
