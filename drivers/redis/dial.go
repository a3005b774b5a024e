package redis

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sessionbench/bench/drivers"
)

const readBuffer = 64 << 10

// dial connects and introduces itself as node-redis does: HELLO 3 with the
// credentials, then SELECT when the database is not 0. A server older than
// Redis 6 gets AUTH, and answers in RESP2.
func dial(ctx context.Context, o *goredis.Options) (net.Conn, *bufio.Reader, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, o.Network, o.Addr)
	if err != nil {
		return nil, nil, err
	}
	if o.TLSConfig != nil {
		conn = tls.Client(conn, o.TLSConfig)
	}
	// A context that ends makes the reads and writes below fail at once.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	r := bufio.NewReaderSize(conn, readBuffer)
	err = introduce(conn, r, o)
	if !stop() {
		err = drivers.Ended(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, r, nil
}

func introduce(conn net.Conn, r *bufio.Reader, o *goredis.Options) error {
	hello, auth := []string{"3"}, []string{o.Password}
	if o.Password != "" {
		user := o.Username
		if user == "" {
			user = "default"
		} else {
			auth = []string{user, o.Password}
		}
		hello = append(hello, cmdAuth, user, o.Password)
	}
	err := ask(conn, r, command{name: cmdHello, args: hello})
	if answer, ok := err.(serverError); ok && noHello(string(answer)) {
		if err = nil; o.Password != "" {
			err = ask(conn, r, command{name: cmdAuth, args: auth})
		}
	}
	if err == nil && o.DB != 0 {
		err = ask(conn, r, command{name: cmdSelect, args: []string{strconv.Itoa(o.DB)}})
	}
	return err
}

// noHello tells the answer of a server that does not know HELLO, or RESP3.
func noHello(answer string) bool {
	return strings.HasPrefix(strings.ToLower(answer), "err unknown command") || strings.HasPrefix(answer, "NOPROTO")
}

// ask is one command and its answer on a connection that nobody else uses yet.
func ask(conn net.Conn, r *bufio.Reader, cmd command) error {
	if _, err := conn.Write(cmd.appendTo(nil, "")); err != nil {
		return err
	}
	answer, err := readReply(r, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.name, err)
	}
	return answer.err
}
