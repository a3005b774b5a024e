package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The commands that this package sends.
const (
	cmdGet    = "GET"
	cmdSet    = "SET"
	cmdExpire = "EXPIRE"
	cmdDel    = "DEL"
	argEX     = "EX"

	cmdHello  = "HELLO"
	cmdAuth   = "AUTH"
	cmdSelect = "SELECT"
	cmdPing   = "PING"
	cmdInfo   = "INFO"
	cmdConfig = "CONFIG"
	cmdScan   = "SCAN"
	cmdUnlink = "UNLINK"
)

// command is one command in the making. It is encoded when it is written, so
// that a session's value is copied once only.
type command struct {
	name    string
	key     string // a session id: the link's prefix goes before it
	value   []byte // of SET
	seconds int64  // of SET with expires, and EXPIRE
	expires bool
	args    []string // of a command without key, value and seconds
}

// appendTo appends the command in RESP.
func (c *command) appendTo(dst []byte, prefix string) []byte {
	switch c.name {
	case cmdGet, cmdDel:
		dst = appendHead(dst, 2, c.name)
		return appendKey(dst, prefix, c.key)
	case cmdExpire:
		dst = appendHead(dst, 3, c.name)
		dst = appendKey(dst, prefix, c.key)
		return appendInt(dst, c.seconds)
	case cmdSet:
		n := 3
		if c.expires {
			n = 5
		}
		dst = appendHead(dst, n, c.name)
		dst = appendKey(dst, prefix, c.key)
		dst = appendLength(dst, '$', len(c.value))
		dst = append(append(dst, c.value...), crlf...)
		if c.expires {
			dst = appendText(dst, argEX)
			dst = appendInt(dst, c.seconds)
		}
		return dst
	}
	dst = appendHead(dst, 1+len(c.args), c.name)
	for _, arg := range c.args {
		dst = appendText(dst, arg)
	}
	return dst
}

const crlf = "\r\n"

func appendHead(dst []byte, n int, name string) []byte {
	return appendText(appendLength(dst, '*', n), name)
}

func appendLength(dst []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(dst, kind), int64(n), 10), crlf...)
}

func appendText(dst []byte, text string) []byte { return appendKey(dst, "", text) }

func appendKey(dst []byte, prefix, id string) []byte {
	dst = appendLength(dst, '$', len(prefix)+len(id))
	return append(append(append(dst, prefix...), id...), crlf...)
}

func appendInt(dst []byte, n int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	return append(append(appendLength(dst, '$', len(text)), text...), crlf...)
}

// serverError is an error reply. It is an answer like others: the connection
// stays usable.
type serverError string

func (e serverError) Error() string { return string(e) }

// reply is one answer.
type reply struct {
	text  []byte // strings; nil: null
	n     int64  // integers
	items []reply
	err   error // a serverError, or why there is no answer
}

// errProtocol marks what is no RESP: the connection can't be read any further.
var errProtocol = errors.New("not the Redis protocol")

var okText = []byte("OK") // the answer to each SET; nobody changes it

const (
	longest = 512 << 20 // proto-max-bulk-len's default, which a reply keeps to as well
	deepest = 8         // levels of arrays in arrays
)

// readReply reads one reply of RESP2 or RESP3. Push messages, which nobody asks
// for here, are passed over.
func readReply(r *bufio.Reader, depth int) (reply, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return reply{}, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return reply{}, fmt.Errorf("%w: the line %.40q", errProtocol, line)
	}
	kind, rest := line[0], line[1:len(line)-2]
	switch kind {
	case '+', ',', '(', '#':
		if string(rest) == "OK" {
			return reply{text: okText}, nil
		}
		return reply{text: append([]byte{}, rest...)}, nil
	case '-':
		return reply{err: serverError(rest)}, nil
	case '_':
		return reply{}, nil
	}
	n, err := strconv.ParseInt(string(rest), 10, 64)
	if err != nil || n > longest && kind != ':' {
		return reply{}, fmt.Errorf("%w: the line %.40q", errProtocol, line)
	}
	switch kind {
	case ':':
		return reply{n: n}, nil
	case '$', '!', '=':
		return readText(r, kind, int(n))
	case '*', '~', '>':
		return readItems(r, kind, int(n), depth)
	case '%':
		return readItems(r, kind, int(2*n), depth)
	}
	return reply{}, fmt.Errorf("%w: a reply of type %q", errProtocol, kind)
}

// readText reads a string of known length: plain ($), an error (!), or with its
// format before it (=txt:…).
func readText(r *bufio.Reader, kind byte, n int) (reply, error) {
	if n < 0 {
		return reply{}, nil
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return reply{}, unexpected(err)
	}
	if _, err := r.Discard(len(crlf)); err != nil {
		return reply{}, unexpected(err)
	}
	switch {
	case kind == '!':
		return reply{err: serverError(text)}, nil
	case kind == '=' && n >= 4:
		return reply{text: text[4:]}, nil
	}
	return reply{text: text}, nil
}

func readItems(r *bufio.Reader, kind byte, n, depth int) (reply, error) {
	if depth == deepest {
		return reply{}, fmt.Errorf("%w: arrays nested more than %d deep", errProtocol, deepest)
	}
	var items []reply
	for range n {
		item, err := readReply(r, depth+1)
		if err != nil {
			return reply{}, unexpected(err)
		}
		items = append(items, item)
	}
	if kind == '>' {
		return readReply(r, depth)
	}
	return reply{items: items}, nil
}

// unexpected is the end of the stream inside a reply.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
