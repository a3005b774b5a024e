package mongotest

import (
	"net"
	"strings"
	"testing"
)

// Before serves like Start, before a server, which answers what the fake leaves
// unanswered: a real store that now and then says what the test server can't.
func (f Fake) Before(t testing.TB, url string) string {
	t.Helper()
	server := strings.Trim(strings.TrimPrefix(url, "mongodb://"), "/")
	return serve(t, func(c net.Conn) {
		defer c.Close()
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer up.Close()
		for f.relay(c, up) == nil {
		}
	})
}

// relay sees to one command and its answer.
func (f Fake) relay(down, up net.Conn) error {
	asked, err := readMessage(down)
	if err != nil {
		return err
	}
	if asked.kind() == opMsg {
		if answer := f(commandOf(asked.body)); answer != nil {
			return asked.answer(down, said(answer))
		}
	}
	if err := asked.pass(up); err != nil {
		return err
	}
	answer, err := readMessage(up)
	if err != nil {
		return err
	}
	return answer.pass(down)
}
