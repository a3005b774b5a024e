package mongo

import (
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// modifications remembers, for touch_after, the lastModified that the latest get
// of each session saw. connect-mongo keeps it in the request's session object,
// which a Record has no room for. A session is forgotten when it is destroyed or
// not found.
type modifications struct{ last sync.Map } // id → time.Time

func (m *modifications) note(id string, doc bson.Raw) {
	at, ok := doc.Lookup("lastModified").TimeOK()
	if !ok {
		m.forget(id)
		return
	}
	if before, known := m.of(id); !known || !before.Equal(at) {
		m.last.Store(id, at)
	}
}

func (m *modifications) of(id string) (time.Time, bool) {
	at, known := m.last.Load(id)
	if !known {
		return time.Time{}, false
	}
	return at.(time.Time), true
}

func (m *modifications) forget(id string) { m.last.Delete(id) }
