package mongotest

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A Fake answers the commands that a test gives it, for what the test server
// can't be made to say: a replica set's write concern, mongod's counters, the
// errors of a primary that stepped down, a password. Its answer is nil for what a
// standalone mongod says: Hello, or just "ok". It speaks the handshake's OP_QUERY
// and OP_MSG, without compression or checksums.
type Fake func(command string, doc bson.Raw) bson.D

// Broken, as an answer, closes the connection.
var Broken = bson.D{}

// Hello is a standalone mongod's answer to the handshake.
var Hello = bson.D{
	{Key: "ok", Value: 1}, {Key: "isWritablePrimary", Value: true}, {Key: "helloOk", Value: true},
	{Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48 << 20}, {Key: "maxWriteBatchSize", Value: 100000},
	{Key: "minWireVersion", Value: 0}, {Key: "maxWireVersion", Value: 21}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
}

// NoCollections is the answer to listCollections of an empty database.
var NoCollections = bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
	{Key: "id", Value: int64(0)}, {Key: "ns", Value: "test.$cmd.listCollections"}, {Key: "firstBatch", Value: bson.A{}},
}}}

// Refusal is the answer of a command that failed.
func Refusal(code int, name string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: "refused by the test"}}
}

// Start serves until the test ends and gives the URL.
func (f Fake) Start(t testing.TB) string {
	t.Helper()
	return serve(t, f.serve)
}

// serve hands each connection to a function until the test ends, and gives the
// URL.
func serve(t testing.TB, each func(net.Conn)) string {
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
			go each(c)
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

func (f Fake) serve(c net.Conn) {
	defer c.Close()
	for {
		asked, err := readMessage(c)
		if err != nil {
			return
		}
		if err := asked.answer(c, f.message(asked.kind(), asked.body)); err != nil {
			return
		}
	}
}

// message is one of the wire protocol.
type message struct {
	header [16]byte // length, id, whose answer, operation code
	body   []byte
}

func readMessage(c net.Conn) (m message, err error) {
	if _, err := io.ReadFull(c, m.header[:]); err != nil {
		return m, err
	}
	m.body = make([]byte, binary.LittleEndian.Uint32(m.header[:])-uint32(len(m.header)))
	_, err = io.ReadFull(c, m.body)
	return m, err
}

func (m message) kind() uint32 { return binary.LittleEndian.Uint32(m.header[12:]) }

// pass sends the message on as it is.
func (m message) pass(c net.Conn) error {
	_, err := c.Write(append(m.header[:], m.body...))
	return err
}

// answer sends an answer to the message, given from its operation code on; there
// is none where the connection breaks.
func (m message) answer(c net.Conn, answer []byte) error {
	if answer == nil {
		return net.ErrClosed
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(answer)+12))
	frame = append(append(frame, 0, 0, 0, 0), m.header[4:8]...) // no id of its own; whose answer
	_, err := c.Write(append(frame, answer...))
	return err
}

// The operation codes of the wire protocol.
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
)

// message is the answer from its operation code on, or nil to close the
// connection.
func (f Fake) message(kind uint32, body []byte) []byte {
	if kind == opQuery { // flags, collection, skip, return, the command: the handshake's
		message := binary.LittleEndian.AppendUint32(nil, opReply)
		message = append(message, make([]byte, 16)...) // flags, cursor, from
		message = binary.LittleEndian.AppendUint32(message, 1)
		return appendDocument(message, f.answer("hello", nil))
	}
	return said(f.answer(commandOf(body)))
}

// answer is what the fake says to a command.
func (f Fake) answer(command string, doc bson.Raw) bson.D {
	answer := f(command, doc)
	switch {
	case answer != nil:
		return answer
	case command == "hello":
		return Hello
	}
	return bson.D{{Key: "ok", Value: 1}}
}

// said is an OP_MSG of an answer.
func said(answer bson.D) []byte {
	message := binary.LittleEndian.AppendUint32(nil, opMsg)
	message = append(message, 0, 0, 0, 0, 0) // flags, section 0
	return appendDocument(message, answer)
}

func appendDocument(message []byte, answer bson.D) []byte {
	if len(answer) == 0 {
		return nil // Broken
	}
	raw, err := bson.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return append(message, raw...)
}

// commandOf is the command in the body of an OP_MSG.
func commandOf(body []byte) (name string, doc bson.Raw) {
	doc = bson.Raw(body[5:]) // flags, section 0: the command
	doc = doc[:binary.LittleEndian.Uint32(doc)]
	elements, err := doc.Elements()
	if err != nil {
		panic(err)
	}
	return elements[0].Key(), doc
}
