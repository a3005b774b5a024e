package mongo

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A fake answers the commands that a test gives it, for what the test server
// can't be made to say: a replica set's write concern, mongod's counters, the
// errors of a primary that stepped down. Its answer is nil for "ok". It speaks
// the handshake's OP_QUERY and OP_MSG, without compression or checksums.
type fake func(command string, doc bson.Raw) bson.D

const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
)

// start serves until the test ends and gives the URL.
func (f fake) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	var open []net.Conn
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			lock.Lock()
			open = append(open, c)
			lock.Unlock()
			go f.serve(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		lock.Lock()
		defer lock.Unlock()
		for _, c := range open {
			c.Close()
		}
	})
	return "mongodb://" + l.Addr().String() + "/"
}

func (f fake) serve(c net.Conn) {
	defer c.Close()
	for {
		var header [16]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		body := make([]byte, binary.LittleEndian.Uint32(header[:])-uint32(len(header)))
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		request, kind := header[4:8], binary.LittleEndian.Uint32(header[12:])
		answer := f.answer(request, kind, body)
		if answer == nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

func (f fake) answer(request []byte, kind uint32, body []byte) []byte {
	var message []byte
	if kind == opQuery { // flags, collection, skip, return, the command
		message = binary.LittleEndian.AppendUint32(message, opReply)
		message = append(message, make([]byte, 16)...) // flags, cursor, from
		message = binary.LittleEndian.AppendUint32(message, 1)
		message = append(message, marshal(hello)...)
	} else { // flags, section 0: the command
		doc := bson.Raw(body[5:])
		doc = doc[:binary.LittleEndian.Uint32(doc)]
		elements, err := doc.Elements()
		if err != nil {
			panic(err)
		}
		answer := f(elements[0].Key(), doc)
		switch {
		case answer != nil && len(answer) == 0:
			return nil
		case answer != nil:
		case elements[0].Key() == "hello":
			answer = hello
		default:
			answer = bson.D{{Key: "ok", Value: 1}}
		}
		message = binary.LittleEndian.AppendUint32(message, opMsg)
		message = append(message, 0, 0, 0, 0, 0) // flags, section 0
		message = append(message, marshal(answer)...)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(message)+12))
	frame = append(frame, 0, 0, 0, 0)
	return append(append(frame, request...), message...)
}

// broken, as an answer, closes the connection.
var broken = bson.D{}

var hello = bson.D{
	{Key: "ok", Value: 1}, {Key: "isWritablePrimary", Value: true}, {Key: "helloOk", Value: true},
	{Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48 << 20}, {Key: "maxWriteBatchSize", Value: 100000},
	{Key: "minWireVersion", Value: 0}, {Key: "maxWireVersion", Value: 21}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
}

func marshal(doc bson.D) []byte {
	raw, err := bson.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

// noCollections is the answer to listCollections of an empty database.
var noCollections = bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
	{Key: "id", Value: int64(0)}, {Key: "ns", Value: "test.$cmd.listCollections"}, {Key: "firstBatch", Value: bson.A{}},
}}}

// refusal is the answer of a command that failed.
func refusal(code int, name string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: "refused by the test"}}
}
