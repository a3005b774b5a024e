package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// show gives a reply as a short text.
func show(r reply) string {
	switch {
	case r.err != nil:
		return "error " + r.err.Error()
	case r.items != nil:
		var items []string
		for _, item := range r.items {
			items = append(items, show(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	case r.text != nil:
		return fmt.Sprintf("%q", r.text)
	}
	return fmt.Sprint(r.n)
}

func TestRepliesOfBothProtocols(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+OK\r\n":                              `"OK"`,
		":12\r\n":                              "12",
		":-2\r\n":                              "-2",
		"$3\r\na\r\n\r\n":                      "", // the length is a lie
		"$5\r\na\r\nbc\r\n":                    `"a\r\nbc"`,
		"$0\r\n\r\n":                           `""`,
		"$-1\r\n":                              "0", // null in RESP2
		"_\r\n":                                "0", // and in RESP3
		"*-1\r\n":                              "0",
		"-NOAUTH Authentication required.\r\n": "error NOAUTH Authentication required.",
		"!7\r\nOOM big\r\n":                    "error OOM big",
		"=8\r\ntxt:info\r\n":                   `"info"`,
		"*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n":   `["0" ["k"]]`,
		"%1\r\n$4\r\nsave\r\n$0\r\n\r\n":       `["save" ""]`,
		"~1\r\n#t\r\n":                         `["t"]`,
		",1.5\r\n":                             `"1.5"`,
		"(12345678901234567890\r\n":            `"12345678901234567890"`,
		">2\r\n+invalidate\r\n*0\r\n+OK\r\n":   `"OK"`, // a push message goes before
		"*3\r\n:1\r\n-ERR in between\r\n_\r\n": "[1 error ERR in between 0]",
		"%1\r\n+a\r\n>1\r\n+push\r\n:3\r\n":    `["a" 3]`,
	} {
		r := bufio.NewReader(strings.NewReader(text + "+NEXT\r\n"))
		got, err := readReply(r, 0)
		if want == "" {
			continue // only must not panic
		}
		if err != nil || show(got) != want {
			t.Errorf("%q gives %s, %v; want %s", text, show(got), err, want)
		}
		if next, err := readReply(r, 0); err != nil || string(next.text) != "NEXT" {
			t.Errorf("%q: what follows is %s, %v", text, show(next), err)
		}
	}
}

func TestBrokenRepliesAreErrors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("*1\r\n", 100) + ":1\r\n"
	for text, want := range map[string]error{
		"HTTP/1.1 400 Bad Request\r\n": errProtocol,
		"\r\n":                         errProtocol,
		"+OK\n":                        errProtocol,
		"$x\r\n":                       errProtocol,
		"$99999999999\r\n":             errProtocol,
		"*99999999999\r\n":             errProtocol,
		deep:                           errProtocol,
		"":                             io.EOF,
		"+OK":                          io.EOF,
		"$5\r\nab":                     io.ErrUnexpectedEOF,
		"$2\r\nab":                     io.ErrUnexpectedEOF,
		"*2\r\n:1\r\n":                 io.ErrUnexpectedEOF,
	} {
		if got, err := readReply(bufio.NewReader(strings.NewReader(text)), 0); !errors.Is(err, want) {
			t.Errorf("%.40q gives %s, %v; want %v", text, show(got), err, want)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	f.Add("*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n")
	f.Add("%1\r\n$4\r\nsave\r\n$0\r\n\r\n")
	f.Add(">1\r\n+a\r\n=8\r\ntxt:info\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := bufio.NewReader(strings.NewReader(text))
		if got, err := readReply(r, 0); err != nil && (got.text != nil || got.items != nil) {
			t.Errorf("a reply %s came with the error %v", show(got), err)
		}
	})
}
